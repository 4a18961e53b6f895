using ChimneyActors.Simulation;
using ChimneyActors.Targets.Simulated;

namespace ChimneyActors.Oracle;

/// <summary>An oracle that never complains may be blind: a target that lies is found.</summary>
public sealed class PlantedSpecs
{
    private const int ScenariosMax = 300;

    public static TheoryData<Lie> Lies => [.. Enum.GetValues<Lie>().Where(lie => lie != Lie.None)];

    [Theory]
    [MemberData(nameof(Lies))]
    public async Task A_target_that_lies_is_found(Lie lie)
    {
        Verdict? found = null;
        for (int seed = 1; found is null && seed <= ScenariosMax; seed++)
        {
            Verdict verdict = await AskAsync(ScenarioDraw.From(seed), lie);
            found = verdict.Difference is null ? null : verdict;
        }

        found.ShouldNotBeNull();
        found.ToString().ShouldContain($"first difference: {found.Difference}");
    }

    [Fact]
    public async Task One_that_only_passes_on_is_not()
    {
        for (int seed = 1; seed <= ScenariosMax; seed++)
        {
            Verdict verdict = await AskAsync(ScenarioDraw.From(seed), Lie.None);
            verdict.Difference.ShouldBeNull(verdict.ToString());
        }
    }

    private static Task<Verdict> AskAsync(Scenario scenario, Lie lie)
    {
        var target = new SimulatedTarget(new SimulatedNetwork(seed: 2));
        var bench = new SimulatedBench(target, new LyingTarget(target, lie));
        return Verdict.OfAsync(scenario, new SimulatedStage(), new SimulatedStage("lying", bench));
    }
}
