namespace ChimneyActors.Oracle;

/// <summary>Whom an observation concerns. What happens in different lanes has no order between them.</summary>
internal enum Lane
{
    /// <summary>Sends, disconnects, and what concerns the whole connection.</summary>
    Out,

    /// <summary>Received data, posted receives, the peer's FIN, and what concerns the whole connection.</summary>
    In,

    /// <summary>What the peer got.</summary>
    Peer,
}

/// <summary>One thing that was observed.</summary>
/// <param name="Lane">Whom it concerns.</param>
/// <param name="Text">Compared to the letter.</param>
/// <param name="Count">Compared too, unless both sides are excused.</param>
/// <param name="Excuse">The freedom that lets the count differ; null for none.</param>
internal sealed record Observation(Lane Lane, string Text, long? Count = null, Freedom? Excuse = null)
{
    /// <summary>Whether the run asked for it; else the target said it unasked.</summary>
    internal bool IsAsked { get; init; }

    internal bool IsLike(Observation other) =>
        Text == other.Text && (Count == other.Count || (Excuse is not null && Excuse == other.Excuse));

    public override string ToString() =>
        $"{Lane}: {Text}{(Count is null ? "" : $" {Count}")}{(Excuse is null ? "" : $" ({Excuse.Name})")}";
}

/// <summary>All that was observed in a run.</summary>
/// <param name="Target">Which target ran it.</param>
/// <param name="Steps">What was observed in each step.</param>
/// <param name="Breaches">Rules that this run broke by itself, compared with nobody.</param>
internal sealed record Outcome(
    string Target, IReadOnlyList<IReadOnlyList<Observation>> Steps, IReadOnlyList<string> Breaches)
{
    public override string ToString() =>
        string.Join(Environment.NewLine,
            Steps.SelectMany((step, index) => step.Select(one => $"  {index + 1,2}. {one}")).Prepend($"{Target}:"));
}
