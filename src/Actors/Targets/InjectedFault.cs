using ChimneyActors.Buffers;

namespace ChimneyActors.Targets;

/// <summary>What a faulty target does to a request.</summary>
public enum FaultKind
{
    /// <summary>The completion is told later, and with it everything of the connection that comes after it.
    /// Lawful.</summary>
    Late,

    /// <summary>The completion is told twice.</summary>
    Doubled,

    /// <summary>The gate was won, but nobody is told.</summary>
    Lost,

    /// <summary>The completion is told to another connection.</summary>
    Foreign,

    /// <summary>Submit throws; the request has not been begun.</summary>
    Thrown,
}

/// <summary>What became of a fault.</summary>
public enum FaultState
{
    /// <summary>Nobody has noticed yet.</summary>
    Injected,

    /// <summary>The stack named it, or did what was to be done about it.</summary>
    Observed,

    /// <summary>The connection's actor died before it could notice.</summary>
    Overtaken,
}

/// <summary>One fault that was made on purpose.</summary>
public sealed class InjectedFault
{
    private int _state;
    private int _excused;

    internal InjectedFault(
        long id, FaultKind kind, OffloadOperation operation, OffloadHandle connection, HolderId holder, long parcelId,
        FlightId flight)
    {
        Id = id;
        Kind = kind;
        Operation = operation;
        Connection = connection;
        Holder = holder;
        ParcelId = parcelId;
        Flight = flight;
    }

    /// <summary>Serial number in its plan, from 1.</summary>
    public long Id { get; }

    /// <summary>What was done.</summary>
    public FaultKind Kind { get; }

    /// <summary>To what request.</summary>
    public OffloadOperation Operation { get; }

    /// <summary>Of which connection.</summary>
    public OffloadHandle Connection { get; }

    /// <summary>Who was to hear of it: the holder id of the connection's actor.</summary>
    public HolderId Holder { get; }

    /// <summary>The first parcel of the completion.</summary>
    public long ParcelId { get; }

    /// <summary>Its journey.</summary>
    public FlightId Flight { get; }

    /// <summary>What became of it.</summary>
    public FaultState State => (FaultState)Volatile.Read(ref _state);

    internal List<(long Parcel, FlightId Flight)> Keys { get; } = [];

    /// <inheritdoc/>
    public override string ToString() =>
        $"fault {Id}: {Kind} {Operation} #{ParcelId} of connection {Connection}, {State}";

    /// <summary>Whether this fault explains a violation, which it does once for each check.</summary>
    internal bool TryExcuse(VerifierCheck check)
    {
        int bit = 1 << (int)check;
        return CanCause(check) && (Interlocked.Or(ref _excused, bit) & bit) == 0;
    }

    /// <summary>What is not told, or goes round by another connection, is passed over by the next completion or
    /// missed by the hang watch. A late one breaks no rule, and a throw is answered by a sever.</summary>
    private bool CanCause(VerifierCheck check) => Kind switch
    {
        FaultKind.Doubled => check == VerifierCheck.DoubleComplete,
        FaultKind.Lost => check is VerifierCheck.Order or VerifierCheck.NoProgress,
        FaultKind.Foreign => check is VerifierCheck.ForeignCompletion
            or VerifierCheck.Order or VerifierCheck.NoProgress,
        _ => false,
    };

    internal FaultState MoveTo(FaultState state) => (FaultState)Interlocked.Exchange(ref _state, (int)state);

    internal bool TryOvertake() =>
        Interlocked.CompareExchange(ref _state, (int)FaultState.Overtaken, (int)FaultState.Injected)
            == (int)FaultState.Injected;
}

/// <summary>Thrown by a faulty target in place of taking a request.</summary>
/// <param name="fault">The fault.</param>
public sealed class InjectedFaultException(InjectedFault fault) : Exception($"Thrown on purpose: {fault}")
{
    /// <summary>Its number in the plan.</summary>
    public long FaultId { get; } = fault.Id;
}
