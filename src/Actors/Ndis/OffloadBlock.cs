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

/// <summary>Of which layer a state object is; a tree of blocks has them from the highest number to the
/// lowest.</summary>
public enum OffloadLayer : byte
{
    /// <summary>A connection.</summary>
    Tcp = 0,

    /// <summary>From which address to which.</summary>
    Path = 1,

    /// <summary>The next hop.</summary>
    Neighbor = 2,
}

/// <summary>What a block is in its tree (BLK-07).</summary>
public enum BlockRole : byte
{
    /// <summary>What is asked is asked of its object; in an initiate it brings the state of a new one.</summary>
    Subject = 0,

    /// <summary>Initiate: an object that is offloaded already; the new ones below are linked to it (BLK-09).</summary>
    Linker = 1,

    /// <summary>Nothing is asked of it: it only holds its dependents together (BLK-08).</summary>
    Placeholder = 2,
}

/// <summary>One block of a state operation: a neighbor, a path or a TCP connection, with the blocks that depend on
/// it.</summary>
/// <remarks>
/// A connection on its own is the root and only block of its request. In a tree only the root has custody, for the
/// whole of it; each block has a status of its own, written once, before the root comes home (BLK-04). A target sees no
/// tree: it is asked of one object at a time, and knows by <see cref="Parent"/> what that is linked to.
/// <para>Source: ns-ndischimney-_ndis_miniport_offload_block_list.md, placeholders--linkers--and-new-offloads.md,
/// ns-ndischimney-_tcp_offload_state_delegated.md.</para>
/// </remarks>
public sealed class OffloadBlock : Parcel
{
    /// <summary>Header.Type: of which layer its object is.</summary>
    public OffloadLayer Layer { get; init; }

    /// <summary>What it is in its tree.</summary>
    public BlockRole Role { get; init; }

    /// <summary>The next block of the same layer under the same parent.</summary>
    public OffloadBlock? NextBlock { get; set; }

    /// <summary>The first block of the layer below that depends on this one; none on a connection (BLK-01).</summary>
    public OffloadBlock? DependentBlockList { get; set; }

    /// <summary>For the target. Initiate: the neighbor of a path, or the path of a connection; none for a connection on
    /// its own. Update of a path: the neighbor it uses from now on; none if that stays (UPD-02).</summary>
    public OffloadHandle Parent { get; internal set; }

    /// <summary>State of a neighbor. Initiate and update: from the host. Query: written by the target before it
    /// completes with SUCCESS.</summary>
    public NeighborOffloadState? Neighbor { get; set; }

    /// <summary>State of a path, likewise.</summary>
    public PathOffloadState? Path { get; set; }

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

    /// <summary>Initiate: why an intermediate driver refused it, with the driver's name; null if none did.</summary>
    public string? Refusal { get; internal set; }

    /// <summary>Query: written by the target before it completes with SUCCESS.</summary>
    public TcpOffloadState? Queried { get; set; }

    /// <summary>Update: the values that change.</summary>
    public TcpOffloadStateCached? Update { get; init; }

    /// <summary>The next driver down for this connection; each layer writes its own on the way up (IM-03).</summary>
    internal ContextOwner? Below { get; set; }

    /// <summary>Whether it carries what one block of a tree asks to the lane of that block's object.</summary>
    internal bool IsPart { get; private init; }

    /// <summary>Whether it is more than a connection on its own, and so goes by the miniport.</summary>
    internal bool IsTree => !IsPart
        && (Layer != OffloadLayer.Tcp || Role != BlockRole.Subject || NextBlock is not null
            || DependentBlockList is not null);

    /// <summary>What this block of a tree asks, as a request of its own: the host's block is not touched before the
    /// answer is here, whoever still writes to it then.</summary>
    /// <param name="parent">What its object is to be linked to.</param>
    internal OffloadBlock ToPart(OffloadHandle parent) => new()
    {
        IsPart = true,
        Layer = Layer,
        Parent = parent,
        Neighbor = Neighbor,
        Path = Path,
        State = State,
        Positions = Positions,
        Socket = Socket,
        BufferedData = BufferedData,
        Affinity = Affinity,
        FinSent = FinSent,
        Update = Update,
    };

    /// <summary>Takes over what came back in a part of it.</summary>
    internal void TakeBack(OffloadBlock part)
    {
        BroughtHome = part.BroughtHome;
        if (part.Operation == OffloadOperation.Query)
        {
            (Neighbor, Path, Queried) = (part.Neighbor, part.Path, part.Queried);
        }
        else if (part.Operation == OffloadOperation.Terminate)
        {
            (State, Positions, Socket) = (part.State, part.Positions, part.Socket);
            (BufferedData, FinSent) = (part.BufferedData, part.FinSent);
        }
    }

    /// <summary>Writes the status of a block that is not the root of its tree, once (BLK-04).</summary>
    /// <returns>False: it has one.</returns>
    internal bool TrySettle(NdisStatus status)
    {
        if (Status != NdisStatus.Pending)
            return false;
        Status = status;
        return true;
    }

    /// <summary>A tree comes home complete: what nobody has carried out has failed.</summary>
    private protected override void OnCompleted(long bytes)
    {
        if (!IsTree)
            return;
        if (Role == BlockRole.Placeholder)
            Status = NdisStatus.Success;        // BLK-08
        foreach (OffloadBlock block in BlockTree.BlocksOf(this))
            if (block != this && block.TrySettle(BlockTree.StatusUnasked(block)))
                block.BroughtHome = true;
    }
}
