using System.Collections.Concurrent;
using ChimneyActors.Buffers;

namespace ChimneyActors.Targets;

/// <summary>What goes wrong on purpose, from a seed; and what became of each fault.</summary>
/// <remarks>A fault counts as seen only when the stack names its very parcel and journey, and by a check that this kind
/// of fault can offend, once: so a fault that was injected cannot excuse a violation that was not.
/// Thread-safe.</remarks>
public sealed class FaultPlan
{
    private const int ClosedMax = 100_000;
    private const int OvertakenMax = 1000;
    private static readonly FaultKind[] OfCompletions =
        [FaultKind.Late, FaultKind.Doubled, FaultKind.Lost, FaultKind.Foreign];

    private readonly ConcurrentDictionary<(long Parcel, FlightId Flight), InjectedFault> _byParcel = new();
    private readonly ConcurrentDictionary<long, InjectedFault> _open = new();
    private readonly ConcurrentQueue<InjectedFault> _closed = new();
    private readonly ConcurrentQueue<InjectedFault> _overtaken = new();
    private readonly long[] _injectedOf = new long[Enum.GetValues<FaultKind>().Length];
    private readonly long[] _inState = new long[Enum.GetValues<FaultState>().Length];
    private readonly SeededChance _chance;
    private readonly double _rate;
    private long _lastId;
    private int _stopped;

    /// <summary>A plan.</summary>
    /// <param name="seed">The same seed gives the same series of decisions.</param>
    /// <param name="rate">Faults for each request, 0 to 1. A fifth of them throw at Submit, the others are done to
    /// completions, of which a chain of requests has only one.</param>
    public FaultPlan(int seed, double rate)
        : this(new SeededChance(seed), rate)
    {
    }

    /// <summary>A plan whose luck comes from elsewhere.</summary>
    internal FaultPlan(SeededChance chance, double rate)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(rate is >= 0 and <= 1, true, nameof(rate));
        _chance = chance;
        _rate = rate;
    }

    /// <summary>How many faults were injected.</summary>
    public long Injected => Interlocked.Read(ref _lastId);

    /// <summary>How many of them the stack has seen.</summary>
    public long Observed => Interlocked.Read(ref _inState[(int)FaultState.Observed]);

    /// <summary>How many of them could not be seen any more, because their connection's actor died first.</summary>
    public long Overtaken => Interlocked.Read(ref _inState[(int)FaultState.Overtaken]);

    /// <summary>Faults that nobody has noticed yet. When everything is quiet there should be none.</summary>
    public IReadOnlyCollection<InjectedFault> Open => [.. _open.Values.OrderBy(fault => fault.Id)];

    /// <summary>The first thousand overtaken faults.</summary>
    public IReadOnlyCollection<InjectedFault> OvertakenFaults =>
        [.. _overtaken.Where(fault => fault.State == FaultState.Overtaken)];

    /// <summary>How many faults of a kind were injected.</summary>
    public long CountOf(FaultKind kind) => Interlocked.Read(ref _injectedOf[(int)kind]);

    /// <summary>From now on nothing goes wrong on purpose.</summary>
    public void Stop() => Volatile.Write(ref _stopped, 1);

    /// <summary>Whether a violation is one of ours; then the fault has been seen. A fault explains each check at most
    /// once: a second report is somebody else's.</summary>
    public bool IsInjected(Violation violation)
    {
        if (!_byParcel.TryGetValue((violation.ParcelId, violation.Flight), out InjectedFault? fault)
            || !fault.TryExcuse(violation.Check))
            return false;
        Observe(fault);
        return true;
    }

    /// <summary>The fault for this completion, if any.</summary>
    internal FaultKind? DrawForCompletion(out double luck)
    {
        luck = 0;
        if (Volatile.Read(ref _stopped) != 0 || !_chance.Hits(_rate * 0.8, out luck))
            return null;
        return OfCompletions[(int)(luck * OfCompletions.Length)];
    }

    /// <summary>Whether this request is to throw.</summary>
    internal bool DrawForSubmit() => Volatile.Read(ref _stopped) == 0 && _chance.Hits(_rate * 0.2, out _);

    /// <summary>Writes a fault down; before it is done, as the stack may see it at once.</summary>
    internal InjectedFault Inject(FaultKind kind, HolderId holder, Flight flight)
    {
        var fault = new InjectedFault(
            Interlocked.Increment(ref _lastId), kind, flight.Head.Operation, flight.Head.Connection, holder,
            flight.Head.Id, flight.Head.Custody.Flight);
        Interlocked.Increment(ref _injectedOf[(int)kind]);
        _open[fault.Id] = fault;
        Parcel? parcel = flight.Head;
        for (int left = flight.Count; left > 0 && parcel is not null; left--, parcel = parcel.Next)
        {
            (long, FlightId) key = (parcel.Id, parcel.Custody.Flight);
            _byParcel[key] = fault;
            fault.Keys.Add(key);
        }
        return fault;
    }

    /// <summary>The stack noticed, whatever was thought before.</summary>
    internal void Observe(InjectedFault fault)
    {
        FaultState before = fault.MoveTo(FaultState.Observed);
        if (before == FaultState.Observed)
            return;
        Interlocked.Increment(ref _inState[(int)FaultState.Observed]);
        if (before == FaultState.Overtaken)
            Interlocked.Decrement(ref _inState[(int)FaultState.Overtaken]);
        else
            Close(fault);
    }

    /// <summary>The actor that could have noticed is gone.</summary>
    internal void Overtake(InjectedFault fault)
    {
        if (!fault.TryOvertake())
            return;
        Interlocked.Increment(ref _inState[(int)FaultState.Overtaken]);
        if (_overtaken.Count < OvertakenMax)
            _overtaken.Enqueue(fault);
        Close(fault);
    }

    private void Close(InjectedFault fault)
    {
        _open.TryRemove(fault.Id, out _);
        // A fault may be seen more than once, so it is known for a while longer.
        _closed.Enqueue(fault);
        if (_closed.Count > ClosedMax && _closed.TryDequeue(out InjectedFault? old))
            foreach ((long, FlightId) key in old.Keys)
                _byParcel.TryRemove(new KeyValuePair<(long, FlightId), InjectedFault>(key, old));
    }
}
