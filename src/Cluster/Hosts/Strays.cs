using ChimneyActors.Buffers;
using ChimneyActors.Ndis;

namespace ChimneyActors.Cluster.Hosts;

/// <summary>Forget the connection and say what is left of it.</summary>
internal sealed record SeverSignal(OffloadHandle Connection);

/// <summary>Answers what is told of connections that are nowhere (any more).</summary>
internal static class Strays
{
    /// <summary>Answers anything that a connection can be told.</summary>
    /// <param name="message">A request, an answer to an indication, or a signal.</param>
    /// <param name="upcalls">Who told it; null for a signal of the target itself.</param>
    /// <param name="ofData">What a send, receive or disconnect gets: UPLOAD_IN_PROGRESS if the host has the connection
    /// and can do the work itself (GEN-15), REQUEST_ABORTED if nobody has.</param>
    /// <param name="ofState">What a state operation gets.</param>
    internal static void Answer(
        object message, IOffloadUpcalls? upcalls, NdisStatus ofData, NdisStatus ofState = NdisStatus.Failure)
    {
        switch (message)
        {
            case OffloadRequest request:
                Complete(request, request.Flight.Head is OffloadBlock ? ofState : ofData, upcalls!);
                break;
            case TcpOffloadReceiveRefused refused:
                upcalls!.ReceivePool.Return((NetBufferList)refused.Flight.Head);
                break;
            case SeverSignal sever:
                upcalls!.Indicate(NothingLeft(sever.Connection));
                break;
        }
    }

    internal static Severed NothingLeft(OffloadHandle connection) =>
        new(connection, default, TcpConnectionState.Closed, null, ReadOnlyMemory<byte>.Empty, 0, false);

    private static void Complete(OffloadRequest request, NdisStatus status, IOffloadUpcalls upcalls)
    {
        var up = default(Upward);
        Parcel? next = request.Flight.Head;
        for (int left = request.Flight.Count; left > 0 && next is not null; left--)
        {
            Parcel parcel = next;
            next = parcel.Next;
            up.Complete(new Claim(parcel, request.Flight.Id, upcalls.Holder), upcalls, status, 0);
        }

        up.Flush();
    }
}
