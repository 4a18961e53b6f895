using ChimneyActors.Buffers;
using ChimneyActors.Ndis;

namespace ChimneyActors.Cluster.Hosts;

/// <summary>What is to become of a parcel in the queue of sends when it has its turn.</summary>
internal enum PendingKind : byte
{
    /// <summary>A posted receive; the queue of sends never holds one.</summary>
    Receive,

    /// <summary>Data.</summary>
    Send,

    /// <summary>Data and then the FIN.</summary>
    Finish,

    /// <summary>A send posted after the FIN was asked for: nothing is sent for it (DISC-30).</summary>
    LateSend,

    /// <summary>A second graceful disconnect, or one behind an abort: nothing is sent for it (DISC-32).</summary>
    LateFinish,
}

/// <summary>A parcel of the host: the right to complete it, whom to tell, and how far it has come.</summary>
/// <param name="claim">Taken when it was submitted; the only way it is ever completed.</param>
/// <param name="upcalls">Who submitted it.</param>
/// <param name="kind">What it is.</param>
/// <param name="start">Send: stream offset of its first byte.</param>
/// <param name="length">Send: bytes of data. Receive: bytes of room.</param>
internal struct Pending(Claim claim, IOffloadUpcalls upcalls, PendingKind kind, long start, long length)
{
    internal readonly Claim Claim = claim;
    internal readonly IOffloadUpcalls Upcalls = upcalls;
    internal readonly PendingKind Kind = kind;
    internal readonly long Start = start;
    internal readonly long Length = length;

    /// <summary>Receive: bytes placed so far.</summary>
    internal long Placed;

    /// <summary>Send: number of the piece that its last byte went with; it is finished when that is.</summary>
    internal ulong LastPiece;

    internal readonly NetBufferList List => (NetBufferList)Claim.Parcel;

    /// <summary>Send: stream offset behind its last byte.</summary>
    internal readonly long End => Start + Length;

    /// <summary>Send: how many of its bytes lie before an offset of the stream.</summary>
    internal readonly long BytesBefore(long offset) => Math.Clamp(offset - Start, 0, Length);
}
