using ChimneyActors.TestKit;

namespace ChimneyActors.World.Tests;

/// <summary>The seeds whose adapter is the simulated one: TCP engines at both ends of bad wires.</summary>
public sealed class EngineWorldSpecs
{
    private const int Seeds = 80;

    private static IEnumerable<long> WithEngines => Enumerable.Range(1, int.MaxValue).Select(seed => (long)seed)
        .Where(HasEngines);

    [Fact]
    public void Every_seed_with_engines_keeps_every_promise_and_they_do_carry_data()
    {
        using var simulation = new Simulation();
        using var trace = new StringWriter();
        foreach (long seed in WithEngines.Take(Seeds))
            simulation.Run(seed, trace).Violations
                .ShouldBeEmpty($"again: chimney simulate --seed {seed} --trace trace-{seed}.txt");

        string[] lines = trace.ToString().Split('\n');
        Count(lines, "Send", "answered Success").ShouldBeGreaterThan(Seeds);
        Count(lines, "Disconnect", "answered Success").ShouldBeGreaterThan(Seeds / 10);
        Count(lines, "Receive", "answered Success").ShouldBeGreaterThan(Seeds / 2);
        Count(lines, "host", ": received").ShouldBeGreaterThan(Seeds);
        Count(lines, "host", ": offloads, attempt 2").ShouldBeGreaterThan(Seeds / 2);
        Count(lines, "peer", ": falls silent").ShouldBeGreaterThan(Seeds / 2);
        Count(lines, "peer", ": stops reading").ShouldBeGreaterThan(Seeds / 2);
        Count(lines, "peer", ": resets").ShouldBeGreaterThan(0);
        Count(lines, "the adapter is gone", "").ShouldBeGreaterThan(0);
    }

    [Fact]
    public void About_one_seed_in_eight_has_engines_and_the_plainest_world_has_none()
    {
        WithEngines.TakeWhile(seed => seed <= 1000).Count().ShouldBeInRange(90, 160);
        new WorldPlan(Choices.Play([])[ChoiceRow.Plan]).HasEngines.ShouldBeFalse();
    }

    [Theory]
    [InlineData(PlantedBreak.EarlySuccess, "but the peer has 0")]
    [InlineData(PlantedBreak.Forgets, "by nic0")]
    public void A_break_that_is_planted_between_stack_and_engine_is_found(PlantedBreak planted, string name)
    {
        using var simulation = new Simulation { Planted = planted };
        IEnumerable<SimulationResult> results = WithEngines.Take(40).Select(seed => simulation.Run(seed));

        results.SelectMany(result => result.Violations).ShouldContain(violation => violation.Contains(name));
    }

    [Fact]
    public void A_seed_with_engines_is_a_run_and_can_be_played_again_without_the_seed()
    {
        using var simulation = new Simulation();
        foreach (long seed in WithEngines.Take(10))
        {
            SimulationRecord record = simulation.Record(seed);
            using var drawn = new StringWriter();
            simulation.Run(seed, drawn);
            using var again = new StringWriter();
            using (var other = new Simulation())
                other.Run(seed, again);
            using var played = new StringWriter();
            simulation.Replay(record, played).Choices.ShouldBe(record.Choices);

            string.Equals(again.ToString(), drawn.ToString(), StringComparison.Ordinal).ShouldBeTrue($"seed {seed}");
            string.Equals($"seed {seed}\n{played}", drawn.ToString(), StringComparison.Ordinal)
                .ShouldBeTrue($"seed {seed}");
        }
    }

    [Fact]
    public void A_failing_run_with_engines_is_made_smaller()
    {
        using var simulation = new Simulation { Planted = PlantedBreak.EarlySuccess };
        SimulationRecord failing = WithEngines.Select(simulation.Record)
            .First(record => record.Result.Violations.Count > 0);

        SimulationRecord small = simulation.Shrink(failing, 500);

        small.Result.Violations.ShouldNotBeEmpty();
        small.Size.ShouldBeLessThan(failing.Size);
    }

    private static bool HasEngines(long seed) =>
        new WorldPlan(Choices.Draw(seed, keep: false)[ChoiceRow.Plan]).HasEngines;

    private static int Count(string[] lines, string one, string other) =>
        lines.Count(line => line.Contains(one, StringComparison.Ordinal)
            && line.Contains(other, StringComparison.Ordinal));
}
