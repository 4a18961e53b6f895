using ChimneyActors.Node.Stress;
using ChimneyActors.Supervision;

namespace ChimneyActors.Node.Tests.Stress;

/// <summary>Who is killed when, by a clock of its own.</summary>
public sealed class DeathPlanSpecs
{
    private readonly HandClock _clock = new();
    private readonly DeathPlan _plan;

    public DeathPlanSpecs() => _plan = new DeathPlan(
        new StressOptions { Seed = 1, Deaths = 100, DriverDeathsEvery = TimeSpan.FromSeconds(1) }, _clock,
        ["filter0", "mux0"]);

    [Fact]
    public void Nobody_dies_before_it_begins_and_after_it_stopped()
    {
        Kill("connection-1", 100).ShouldBe(0);
        _plan.Begin();
        _plan.Stop();
        _clock.Now += TimeSpan.FromSeconds(5);
        Kill("connection-1", 100).ShouldBe(0);
    }

    [Fact]
    public void Connections_die_by_the_clock_whoever_comes_however_often()
    {
        _plan.Begin();
        for (int second = 1; second <= 3; second++)
        {
            _clock.Now += TimeSpan.FromSeconds(1);
            Kill($"connection-{second}", 5_000).ShouldBe(100);
        }
        _plan.Connections.ShouldBe(300);
    }

    [Fact]
    public void Drivers_die_in_turn_and_no_other_does()
    {
        _plan.Begin();
        _clock.Now += TimeSpan.FromSeconds(3);
        Kill("other0", 100).ShouldBe(0);
        Kill("mux0", 100).ShouldBe(0);
        Kill("filter0", 100).ShouldBe(1);
        Kill("mux0", 100).ShouldBe(1);
        Kill("filter0", 100).ShouldBe(1);
        Kill("mux0", 100).ShouldBe(0);
        _plan.Drivers.ShouldBe([("filter0", 2L), ("mux0", 1L)]);
    }

    private int Kill(string driver, int moments) => Enumerable.Range(0, moments).Count(_ =>
    {
        try
        {
            _plan.At(driver, CrashStep.Between);
            return false;
        }
        catch (InjectedCrashException)
        {
            return true;
        }
    });

    private sealed class HandClock : TimeProvider
    {
        public TimeSpan Now { get; set; }

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override long GetTimestamp() => Now.Ticks;
    }
}
