namespace ChimneyActors.Oracle;

/// <summary>What the oracle says of a scenario.</summary>
internal sealed record Verdict(Scenario Scenario, Outcome First, Outcome Second, string? Difference)
{
    /// <summary>Plays a scenario on the simulated target, and then on the kernel target.</summary>
    internal static Task<Verdict> OfAsync(Scenario scenario) =>
        OfAsync(scenario, new SimulatedStage(), new KernelStage());

    internal static async Task<Verdict> OfAsync(Scenario scenario, Stage one, Stage other)
    {
        Outcome first = await ScenarioRun.PlayAsync(one, scenario);
        Outcome second = await ScenarioRun.PlayAsync(other, scenario, first);
        return new Verdict(scenario, first, second, Comparison.FirstDifference(first, second));
    }

    public override string ToString() => string.Join(Environment.NewLine,
        Scenario, First, Second, $"first difference: {Difference ?? "none"}");
}
