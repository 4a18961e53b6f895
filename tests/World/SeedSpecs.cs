using System.Globalization;
using ChimneyActors.TestKit;
using ChimneyActors.World.Tests.Support;

namespace ChimneyActors.World.Tests;

public sealed class SeedSpecs
{
    private const int SeedsDefault = 300;

    private static int Seeds => SeedCount.Or(SeedsDefault);

    [Fact]
    public void Every_seed_keeps_every_promise()
    {
        using var simulation = new Simulation();
        long deaths = 0;
        long faults = 0;
        for (int seed = 1; seed <= Seeds; seed++)
        {
            SimulationResult result = simulation.Run(seed);
            result.Violations.ShouldBeEmpty($"again: chimney simulate --seed {seed} --trace trace-{seed}.txt");
            deaths += result.ActorsCrashed;
            faults += result.FaultsInjected;
        }
        deaths.ShouldBeGreaterThan(Seeds, "a world without trouble proves nothing");
        faults.ShouldBeGreaterThan(Seeds / 10, "a world without trouble proves nothing");
    }

    [Fact]
    public void Seeds_that_once_failed_do_not_fail_again()
    {
        using var simulation = new Simulation();
        long[] corpus = [.. File.ReadLines(Path.Combine(AppContext.BaseDirectory, "corpus.txt"))
            .Select(line => line.Split('#')[0].Trim()).Where(seed => seed.Length > 0)
            .Select(seed => long.Parse(seed, CultureInfo.InvariantCulture))];

        corpus.ShouldNotBeEmpty();
        foreach (long seed in corpus)
            simulation.Run(seed).Violations.ShouldBeEmpty($"seed {seed}");
    }

    [Theory]
    [InlineData(PlantedBreak.EarlySuccess, "but the peer has")]
    [InlineData(PlantedBreak.Drops, "V-16 Residence by broken")]
    [InlineData(PlantedBreak.Doubles, "V-03 UseAfterHandOver by broken")]
    [InlineData(PlantedBreak.Forgets, "by nic0")]
    public void A_planted_break_is_found_and_named(PlantedBreak planted, string name)
    {
        using var simulation = new Simulation { Planted = planted };
        IEnumerable<SimulationResult> results = Enumerable.Range(1, 20).Select(seed => simulation.Run(seed));

        results.SelectMany(result => result.Violations).ShouldContain(violation => violation.Contains(name));
    }
}
