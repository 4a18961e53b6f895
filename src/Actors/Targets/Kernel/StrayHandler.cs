using ChimneyActors.Buffers;
using ChimneyActors.Ndis;

namespace ChimneyActors.Targets.Kernel;

/// <summary>Answers what is asked of connections that are not here (any more): never late, never not at all.</summary>
internal sealed class StrayHandler : LoopHandler
{
    internal override void OnPosted(object message, object? sender)
    {
        var upcalls = (IOffloadUpcalls)sender!;
        if (message is OffloadHandle handle)
            SayNothingLeft(handle, upcalls);
        else
            Answer((OffloadRequest)message, NdisStatus.UploadInProgress, upcalls);
    }

    internal override void OnReady(Readiness ready)
    {
    }

    internal override AckWait OnAckDue() => AckWait.Over;

    internal override void OnAgain()
    {
    }

    internal override void OnFault(Exception fault)
    {
    }

    /// <summary>Completes a request that nobody here can serve.</summary>
    /// <param name="request">The request.</param>
    /// <param name="ofData">What a send, receive or disconnect gets: UPLOAD_IN_PROGRESS if the host has the connection
    /// and can do the work itself (GEN-15), REQUEST_ABORTED if nobody has. A state operation fails.</param>
    /// <param name="upcalls">Whom to tell.</param>
    internal static void Answer(OffloadRequest request, NdisStatus ofData, IOffloadUpcalls upcalls)
    {
        NdisStatus status = request is InitiateOffload or TerminateOffload ? NdisStatus.Failure : ofData;
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

    internal static void SayNothingLeft(OffloadHandle connection, IOffloadUpcalls upcalls) =>
        upcalls.Indicate(new Severed(
            connection, default, TcpConnectionState.Closed, null, ReadOnlyMemory<byte>.Empty, 0, false));
}
