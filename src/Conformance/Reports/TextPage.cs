using System.Globalization;

namespace ChimneyActors.Conformance.Reports;

/// <summary>The result as lines for people.</summary>
internal static class TextPage
{
    /// <summary>Makes them.</summary>
    public static IReadOnlyList<string> Of(ConformanceResult result)
    {
        var lines = new List<string> { Head(result), "" };
        if (result.Rules.Count == 1)
            lines.AddRange(One(result.Rules[0]));
        else
            lines.AddRange(Areas(result));
        foreach (RuleResult rule in result.Rules.Where(rule => rule.Verdict == RuleVerdict.Breached))
            lines.AddRange(["", .. Breaches(rule)]);
        string[] absent = [.. result.Rules.Where(rule => rule.Verdict == RuleVerdict.Absent)
            .Select(rule => rule.Rule.Id)];
        if (absent.Length > 0)
            lines.AddRange(["", $"absent, which is a mistake of the kit: {string.Join(", ", absent)}"]);
        return lines;
    }

    /// <summary>One sentence.</summary>
    public static string Head(ConformanceResult result) => string.Create(CultureInfo.InvariantCulture,
        $"{result.Subject} on the {result.Target} target: of {result.Rules.Count} rules {result.Upheld} upheld "
        + $"({result.InPart} in part), {result.NotApplicable} not applicable, {result.Open} open, "
        + $"{result.Breached} breached, {result.Absent} absent; {result.CasesPlayed} plays in "
        + $"{result.Elapsed.TotalSeconds:F1} s, seed {result.Seed}");

    private static IEnumerable<string> Areas(ConformanceResult result)
    {
        yield return "area   rules  upheld  not applicable  open  breached  absent";
        foreach (AreaCount area in result.ByArea)
            yield return string.Create(CultureInfo.InvariantCulture,
                $"{area.Area,-5}{area.Rules,7}{area.Upheld,8}{area.NotApplicable,16}{area.Open,6}{area.Breached,10}"
                + $"{area.Absent,8}");
    }

    private static IEnumerable<string> One(RuleResult rule)
    {
        yield return $"{rule.Rule.Id}: {rule.Rule.Title}";
        yield return rule.Reason.Length > 0 ? $"{Word(rule.Verdict)}: {rule.Reason}" : Word(rule.Verdict);
        foreach (string played in rule.Cases)
            yield return $"  asserted in: {played}";
    }

    private static IEnumerable<string> Breaches(RuleResult rule)
    {
        yield return $"{rule.Rule.Id} is breached: {rule.Rule.Title}";
        foreach (RuleBreach breach in rule.Breaches)
            yield return $"  by {breach.Driver} in '{breach.Case}': {breach.Detail}";
        foreach (string seen in rule.Breaches[0].Trace)
            yield return $"    {seen}";
    }

    /// <summary>A verdict in words.</summary>
    public static string Word(RuleVerdict verdict) => verdict switch
    {
        RuleVerdict.Upheld => "upheld",
        RuleVerdict.Breached => "breached",
        RuleVerdict.NotApplicable => "not applicable",
        RuleVerdict.Open => "open",
        _ => "absent",
    };
}
