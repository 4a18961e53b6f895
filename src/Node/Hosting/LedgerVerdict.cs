using System.Globalization;
using ChimneyActors.Embedding;
using ChimneyActors.Node.Verbs;

namespace ChimneyActors.Node.Hosting;

/// <summary>What the final ledger means.</summary>
internal static class LedgerVerdict
{
    /// <summary>Every request came home, every buffer is back, no rule was broken.</summary>
    public static bool IsBalanced(this LedgerSnapshot ledger) =>
        ledger.Outstanding == 0 && ledger.PoolBalanced && ledger.Violations == 0;

    /// <summary>Good, or a promise broken.</summary>
    public static ExitCode Verdict(this LedgerSnapshot ledger) =>
        ledger.IsBalanced() ? ExitCode.Good : ExitCode.PromiseBroken;

    /// <summary>Names and values for a table.</summary>
    public static IEnumerable<(string Name, string Value)> Rows(this LedgerSnapshot ledger) =>
    [
        ("requests posted", Text(ledger.Posted)),
        ("requests completed", Text(ledger.Completed)),
        ("requests outstanding", Text(ledger.Outstanding)),
        ("requests orphaned", Text(ledger.Orphaned)),
        ("requests brought home", Text(ledger.BroughtHome)),
        ("driver deaths", Text(ledger.DriverDeaths)),
        ("violations", Text(ledger.Violations)),
        ("ledger", ledger.IsBalanced() ? "balanced" : ledger.PoolBalanced ? "NOT BALANCED" : "POOL NOT BALANCED"),
    ];

    private static string Text(long value) => value.ToString("N0", CultureInfo.InvariantCulture);
}
