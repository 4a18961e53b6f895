namespace ChimneyActors.Supervision.Trees;

/// <summary>What outlives a miniport's actor.</summary>
/// <param name="miniport">Where the miniport is now.</param>
/// <param name="ledger">The stack's.</param>
internal sealed class MiniportDesk(Edge miniport, Ledger ledger)
{
    /// <summary>Where the miniport counts what it asks for the blocks of trees, whichever actor it is now.</summary>
    public Tally Tally { get; } = ledger.AddTally();

    /// <summary>Where the miniport is now.</summary>
    public Edge Miniport => miniport;
}
