using System.Net.Sockets;
using ChimneyActors.Buffers;

namespace ChimneyActors.Ndis;

/// <summary>State of a TCP connection, with the values of ndischimney.h.</summary>
public enum TcpConnectionState
{
    /// <summary>No connection.</summary>
    Closed = 0,

    /// <summary>Both halves open.</summary>
    Established = 4,

    /// <summary>Our FIN was sent.</summary>
    FinWait1 = 5,

    /// <summary>Our FIN was acknowledged.</summary>
    FinWait2 = 6,

    /// <summary>The peer's FIN was received.</summary>
    CloseWait = 7,

    /// <summary>Both FINs sent, ours not acknowledged.</summary>
    Closing = 8,

    /// <summary>The peer closed first, then we; ours not acknowledged.</summary>
    LastAck = 9,

    /// <summary>Both FINs acknowledged.</summary>
    TimeWait = 10,
}

/// <summary>Where both streams of a connection stand, in bytes since its first offload. SYN and FIN are not
/// bytes.</summary>
/// <param name="Acknowledged">SndUna: bytes that the peer's TCP acknowledged.</param>
/// <param name="Accepted">SndNxt: bytes that were given to the wire or to the kernel. After an upload the host sends
/// from here on; the bytes between the two are still being delivered by the socket (docs/adr).</param>
/// <param name="Received">RcvNxt: bytes received and delivered to the host, those handed up as buffered data
/// included.</param>
public readonly record struct StreamPositions(long Acknowledged, long Accepted, long Received);

/// <summary>One block of a state operation: today always a TCP connection, the root and only node of its
/// tree.</summary>
/// <remarks>Source: ns-ndischimney-_ndis_miniport_offload_block_list.md,
/// ns-ndischimney-_tcp_offload_state_delegated.md. Neighbor and path blocks will hang above it; custody is the
/// root's.</remarks>
public sealed class OffloadBlock : Parcel
{
    /// <summary>Delegated State: in what state the connection is handed over.</summary>
    public TcpConnectionState State { get; set; } = TcpConnectionState.Established;

    /// <summary>Initiate: where the streams stand now. Terminate: where the target left them.</summary>
    public StreamPositions Positions { get; set; }

    /// <summary>Initiate: the connected socket. Terminate: the same one, alive; null if the connection is
    /// gone.</summary>
    public Socket? Socket { get; set; }

    /// <summary>Initiate: received data that the host could not deliver (INIT-09). Terminate: data that the target
    /// received and the host did not take (TERM-15), always a copy.</summary>
    public ReadOnlyMemory<byte> BufferedData { get; set; }

    /// <summary>Initiate: connections with the same number belong together. A target with several threads may serve
    /// them on one, so that what one receives another can send without waking anybody. Null for no wish.</summary>
    public int? Affinity { get; set; }

    /// <summary>Initiate: both ends of the connection, as the socket tells or as the host says; null if nobody
    /// knows.</summary>
    public FourTuple? FourTuple
    {
        get => field ??= FourTuple.Of(Socket);
        init;
    }

    /// <summary>Bytes received and delivered: buffered data is the newest before RcvNxt (INIT-09).</summary>
    public long Delivered => Positions.Received - BufferedData.Length;

    /// <summary>Whether the send half is closed: the FIN was given to the wire.</summary>
    public bool FinSent { get; set; }

    /// <summary>Query: written by the target before it completes with SUCCESS.</summary>
    public TcpOffloadState? Queried { get; set; }

    /// <summary>Update: the values that change.</summary>
    public TcpOffloadStateCached? Update { get; init; }

    /// <summary>The next driver down for this connection; each layer writes its own on the way up (IM-03).</summary>
    internal ContextOwner? Below { get; set; }
}
