using ChimneyActors.Buffers;
using ChimneyActors.Ndis;
using ChimneyActors.Supervision;

namespace ChimneyActors.Conformance.Playing;

/// <summary>What the stack itself has reported: each report of its verifier is a breach of the rules that the check
/// guards.</summary>
internal static class Reports
{
    /// <summary>Looks at the reports, and at the balance of the stack that has ended.</summary>
    public static void Judge(Play play, Judge judge, string name)
    {
        foreach (Violation violation in play.Violations)
            foreach (string rule in RulesOf(violation))
                judge.Breached(rule, name, violation.Driver, violation.ToString(), play.Trace);
        bool home = play.Ledger is { Outstanding: 0, Orphaned: 0 };
        play.Note("GEN-03", home, $"{play.Ledger.Outstanding} requests never came back: {play.Ledger}");
        Parcel? worn = play.Stage.Chimney.Stack.Pools.SelectMany(pool => pool.Audit())
            .FirstOrDefault(list => list.Custody.State == CustodyState.Free && list.Frames.Depth > 0);
        play.Note("CTX-08", worn is null, $"in its pool with a context on it: {worn?.Describe()}");
        DriverStack stack = play.Stage.Chimney.Stack;
        bool inPools = stack.Pools.All(pool => pool.Out == 0);
        play.Note("NBL-15", inPools, "a list is not in its pool when all is over");
        play.Note("RIND-13", stack.Indications.Out == 0, "the stack ended while an indicated list was out");
        play.Note("LIFE-15", inPools, "the stack ended while a list of somebody was still out");
    }

    /// <summary>The rules that a check guards, as far as it says on which operation it fired.</summary>
    public static IEnumerable<string> RulesOf(Violation violation) => violation.Check switch
    {
        VerifierCheck.DoubleComplete => [.. Of(violation, "DISC-24"), "GEN-03"],
        VerifierCheck.ForeignCompletion => ["GEN-13"],
        VerifierCheck.UseAfterHandOver =>
            [violation.Detail.Contains("Complete ", StringComparison.Ordinal) ? "GEN-03" : "IM-05", "GEN-06"],
        VerifierCheck.WrongOperation => ["GEN-04"],
        VerifierCheck.StatusNotAllowed =>
            [.. Of(violation, "DISC-17", receive: "RECV-11", forward: "FWD-08"), "GEN-08"],
        VerifierCheck.BadShape => Of(violation, "NBL-01", "NBL-02", "NBL-03"),
        VerifierCheck.ByteAccount => [.. Of(violation, "DISC-20", "SEND-10", "RECV-13"), "NBL-11"],
        VerifierCheck.Order => Of(violation, "SEND-12", "SEND-12", "RECV-01"),
        VerifierCheck.ContextDepth => ["CTX-09"],
        VerifierCheck.Leak => ["RIND-13"],
        VerifierCheck.TooOld => [],         // the host's own limit: no rule has one
        VerifierCheck.NoProgress => ["GEN-03"],
        VerifierCheck.Residence => ["IM-06"],
        VerifierCheck.NotReady => ["INIT-16"],
        VerifierCheck.UnexpectedComplete => ["LIFE-13"],
        VerifierCheck.CannotFail => ["LIFE-01"],
        VerifierCheck.StateWatchdog =>
            [violation.Detail.Contains("Reset", StringComparison.Ordinal) ? "LIFE-08" : "LIFE-01"],
        VerifierCheck.TooEarlyOrLate => ["STS-08"],
        VerifierCheck.RefCount => ["TERM-22"],
        VerifierCheck.BlockStatus => ["BLK-04"],
        VerifierCheck.Survivor => ["LIFE-07"],
        VerifierCheck.EventStorm => ["EVT-17"],
        VerifierCheck.Reindicate => ["RIND-05"],
        VerifierCheck.Misroute => ["CTX-04"],
        _ => ["GEN-03"],
    };

    /// <summary>A report describes its parcel behind what it says, the operation first.</summary>
    private static string[] Of(
        Violation violation, string? disconnect = null, string? send = null, string? receive = null,
        string? forward = null)
    {
        string? rule = OperationOf(violation.Detail) switch
        {
            OffloadOperation.Disconnect => disconnect,
            OffloadOperation.Send => send,
            OffloadOperation.Receive => receive,
            OffloadOperation.Forward => forward,
            _ => null,
        };
        return rule is null ? [] : [rule];
    }

    private static OffloadOperation OperationOf(string detail)
    {
        foreach (OffloadOperation operation in Enum.GetValues<OffloadOperation>())
            if (detail.Contains($"; {operation} #", StringComparison.Ordinal))
                return operation;
        return OffloadOperation.None;
    }
}
