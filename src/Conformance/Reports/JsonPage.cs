namespace ChimneyActors.Conformance.Reports;

/// <summary>The result as an object for programs.</summary>
internal static class JsonPage
{
    /// <summary>Makes it.</summary>
    public static object Of(ConformanceResult result) => new
    {
        Event = "conformance",
        result.Subject,
        result.Target,
        result.Seed,
        result.Seeds,
        Cases = result.CasesPlayed,
        Seconds = Math.Round(result.Elapsed.TotalSeconds, 1),
        Good = result.IsGood,
        Rules = result.Rules.Count,
        result.Upheld,
        result.InPart,
        result.NotApplicable,
        result.Breached,
        result.Absent,
        result.Open,
        ByArea = result.ByArea.ToDictionary(area => area.Area, area => new
        {
            area.Rules, area.Upheld, area.NotApplicable, area.Breached, area.Absent, area.Open,
        }),
        Results = result.Rules.Select(rule => new
        {
            rule.Rule.Id,
            rule.Rule.Area,
            rule.Rule.Layers,
            Force = rule.Rule.IsMust ? "must" : "should",
            rule.Rule.Title,
            rule.Verdict,
            rule.Reason,
            rule.Checks,
            rule.Cases,
            rule.Breaches,
        }),
        Requirements = ConformanceRun.Requirements,
    };
}
