namespace ChimneyActors.Buffers;

/// <summary>Which request a parcel is travelling for; its completion must be of the same operation (GEN-04).</summary>
public enum OffloadOperation
{
    /// <summary>Not on a journey.</summary>
    None = 0,

    /// <summary>Delegates a connection to the target.</summary>
    Initiate,

    /// <summary>Takes a connection back.</summary>
    Terminate,

    /// <summary>Data to the peer.</summary>
    Send,

    /// <summary>Space for data of the peer.</summary>
    Receive,

    /// <summary>The end of the send half, or of the connection.</summary>
    Disconnect,

    /// <summary>Data of the peer in the target's own buffer, on its way up.</summary>
    ReceiveIndicate,

    /// <summary>Asks for the state of a connection.</summary>
    Query,

    /// <summary>Changes the host's part of that state.</summary>
    Update,

    /// <summary>Says that the state is no longer true.</summary>
    Invalidate,

    /// <summary>Raw segments that the host received, for the target.</summary>
    Forward,

    /// <summary>Asks the host whether a neighbor can be reached, on its way up.</summary>
    ReachabilityQuery,

    /// <summary>Asks an adapter something, or changes something of it.</summary>
    Oid,
}

/// <summary>Anything that must come home exactly once: a NET_BUFFER_LIST, or the block of a state operation.</summary>
public abstract class Parcel
{
    private static long _lastId;

    internal Custody Custody;
    internal ContextFrames Frames;

    private protected Parcel() => Id = Interlocked.Increment(ref _lastId);

    /// <summary>Serial number, for reports; unique in the process.</summary>
    public long Id { get; }

    /// <summary>The next parcel of the chain.</summary>
    public Parcel? Next { get; internal set; }

    /// <summary>The operation of the present journey.</summary>
    public OffloadOperation Operation { get; internal set; }

    /// <summary>Whether a target began the journey, upwards, and no host asked for it: it is no request, and not
    /// counted as one.</summary>
    internal bool BeganBelow => Operation is OffloadOperation.ReceiveIndicate or OffloadOperation.ReachabilityQuery;

    /// <summary>The connection of the present journey.</summary>
    public OffloadHandle Connection { get; internal set; }

    /// <summary>Position of the first byte in the connection's stream, in bytes since its first offload.</summary>
    public long StreamOffset { get; internal set; }

    /// <summary>Final status once completed, <see cref="NdisStatus.Pending"/> before.</summary>
    public NdisStatus Status { get; internal set; }

    /// <summary>Bytes moved by a send, receive or disconnect (TcpOffloadBytesTransferred, NBL-10).</summary>
    public long BytesTransferred { get; internal set; }

    /// <summary>Whether the custodian completed it because a holder died: no driver below has executed it.</summary>
    public bool BroughtHome { get; internal set; }

    /// <summary>Whether its memory may still be touched by an adapter that does not answer: never to be used
    /// again.</summary>
    internal bool IsQuarantined { get; set; }

    /// <summary>For the protocol alone: who is to be told when it lands.</summary>
    internal object? ProtocolReserved { get; set; }

    /// <summary>For the target alone, while it has the parcel: its own queue link.</summary>
    public object? MiniportReserved { get; set; }

    /// <summary>Set while parked in somebody's <c>Holdings</c>, with its neighbours there.</summary>
    internal object? ParkedIn { get; set; }

    internal Parcel? ParkedPrevious { get; set; }

    internal Parcel? ParkedNext { get; set; }

    /// <summary>Where the parcel is and how it came there.</summary>
    public string Describe() =>
        $"{Operation} #{Id} of connection {Connection} at {StreamOffset}: {Custody.Describe()}; way home {Frames}";

    /// <summary>The right to complete this parcel once, on its present journey. Taken by a target at Submit.</summary>
    public Claim Claim() => new(this, Custody.Flight, Custody.Holder);

    /// <summary>What a completed parcel must do beyond status and count; runs between the two steps of the
    /// gate.</summary>
    private protected virtual void OnCompleted(long bytes)
    {
    }

    /// <summary>The gate: exactly one caller gets true for one journey, whoever else tries.</summary>
    internal bool TryComplete(FlightId flight, HolderId holder, NdisStatus status, long bytes)
    {
        // Two steps, so that only the winner writes: a late caller may be looking at somebody else's journey.
        if (!Custody.TryMove(CustodyState.Outstanding, flight, holder, CustodyState.Completing, flight, holder))
            return false;
        Status = status;
        BytesTransferred = bytes;
        Next = null;
        OnCompleted(bytes);
        Custody.Set(CustodyState.Completed, flight, holder);
        return true;
    }
}

/// <summary>The right to complete one parcel of one journey.</summary>
/// <param name="Parcel">The parcel.</param>
/// <param name="Flight">Its journey when the claim was taken.</param>
/// <param name="Holder">Its holder when the claim was taken.</param>
public readonly record struct Claim(Parcel Parcel, FlightId Flight, HolderId Holder)
{
    /// <summary>Whether the journey is still open, under the same holder. A hint: only the gate decides.</summary>
    public bool IsOpen => Parcel.Custody.Is(CustodyState.Outstanding, Flight, Holder);

    /// <summary>Completes the parcel. False: somebody else did, and the caller must not touch it again.</summary>
    /// <param name="status">Final status; never <see cref="NdisStatus.Pending"/>.</param>
    /// <param name="bytes">Bytes acknowledged by the peer (send, disconnect) or placed (receive). The data start of
    /// the NET_BUFFERs is advanced by the same count (NBL-11).</param>
    public bool TryComplete(NdisStatus status, long bytes) => Parcel.TryComplete(Flight, Holder, status, bytes);
}
