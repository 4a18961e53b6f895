using System.Net.Sockets;
using ChimneyActors.Buffers;
using ChimneyActors.Ndis;
using ChimneyActors.Supervision;

namespace ChimneyActors.Embedding;

/// <summary>How a send ended.</summary>
/// <param name="Status">Success: the peer's TCP acknowledged every byte.</param>
/// <param name="BytesAcknowledged">Bytes of this send that the peer acknowledged, whatever the status.</param>
public readonly record struct SendResult(NdisStatus Status, long BytesAcknowledged);

/// <summary>How a posted receive ended.</summary>
/// <param name="Status">Success with 0 bytes: the end of the stream.</param>
/// <param name="BytesReceived">Bytes placed in the buffer.</param>
public readonly record struct ReceiveResult(NdisStatus Status, int BytesReceived);

/// <summary>How a disconnect ended.</summary>
/// <param name="Status">Graceful Success: the peer acknowledged every byte and the FIN.</param>
/// <param name="BytesAcknowledged">Bytes of the whole stream that the peer acknowledged. SYN and FIN do not
/// count.</param>
public readonly record struct DisconnectResult(NdisStatus Status, long BytesAcknowledged);

/// <summary>What came back from the target.</summary>
/// <param name="Socket">The live socket; null if the connection is gone.</param>
/// <param name="Positions">Where the streams stand: send on from Accepted.</param>
/// <param name="BufferedData">Received data that was not delivered; it comes before what the socket gives next.</param>
/// <param name="FinSent">Whether the send half is closed.</param>
public sealed record UploadResult(
    Socket? Socket, StreamPositions Positions, ReadOnlyMemory<byte> BufferedData, bool FinSent);

/// <summary>Where a connection that is over left its streams.</summary>
/// <param name="BytesAcknowledged">Bytes the peer acknowledged.</param>
/// <param name="BytesReceived">Bytes received from the peer.</param>
public readonly record struct ConnectionSummary(long BytesAcknowledged, long BytesReceived);

/// <summary>A connection could not be offloaded; its socket is still the caller's.</summary>
/// <param name="status">Why.</param>
/// <param name="refusal">Why an intermediate driver refused it, with the driver's name; null if none did.</param>
public sealed class OffloadException(NdisStatus status, string? refusal = null)
    : Exception($"The connection was not offloaded: {status}{(refusal is null ? "" : $", {refusal}")}.")
{
    /// <summary>The status of the initiate.</summary>
    public NdisStatus Status { get; } = status;

    /// <summary>Why an intermediate driver refused it, or the binding itself; null if neither did.</summary>
    public string? Refusal { get; } = refusal;
}

/// <summary>A target did not carry out a query, update or invalidate; the connection is still offloaded.</summary>
/// <param name="operation">What was asked.</param>
/// <param name="status">The answer.</param>
public sealed class StateOperationException(OffloadOperation operation, NdisStatus status)
    : Exception($"The {operation} was not carried out: {status}.")
{
    /// <summary>What was asked.</summary>
    public OffloadOperation Operation { get; } = operation;

    /// <summary>The answer.</summary>
    public NdisStatus Status { get; } = status;
}

/// <summary>The balance of a stack.</summary>
/// <param name="Posted">Requests sent down.</param>
/// <param name="Completed">Requests that came home.</param>
/// <param name="Orphaned">Of those: landed without their binding, because it was dead. Their callers were
/// answered.</param>
/// <param name="BroughtHome">Of those: completed by the custodian, because a driver died.</param>
/// <param name="Quarantined">Lists whose memory was given up to an adapter that did not answer.</param>
/// <param name="Violations">Unlawful moves, those made on purpose not counted.</param>
/// <param name="DriverDeaths">Actors that died of an exception.</param>
/// <param name="PoolBalanced">Whether nothing is out now.</param>
public sealed record LedgerSnapshot(
    long Posted, long Completed, long Orphaned, long BroughtHome, long Quarantined, long Violations,
    long DriverDeaths, bool PoolBalanced)
{
    /// <summary>Requests that have not come home.</summary>
    public long Outstanding => Posted - Completed;
}

/// <summary>Received data, lent until it is returned.</summary>
public sealed class ReceivedData
{
    private readonly DriverStack? _stack;
    private readonly NetBufferList? _list;
    private readonly FlightId _flight;
    private LentCount? _count;
    private int _returned;
    private int _taken;     // less than nothing when the host has answered

    internal ReceivedData(DriverStack stack, NetBufferList list, FlightId flight)
    {
        _stack = stack;
        _list = list;
        _flight = flight;
        Memory = list.FirstNetBuffer.PieceAt(0);
        _taken = Memory.Length;
    }

    /// <summary>Data that no driver lends.</summary>
    internal ReceivedData(ReadOnlyMemory<byte> data)
    {
        Memory = data;
        _taken = -1;
    }

    /// <summary>Counts it as lent until it is returned. Before its user has it.</summary>
    internal void CountIn(LentCount count)
    {
        count.Add(1);
        _count = count;
    }

    /// <summary>The bytes. Not to be touched after <see cref="Return"/>.</summary>
    public ReadOnlyMemory<byte> Memory { get; }

    /// <summary>Takes only the first bytes, or none: the rest waits at the target, and comes first, until a receive is
    /// posted (RIND-04, RIND-05). Inside the callback alone, and the memory is the target's again when that returns:
    /// <see cref="Return"/> is not to be called.</summary>
    /// <param name="bytes">How many, 0 to all.</param>
    /// <exception cref="InvalidOperationException">The callback has returned, or nobody can keep the rest: this is the
    /// end of a stream that the host has taken back itself.</exception>
    public void TakeOnly(int bytes)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(bytes);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(bytes, Memory.Length);
        if (_taken < 0)
            throw new InvalidOperationException("Only while it is offered, inside OnReceived.");
        _taken = bytes;
    }

    /// <summary>The callback has returned: so much was taken.</summary>
    internal int EndOffer()
    {
        int taken = _taken;
        _taken = -1;
        return taken;
    }

    /// <summary>Gives several back at once, in fewer messages; they may be of several connections.</summary>
    public static void ReturnAll(IReadOnlyList<ReceivedData> lent)
    {
        ArgumentNullException.ThrowIfNull(lent);
        foreach (IGrouping<DriverStack, ReceivedData> of in lent.Where(data => data.TryReturn())
            .GroupBy(data => data._stack!))
            Lending.ReturnAll(of.Key, of.Select(data => (data._list!, data._flight)));
    }

    /// <summary>Gives the buffer back, exactly once, from any thread. A second time is reported and does
    /// nothing.</summary>
    public void Return()
    {
        if (TryReturn())
            Lending.Return(_stack!, _list!, _flight);
    }

    /// <summary>Whether there is a buffer to give back, and this is the first time.</summary>
    private bool TryReturn()
    {
        bool again = Interlocked.Exchange(ref _returned, 1) != 0;
        if (!again)
            _count?.Add(-1);
        if (_list is null || _stack is null)
            return false;
        if (again)
            _stack.Ledger.Report(VerifierCheck.UseAfterHandOver, "host", _list, _flight, "returned twice");
        return !again;
    }
}

/// <summary>How many buffers the user of one connection has, wherever the connection was when they were lent.</summary>
internal sealed class LentCount
{
    private int _count;

    public int Now => Volatile.Read(ref _count);

    public void Add(int buffers) => Interlocked.Add(ref _count, buffers);
}
