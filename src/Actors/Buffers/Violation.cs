namespace ChimneyActors.Buffers;

/// <summary>The chimney checks of the contract's verifier rules, part 2, as far as they are built.</summary>
public enum VerifierCheck
{
    /// <summary>V-01: completed again after it was already completed.</summary>
    DoubleComplete = 1,

    /// <summary>V-02: completed by somebody who does not hold it, or on the wrong connection.</summary>
    ForeignCompletion = 2,

    /// <summary>V-03: used after it was handed over.</summary>
    UseAfterHandOver = 3,

    /// <summary>V-04: completed by another operation's completion.</summary>
    WrongOperation = 4,

    /// <summary>V-05: status not in the table of the operation.</summary>
    StatusNotAllowed = 5,

    /// <summary>V-07: wrong number of NET_BUFFER_LISTs or NET_BUFFERs, data in an abortive disconnect.</summary>
    BadShape = 7,

    /// <summary>V-08: byte count exceeds the data, or success with bytes missing.</summary>
    ByteAccount = 8,

    /// <summary>V-09: sends or receives returned out of order.</summary>
    Order = 9,

    /// <summary>V-11: a context left behind, or freed by another driver.</summary>
    ContextDepth = 11,

    /// <summary>V-12: something is still out when all should be home.</summary>
    Leak = 12,

    /// <summary>V-13: a neighbor or path is terminated while something depends on it.</summary>
    RefCount = 13,

    /// <summary>V-14: a request is out for longer than the host allows.</summary>
    TooOld = 14,

    /// <summary>V-15: the target has forgotten a request.</summary>
    NoProgress = 15,

    /// <summary>V-16: a driver kept a request without parking or passing it.</summary>
    Residence = 16,

    /// <summary>V-17: request on a connection that is not ready for it.</summary>
    NotReady = 17,

    /// <summary>V-18: pause, restart or reset completed without one pending.</summary>
    UnexpectedComplete = 18,

    /// <summary>V-19: something failed that cannot fail: a pause.</summary>
    CannotFail = 19,

    /// <summary>V-20: a driver or a target holds up a pause, unbind or halt for too long.</summary>
    StateWatchdog = 20,

    /// <summary>V-21: said too early or too late: after the halt.</summary>
    TooEarlyOrLate = 21,

    /// <summary>V-22: something lives on after a halt.</summary>
    Survivor = 22,

    /// <summary>V-25: a block without a status, or with one that its role or operation does not have.</summary>
    BlockStatus = 25,

    /// <summary>V-26: a target says again and again how many bytes are best kept outstanding.</summary>
    EventStorm = 26,

    /// <summary>V-27: refused data was indicated again, and no receive was posted in between.</summary>
    Reindicate = 27,

    /// <summary>V-28: a completion delivered to another upper edge than the one it came from.</summary>
    Misroute = 28,
}

/// <summary>One unlawful move: what, by whom, on what. Detected, counted, and without effect.</summary>
/// <param name="Check">The rule that was broken.</param>
/// <param name="Driver">The driver that broke it.</param>
/// <param name="Connection">The connection concerned, or none.</param>
/// <param name="ParcelId">The parcel concerned, or 0.</param>
/// <param name="Flight">Its journey.</param>
/// <param name="Detail">Holder and history.</param>
public sealed record Violation(
    VerifierCheck Check, string Driver, OffloadHandle Connection, long ParcelId, FlightId Flight, string Detail)
{
    /// <inheritdoc/>
    public override string ToString() => $"V-{(int)Check:00} {Check} by {Driver}: {Detail}";
}

/// <summary>Takes reports of unlawful moves. Called from any thread; must not throw.</summary>
public interface IVerifier
{
    /// <summary>Counts and reports one.</summary>
    void Report(Violation violation);
}

/// <summary>Thrown where an unlawful move cannot be ignored without harm; the driver that made it is
/// replaced.</summary>
/// <param name="check">The rule that was broken.</param>
/// <param name="driver">Who broke it.</param>
/// <param name="detail">What happened.</param>
public sealed class ContractViolationException(VerifierCheck check, string driver, string detail)
    : InvalidOperationException($"V-{(int)check:00} {check} by {driver}: {detail}")
{
    /// <summary>The rule.</summary>
    public VerifierCheck Check { get; } = check;

    /// <summary>The driver.</summary>
    public string Driver { get; } = driver;

    /// <summary>What happened.</summary>
    public string Detail { get; } = detail;
}
