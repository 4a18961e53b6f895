using System.Text;
using ChimneyActors.Buffers;
using ChimneyActors.Embedding;

namespace ChimneyActors.TestKit;

/// <summary>Asks a stack whether every request came home; for any test framework, and for none.</summary>
public static class LedgerAssertions
{
    private const int LinesMax = 20;

    /// <summary>Throws unless every request came home, every list is in its pool, and nobody made an unlawful
    /// move.</summary>
    /// <param name="chimney">A stack that is quiet: nothing under way, all received data returned. Connections may
    /// still be offloaded.</param>
    /// <exception cref="LedgerException">Names what is out, who holds it, and who broke which rule.</exception>
    public static void AssertLedgerBalanced(this Chimney chimney)
    {
        LedgerSnapshot ledger = chimney.Ledger;
        int lists = chimney.Stack.Pools.Sum(pool => pool.Out);
        bool home = ledger.Outstanding == 0 && lists <= ledger.Quarantined && chimney.Stack.Blocks.IsEmpty;
        if (!home || ledger.Violations > 0)
            throw new LedgerException(
                ledger, home ? [] : chimney.DescribeOutstanding(LinesMax), [.. chimney.Violations]);
    }
}

/// <summary>A ledger that does not balance.</summary>
public sealed class LedgerException : Exception
{
    private const int LinesMax = 20;

    internal LedgerException(
        LedgerSnapshot ledger, IReadOnlyList<string> outstanding, IReadOnlyList<Violation> violations)
        : base(Describe(ledger, outstanding, violations))
    {
        Ledger = ledger;
        Outstanding = outstanding;
        Violations = violations;
    }

    /// <summary>The counts.</summary>
    public LedgerSnapshot Ledger { get; }

    /// <summary>What is out, a line each: who holds it, and the moves that brought it there.</summary>
    public IReadOnlyList<string> Outstanding { get; }

    /// <summary>Unlawful moves: which rule, by which driver, with what.</summary>
    public IReadOnlyList<Violation> Violations { get; }

    private static string Describe(
        LedgerSnapshot ledger, IReadOnlyList<string> outstanding, IReadOnlyList<Violation> violations)
    {
        var text = new StringBuilder();
        text.Append(FormattableString.Invariant(
            $"{ledger.Posted} posted, {ledger.Completed} completed, {ledger.Violations} violations."));
        foreach (Violation violation in violations.Take(LinesMax))
            text.Append("\n  ").Append(violation);
        foreach (string line in outstanding)
            text.Append("\n  out: ").Append(line);
        return text.ToString();
    }
}
