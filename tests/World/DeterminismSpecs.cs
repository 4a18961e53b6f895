using ChimneyActors.TestKit;

namespace ChimneyActors.World.Tests;

public sealed class DeterminismSpecs
{
    [Fact]
    public void The_same_seed_gives_the_same_trace_whatever_ran_before_it()
    {
        using var simulation = new Simulation();
        string[] first = [.. Enumerable.Range(1, 10).Select(seed => Trace(simulation, seed))];
        using var other = new Simulation();
        string[] second = [.. Enumerable.Range(1, 10).Reverse().Select(seed => Trace(other, seed)).Reverse()];

        for (int i = 0; i < first.Length; i++)
            string.Equals(first[i], second[i], StringComparison.Ordinal).ShouldBeTrue($"seed {i + 1}");
    }

    [Fact]
    public void A_lively_world_is_the_same_each_time_and_can_be_played_from_what_it_chose()
    {
        using var simulation = new Simulation { Lively = true };
        for (int seed = 1; seed <= 10; seed++)
        {
            string trace = Trace(simulation, seed);
            using var again = new StringWriter();
            using var other = new Simulation();
            other.Replay(simulation.Record(seed), again);

            trace.ShouldContain("lively, life");
            $"seed {seed}\n{again}".ShouldBe(trace);
        }
    }

    [Fact]
    public void Another_seed_gives_another_trace()
    {
        using var simulation = new Simulation();

        Trace(simulation, 1).ShouldNotBe(Trace(simulation, 2));
    }

    [Fact]
    public void A_trace_tells_what_drivers_target_and_hosts_did()
    {
        using var simulation = new Simulation();
        string trace = Trace(simulation, 2);

        trace.ShouldContain(" run tcpip#");
        trace.ShouldContain(" TcpOffloadReceive 1 Receive, Pending");
        trace.ShouldContain(": offloads, attempt 1");
        trace.ShouldContain(" completes 1 Initiate, Success");
    }

    private static string Trace(Simulation simulation, long seed)
    {
        using var trace = new StringWriter();
        simulation.Run(seed, trace);
        return trace.ToString();
    }
}
