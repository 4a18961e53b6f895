namespace ChimneyActors.Conformance;

/// <summary>What a run says of a rule.</summary>
public enum RuleVerdict
{
    /// <summary>No case, and no word about it: a mistake of the kit.</summary>
    Absent = 0,

    /// <summary>A case asserted it, and none found it broken.</summary>
    Upheld,

    /// <summary>A case found it broken.</summary>
    Breached,

    /// <summary>It cannot be asked of this target, or of this runtime; the reason says why.</summary>
    NotApplicable,

    /// <summary>Nothing was asserted: not built yet, no case yet, or a case did not get so far; the reason says
    /// which.</summary>
    Open,
}

/// <summary>A breach that a case found.</summary>
/// <param name="Case">The case.</param>
/// <param name="Driver">Who broke the rule: a driver of the stack, or what the case thinks it is.</param>
/// <param name="Detail">What happened, and what should have.</param>
/// <param name="Trace">What went before, a line each, newest last.</param>
public sealed record RuleBreach(string Case, string Driver, string Detail, IReadOnlyList<string> Trace);

/// <summary>One rule in the result of a run.</summary>
/// <param name="Rule">The rule.</param>
/// <param name="Verdict">What the run says of it.</param>
/// <param name="Reason">Why it is not applicable or open; of an upheld one, which part was not asserted; else
/// empty.</param>
/// <param name="Checks">How often it was asserted.</param>
/// <param name="Cases">The cases that asserted it.</param>
/// <param name="Breaches">What was found, at most a few.</param>
public sealed record RuleResult(
    ConformanceRule Rule, RuleVerdict Verdict, string Reason, long Checks, IReadOnlyList<string> Cases,
    IReadOnlyList<RuleBreach> Breaches);

/// <summary>How the rules of one area came out.</summary>
/// <param name="Area">The area.</param>
/// <param name="Rules">How many rules it has.</param>
/// <param name="Upheld">Rules that were asserted and hold.</param>
/// <param name="NotApplicable">Rules with a reason.</param>
/// <param name="Breached">Rules found broken.</param>
/// <param name="Absent">Rules that nobody spoke of.</param>
/// <param name="Open">Rules not judged yet.</param>
public sealed record AreaCount(
    string Area, int Rules, int Upheld, int NotApplicable, int Breached, int Absent, int Open);
