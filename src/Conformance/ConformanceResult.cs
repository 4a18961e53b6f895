namespace ChimneyActors.Conformance;

/// <summary>What a run came to.</summary>
/// <param name="Subject">Who was put to the test.</param>
/// <param name="Target">On which target.</param>
/// <param name="Seed">The first seed.</param>
/// <param name="Seeds">How many seeds each case was played with.</param>
/// <param name="CasesPlayed">How many plays there were.</param>
/// <param name="Elapsed">How long it took.</param>
/// <param name="Rules">One result for each rule that was asked for, in the order of the reference.</param>
public sealed record ConformanceResult(
    string Subject, string Target, long Seed, int Seeds, int CasesPlayed, TimeSpan Elapsed,
    IReadOnlyList<RuleResult> Rules)
{
    /// <summary>How many rules were asserted and hold.</summary>
    public int Upheld => CountOf(RuleVerdict.Upheld);

    /// <summary>How many of these only in part; the reason says which part is left out.</summary>
    public int InPart => Rules.Count(rule => rule is { Verdict: RuleVerdict.Upheld, Reason.Length: > 0 });

    /// <summary>How many cannot be asked here.</summary>
    public int NotApplicable => CountOf(RuleVerdict.NotApplicable);

    /// <summary>How many were found broken.</summary>
    public int Breached => CountOf(RuleVerdict.Breached);

    /// <summary>How many nobody spoke of.</summary>
    public int Absent => CountOf(RuleVerdict.Absent);

    /// <summary>How many were not judged.</summary>
    public int Open => CountOf(RuleVerdict.Open);

    /// <summary>Whether nothing is broken and nothing forgotten.</summary>
    public bool IsGood => Breached == 0 && Absent == 0;

    /// <summary>The counts of each area.</summary>
    public IReadOnlyList<AreaCount> ByArea =>
    [
        .. Rules.GroupBy(result => result.Rule.Area).Select(area => new AreaCount(
            area.Key, area.Count(), Count(area, RuleVerdict.Upheld), Count(area, RuleVerdict.NotApplicable),
            Count(area, RuleVerdict.Breached), Count(area, RuleVerdict.Absent), Count(area, RuleVerdict.Open))),
    ];

    private int CountOf(RuleVerdict verdict) => Count(Rules, verdict);

    private static int Count(IEnumerable<RuleResult> rules, RuleVerdict verdict) =>
        rules.Count(result => result.Verdict == verdict);
}
