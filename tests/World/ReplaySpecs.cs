using ChimneyActors.TestKit;

namespace ChimneyActors.World.Tests;

public sealed class ReplaySpecs : IDisposable
{
    private readonly string _file = Path.GetTempFileName();

    public void Dispose() => File.Delete(_file);

    [Fact]
    public void What_a_seed_chose_can_be_played_again_without_it()
    {
        using var simulation = new Simulation();
        for (int seed = 1; seed <= 30; seed++)
        {
            SimulationRecord record = simulation.Record(seed);
            using var drawn = new StringWriter();
            SimulationResult run = simulation.Run(seed, drawn);
            using var played = new StringWriter();
            SimulationRecord again = simulation.Replay(record, played);

            again.Result.Events.ShouldBe(run.Events);
            $"seed {seed}\n{played}".ShouldBe(drawn.ToString());
            again.Choices.ShouldBe(record.Choices);
        }
    }

    [Fact]
    public void A_record_survives_its_file()
    {
        using var simulation = new Simulation { Planted = PlantedBreak.Drops };
        SimulationRecord record = simulation.Record(1);

        record.Save(_file);
        SimulationRecord loaded = SimulationRecord.Load(_file);

        loaded.Seed.ShouldBe(1);
        loaded.Planted.ShouldBe(PlantedBreak.Drops);
        loaded.Choices.ShouldBe(record.Choices);
        simulation.Replay(loaded).Result.Events.ShouldBe(record.Result.Events);
    }

    [Theory]
    [InlineData("no json", "not a record")]
    [InlineData("null", "version 0")]
    [InlineData("""{"version":9}""", "must be 1")]
    [InlineData("""{"version":1,"choices":[[1]]}""", "1 rows")]
    [InlineData("""{"version":1,"planted":77,"choices":ROWS}""", "planted 77")]
    [InlineData("""{"version":1,"choices":NEGATIVE}""", "negative")]
    public void A_file_that_is_no_record_is_refused(string text, string why)
    {
        string Rows(string each) => $"[{string.Join(',', Enumerable.Repeat(each, Choices.Rows))}]";
        File.WriteAllText(_file, text.Replace("ROWS", Rows("[]")).Replace("NEGATIVE", Rows("[-1]")));

        Should.Throw<FormatException>(() => SimulationRecord.Load(_file)).Message.ShouldContain(why);
    }

    [Theory]
    [InlineData(PlantedBreak.EarlySuccess)]
    [InlineData(PlantedBreak.Drops)]
    [InlineData(PlantedBreak.Doubles)]
    public void A_failing_run_is_shrunk_to_few_events(PlantedBreak planted)
    {
        using var simulation = new Simulation { Planted = planted };
        SimulationRecord failing = Enumerable.Range(1, 100).Select(seed => simulation.Record(seed))
            .First(record => record.Result.Violations.Count > 0);

        SimulationRecord small = simulation.Shrink(failing, 1000);

        small.Result.Violations.ShouldNotBeEmpty();
        small.Result.Events.ShouldBeLessThan(30);
        simulation.Replay(small).Result.Violations.Count.ShouldBe(small.Result.Violations.Count);
    }

    [Fact]
    public void A_run_that_is_small_enough_is_not_made_smaller()
    {
        using var simulation = new Simulation { Planted = PlantedBreak.Drops };
        SimulationRecord failing = Enumerable.Range(1, 100).Select(seed => simulation.Record(seed))
            .First(record => record.Result.Violations.Count > 0);

        simulation.Shrink(failing, 1000, enough: (int)failing.Result.Events + 1).ShouldBeSameAs(failing);
        simulation.Shrink(failing, 1000, enough: 60).Result.Events.ShouldBeLessThan(60);
    }

    [Fact]
    public void What_breaks_nothing_cannot_be_shrunk()
    {
        using var simulation = new Simulation();
        SimulationRecord record = simulation.Record(1);

        Should.Throw<ArgumentException>(() => simulation.Shrink(record)).Message.ShouldContain("no promise");
    }
}
