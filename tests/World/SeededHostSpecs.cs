using Akka.Configuration;
using ChimneyActors.Buffers;
using ChimneyActors.Embedding;
using ChimneyActors.Ndis;
using ChimneyActors.Targets;
using ChimneyActors.TestKit;
using ChimneyActors.World.Tests.Support;

namespace ChimneyActors.World.Tests;

/// <summary>A host that moves its connection to and fro while drivers die and targets fail.</summary>
public sealed class SeededHostSpecs
{
    private static readonly int Seeds = SeedCount.Or(60);

    [Fact]
    public void A_stream_is_one_stream_wherever_it_is_served()
    {
        long promoted = 0;
        long cameHome = 0;
        for (int seed = 1; seed <= Seeds; seed++)
        {
            HostCounts counts = MoveThroughTrouble(seed, rotate: TimeSpan.FromMilliseconds(seed % 7 * 3));
            promoted += counts.Promoted;
            cameHome += counts.CameHome;
            (counts.InHost, counts.Contexts).ShouldBe((0, 0), $"seed {seed}");
        }

        promoted.ShouldBeGreaterThan(3 * Seeds);
        cameHome.ShouldBeGreaterThan(0, "trouble should have brought some home");
    }

    private static HostCounts MoveThroughTrouble(long seed, TimeSpan rotate)
    {
        using var world = new SeededActorSystem(
            seed, null, ConfigurationFactory.ParseString("chimney.restart.restarts-max = 1000"));
        var target = new InMemoryTarget(world);
        InMemoryPeer peer = target.AddPeer();
        FaultPlan faults = world.NewFaultPlan(0.02);
        Chimney chimney = world.Start(stack => stack
            .Crashes(world.NewCrashPlan(0.01)).Verify(null, faults.IsInjected)
            .Miniport("nic0", new FaultyTarget(target, faults, world.Clock))
            .Intermediate("mux0", over: "nic0").Binding("tcpip", over: "mux0")
            .Miniport("host", target).Binding("tcpip-host", over: "host"));
        using var host = new HostStack(chimney.Binding("tcpip-host"), chimney.Binding("tcpip"), new OffloadPolicy
        {
            PromoteBytes = 1, PromoteAge = TimeSpan.Zero, Cooldown = TimeSpan.FromMilliseconds(5), Rotate = rotate,
            Interval = TimeSpan.FromMilliseconds(1),
        });
        var user = new Listener();
        byte[] data = [.. Enumerable.Range(0, 40_000).Select(i => (byte)(i * 31 >> 4))];
        peer.OnReceived = piece => peer.Say(piece.Span);

        ResilientConnection connection = world.Run(() => host.OpenAsync(peer.Socket, user));
        int answers = 0;
        int sent = 0;
        ITimer? later = null;
        void SendNext(object? state, SendResult result)
        {
            answers += result.Status == NdisStatus.Success ? 1 : 1000;
            if (sent < data.Length)     // in a while: it is to be moved meanwhile
                later = world.Clock.CreateTimer(
                    _ => SendOne(), null, TimeSpan.FromMilliseconds(2), Timeout.InfiniteTimeSpan);
        }

        void SendOne()
        {
            sent += 1000;
            connection.Send(data.AsMemory(sent - 1000, 1000), SendNext, null);
        }

        SendOne();
        world.RunUntil(() => answers >= 40 && user.Received.Count == data.Length, TimeSpan.FromMinutes(10))
            .ShouldBeTrue($"seed {seed}: {answers} answers, {user.Received.Count} bytes back");
        answers.ShouldBe(40, $"seed {seed}");
        peer.Received.ShouldBe(data, $"seed {seed}");
        user.Received.ToArray().ShouldBe(data, $"seed {seed}");
        world.Run(connection.CloseAsync);
        later?.Dispose();
        HostCounts counts = host.Counts;
        world.Stop(chimney);
        chimney.AssertLedgerBalanced();
        return counts;
    }
}
