using ChimneyActors.Buffers;
using ChimneyActors.Ndis;

namespace ChimneyActors.Targets;

/// <summary>What a target answers for a connection that it does not have (any more).</summary>
internal static class StrayAnswers
{
    /// <summary>Completes a request that nobody here can serve.</summary>
    /// <param name="request">The request.</param>
    /// <param name="ofData">What a send, receive or disconnect gets: UPLOAD_IN_PROGRESS if the host has the connection
    /// and can do the work itself (GEN-15), REQUEST_ABORTED if nobody has. A state operation fails.</param>
    /// <param name="upcalls">Whom to tell.</param>
    internal static void Answer(OffloadRequest request, NdisStatus ofData, IOffloadUpcalls upcalls)
    {
        NdisStatus status = request.Flight.Head is OffloadBlock ? NdisStatus.Failure : ofData;
        var up = default(WayUp);
        Parcel? next = request.Flight.Head;
        for (int left = request.Flight.Count; left > 0 && next is not null; left--)
        {
            Parcel parcel = next;
            next = parcel.Next;
            if (new Claim(parcel, request.Flight.Id, upcalls.Holder).TryComplete(status, 0))
                up.Add(parcel, upcalls);
        }

        up.Flush();
    }

    /// <summary>Takes back a refused list of a connection that is gone. Other answers carry nothing.</summary>
    internal static void TakeBack(OffloadMessage answer, IOffloadUpcalls upcalls)
    {
        if (answer is TcpOffloadReceiveRefused refused)
            upcalls.ReceivePool.Return((NetBufferList)refused.Flight.Head);
    }

    /// <summary>The answer to a sever.</summary>
    internal static void SayNothingLeft(OffloadHandle connection, IOffloadUpcalls upcalls) =>
        upcalls.Indicate(new Severed(
            connection, default, TcpConnectionState.Closed, null, ReadOnlyMemory<byte>.Empty, 0, false));
}
