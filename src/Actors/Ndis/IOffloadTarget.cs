using ChimneyActors.Buffers;

namespace ChimneyActors.Ndis;

/// <summary>What a request at a target is waiting for.</summary>
public enum RequestProgress
{
    /// <summary>The target does not have it: it was completed, or never came.</summary>
    Unknown = 0,

    /// <summary>The peer: its acknowledgement, its data, room in its window. May last for ever, and is no
    /// fault.</summary>
    WaitingForPeer = 1,

    /// <summary>The target itself.</summary>
    InProgress = 2,
}

/// <summary>How a target speaks up to the connection (or, for Severed, to its supervisor).</summary>
/// <remarks>May be called from any thread, never throws, never changes custody. Calls for one connection must be
/// ordered as the events are.</remarks>
public interface IOffloadUpcalls
{
    /// <summary>Who holds the connection's parcels while they are at the target.</summary>
    HolderId Holder { get; }

    /// <summary>Where NET_BUFFER_LISTs for receive indications are rented.</summary>
    NetBufferListPool ReceivePool { get; }

    /// <summary>Gives parcels that won the gate back.</summary>
    void Complete(OffloadCompletion completion);

    /// <summary>Says something unasked.</summary>
    void Indicate(OffloadIndication indication);
}

/// <summary>What a NIC, real or simulated, does for its miniport: the one plug.</summary>
/// <remarks>
/// Requests are <see cref="InitiateOffload"/>, <see cref="TcpOffloadSend"/>, <see cref="TcpOffloadReceive"/>,
/// <see cref="TcpOffloadForward"/>, <see cref="TcpOffloadDisconnect"/>, <see cref="TerminateOffload"/>,
/// <see cref="QueryOffload"/>, <see cref="UpdateOffload"/>, <see cref="InvalidateOffload"/>. Each is about one object,
/// and named by its handle: a connection, or with <see cref="OffloadCapabilities.StateObjects"/> a path or a neighbor;
/// trees are taken apart above, and an object is asked for only when what it depends on was taken. The target takes a
/// <see cref="Claim"/> on each parcel at Submit and completes each exactly once with <see cref="Claim.TryComplete"/>;
/// false means that somebody else ended the journey, and the parcel is not to be touched again. Parcels that won go up
/// by <see cref="WonChain"/> and <see cref="IOffloadUpcalls.Complete"/>.
/// <para>
/// Received data without a posted receive: rent a list from <see cref="IOffloadUpcalls.ReceivePool"/>, fill its Buffer,
/// make the indication with <see cref="ReceiveIndication.Make"/>. From then on the list is away until it comes back by
/// <see cref="Answer"/>. At most one indication of a connection waits for its answer, and meanwhile nothing is placed
/// into posted receives (RECV-04): the watermark of what the host has, and the one run of data in
/// <see cref="Ndis.Severed"/>, depend on it.
/// </para>
/// </remarks>
public interface IOffloadTarget
{
    /// <summary>Limits and features.</summary>
    OffloadCapabilities Capabilities { get; }

    /// <summary>Starts a request and returns at once. Never throws for a lawful request; gives its one completion to
    /// <paramref name="upcalls"/>, from any thread. Per connection: in order.</summary>
    void Submit(OffloadRequest request, IOffloadUpcalls upcalls);

    /// <summary>The host's answer to indications. <see cref="TcpOffloadReceiveAccepted"/>: data up to there is
    /// consumed.
    /// <see cref="TcpOffloadReceiveRefused"/>: the list, landed and rented to the target again, data start moved by
    /// what was taken; it stays buffered until a receive is posted (RIND-05). <see cref="TcpOffloadReceiveReturn"/> the
    /// connection has already put back into the pool; the target only learns that its window has room.</summary>
    void Answer(OffloadMessage answer, IOffloadUpcalls upcalls);

    /// <summary>Forgets a connection whose owner died. The <see cref="Ndis.Severed"/> indication to
    /// <paramref name="upcalls"/> says that the target touches none of its buffers again, and gives back what is left:
    /// state, positions, undelivered data, and for a kernel connection the live socket. Unknown connection: Severed
    /// with a null socket. An initiate that was still under way counts as not begun: its socket stays the
    /// host's.</summary>
    void Sever(OffloadHandle connection, IOffloadUpcalls upcalls);

    /// <summary>What is this request waiting for? From any thread; a snapshot.</summary>
    RequestProgress Probe(OffloadHandle connection, Parcel parcel, FlightId flight);
}

/// <summary>Makes receive indications out of lists of the receive pool.</summary>
public static class ReceiveIndication
{
    /// <summary>Sends a filled list on its way up.</summary>
    /// <param name="connection">The connection.</param>
    /// <param name="list">Rented from the receive pool, data in its Buffer.</param>
    /// <param name="length">Bytes of data.</param>
    /// <param name="streamOffset">Offset of the first byte in the received stream.</param>
    /// <param name="holder">The connection's holder id.</param>
    public static TcpOffloadReceiveIndicate Make(
        OffloadHandle connection, NetBufferList list, int length, long streamOffset, HolderId holder)
    {
        list.FirstNetBuffer.Attach(list.Buffer);
        list.FirstNetBuffer.SetDataLength(length);
        list.Operation = OffloadOperation.ReceiveIndicate;
        list.Connection = connection;
        list.StreamOffset = streamOffset;
        return new TcpOffloadReceiveIndicate(connection, Flight.Depart(list, holder));
    }

    /// <summary>Where a target puts the next received bytes.</summary>
    /// <param name="list">Rented from the receive pool.</param>
    /// <param name="indicationBytes">How many an indication is best to have (DLV-17); 0 for as many as it holds.
    /// </param>
    public static Span<byte> RoomOf(NetBufferList list, int indicationBytes)
    {
        Span<byte> room = list.Buffer.Span;
        return indicationBytes > 0 && indicationBytes < room.Length ? room[..indicationBytes] : room;
    }

    /// <summary>Sends a list that came back refused on its way up again, with what is left of its data; lawful once
    /// the host has posted a receive (RIND-05).</summary>
    public static TcpOffloadReceiveIndicate Again(NetBufferList list, HolderId holder) =>
        new(list.Connection, Flight.Depart(list, holder));
}
