using ChimneyActors.Targets.Simulated;

namespace ChimneyActors.Simulation;

/// <summary>Engine against engine, for thousands of seeds. A failure names its seed.</summary>
public sealed class EngineOverWireSpecs
{
    private static readonly TimeSpan Bound = TimeSpan.FromDays(10);

    private static int Seeds =>
        int.TryParse(Environment.GetEnvironmentVariable("CHIMNEY_SEEDS"), out int seeds) ? seeds : 1_000;

    [Fact]
    public void Without_faults_everything_ends_within_a_bound() =>
        ForEachSeed(0, seed =>
        {
            World world = Make(seed, WireFaults.None);
            world.Run(TimeSpan.FromMinutes(10)).ShouldBeTrue(world.ToString());
            EndedWell(world);
            world.Left.FinAcknowledged.ShouldBeTrue();
            world.Right.FinAcknowledged.ShouldBeTrue();
        });

    [Fact]
    public void Over_a_bad_wire_every_byte_arrives_in_order_once() =>
        ForEachSeed(100_000, seed =>
        {
            World world = Make(seed, World.Faults(seed));
            world.Run(Bound).ShouldBeTrue(world.ToString());
            EndedWell(world);
        });

    [Fact]
    public void A_connection_that_moves_from_engine_to_engine_loses_nothing() =>
        ForEachSeed(200_000, seed =>
        {
            World world = Make(seed, World.Faults(seed), moves: true);
            world.Run(Bound).ShouldBeTrue(world.ToString());
            EndedWell(world);
        });

    [Fact]
    public void After_an_abort_nothing_happens_and_the_peer_learns_of_it_or_had_finished() =>
        ForEachSeed(300_000, seed =>
        {
            World world = Make(seed, World.Faults(seed), aborts: true);
            world.Run(Bound).ShouldBeTrue(world.ToString());
            if (!world.Left.IsAborted)
            {
                EndedWell(world);
                return;
            }

            world.Right.IsOver.ShouldBeTrue();
            world.Right.Ended.ShouldNotBeNull();
            world.Right.Read.ShouldBeLessThanOrEqualTo(world.Left.Total);
        });

    [Fact]
    public void The_same_seed_gives_the_same_trace() =>
        ForEachSeed(400_000, seed =>
        {
            World one = Make(seed, World.Faults(seed), moves: true);
            World other = Make(seed, World.Faults(seed), moves: true);
            one.Run(Bound);
            other.Run(Bound);
            one.Seen.ShouldBe(other.Seen);
            one.Now.ShouldBe(other.Now);
        }, share: 5);

    private static World Make(int seed, WireFaults faults, bool moves = false, bool aborts = false)
    {
        (StationPlan left, StationPlan right) = World.Plans(seed, moves, aborts);
        return new World(seed, faults, left, right);
    }

    private static void EndedWell(World world)
    {
        foreach (Station station in (ReadOnlySpan<Station>)[world.Left, world.Right])
        {
            station.IsOver.ShouldBeTrue(world.ToString());
            station.PeerFinished.ShouldBeTrue(world.ToString());
            station.Read.ShouldBe(station.Peer.Total);
            station.Peer.Acknowledged.ShouldBeLessThanOrEqualTo(station.Received);

            // The last acknowledgement of all may be lost until the other side has forgotten the connection.
            if (station.Ended == TcpEventKind.TimedOut)
                station.Peer.Ended.ShouldBe(TcpEventKind.Closed);
            else
                station.Ended.ShouldBe(TcpEventKind.Closed);
            if (station.Ended == TcpEventKind.Closed)
                station.Acknowledged.ShouldBe(station.Total);
        }
    }

    private static void ForEachSeed(int first, Action<int> run, int share = 1)
    {
        for (int seed = first; seed < first + (Seeds / share); seed++)
        {
            try
            {
                run(seed);
            }
            catch (Exception exception)
            {
                throw new InvalidOperationException($"seed {seed}: {exception.Message}", exception);
            }
        }
    }
}
