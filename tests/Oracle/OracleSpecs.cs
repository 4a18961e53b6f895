using System.Collections.Concurrent;
using System.Globalization;

namespace ChimneyActors.Oracle;

/// <summary>The same scenario means the same to every target.</summary>
public sealed class OracleSpecs
{
    private static readonly int First = Setting("CHIMNEY_ORACLE_SEED", 1);
    private static readonly int Count = Setting("CHIMNEY_ORACLE_SCENARIOS", 1_000);

    [Fact]
    public Task Drawn_scenarios_mean_the_same_to_the_simulated_and_the_kernel_target() =>
        ShouldMeanTheSameAsync(seed => Verdict.OfAsync(ScenarioDraw.From(seed)));

    [Fact]
    public Task Drawn_scenarios_mean_the_same_on_a_good_and_on_a_bad_wire() =>
        ShouldMeanTheSameAsync(seed =>
        {
            Scenario scenario = ScenarioDraw.From(seed);
            return Verdict.OfAsync(scenario, new SimulatedStage(), new BadWireStage(seed, loses: !scenario.Resets));
        });

    private static async Task ShouldMeanTheSameAsync(Func<int, Task<Verdict>> askAsync)
    {
        var failed = new ConcurrentBag<Verdict>();
        var busy = new ParallelOptions { MaxDegreeOfParallelism = 8 };
        await Parallel.ForEachAsync(Enumerable.Range(First, Count), busy, async (seed, _) =>
        {
            Verdict verdict = await askAsync(seed);
            if (verdict.Difference is not null)
                failed.Add(verdict);
        });
        Verdict? shortest = failed.MinBy(verdict => verdict.Scenario.Steps.Count);
        failed.Count.ShouldBe(0, $"the shortest of {Count} from {First}:{Environment.NewLine}{shortest}");
    }

    private static int Setting(string name, int otherwise) =>
        int.TryParse(Environment.GetEnvironmentVariable(name), CultureInfo.InvariantCulture, out int value)
            ? value
            : otherwise;
}
