using System.Collections.Concurrent;
using System.Globalization;

namespace ChimneyActors.Oracle;

/// <summary>The same scenario means the same to every target.</summary>
public sealed class OracleSpecs
{
    private static readonly int First = Setting("CHIMNEY_ORACLE_SEED", 1);
    private static readonly int Count = Setting("CHIMNEY_ORACLE_SCENARIOS", 1_000);

    [Fact]
    public async Task Drawn_scenarios_mean_the_same_to_the_simulated_and_the_kernel_target()
    {
        var failed = new ConcurrentBag<Verdict>();
        var busy = new ParallelOptions { MaxDegreeOfParallelism = 8 };
        await Parallel.ForEachAsync(Enumerable.Range(First, Count), busy, async (seed, _) =>
        {
            Verdict verdict = await Verdict.OfAsync(ScenarioDraw.From(seed));
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
