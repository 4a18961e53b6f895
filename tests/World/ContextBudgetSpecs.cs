using Akka.Configuration;
using ChimneyActors.Buffers;
using ChimneyActors.Embedding;
using ChimneyActors.Ndis;
using ChimneyActors.TestKit;
using ChimneyActors.World.Tests.Support;

namespace ChimneyActors.World.Tests;

/// <summary>Connections that share a driver with too few contexts, while drivers die: each stream is whole.</summary>
public sealed class ContextBudgetSpecs
{
    private static readonly int Seeds = SeedCount.Or(60);

    [Fact]
    public void A_stream_is_whole_however_often_a_driver_sends_it_back()
    {
        int repairs = 0;
        for (int seed = 1; seed <= Seeds; seed++)
            repairs += SendThroughScarcity(seed, contexts: 1 + (seed % 3));
        repairs.ShouldBeGreaterThan(Seeds);
    }

    private static int SendThroughScarcity(long seed, int contexts)
    {
        using var world = new SeededActorSystem(
            seed, null, ConfigurationFactory.ParseString("chimney.restart.restarts-max = 1000"));
        var target = new InMemoryTarget(world);
        Chimney chimney = world.Start(stack => stack
            .Crashes(world.NewCrashPlan(seed % 2 == 0 ? 0.005 : 0))
            .Miniport("nic0", target)
            .Intermediate("mux0", over: "nic0").ContextsMax("mux0", contexts)
            .Binding("tcpip", over: "mux0"));
        InMemoryPeer[] peers = [target.AddPeer(), target.AddPeer(), target.AddPeer()];
        ResilientConnection[] all = [.. peers.Select(peer => world.Run(
            () => ResilientConnection.OpenAsync(chimney.Binding("tcpip"), peer.Socket, new Listener())))];
        byte[] data = [.. Enumerable.Range(0, 20_000).Select(i => (byte)(i * 31 >> 4))];
        int answers = 0;
        foreach (ResilientConnection connection in all)
            for (int at = 0; at < data.Length; at += 1000)
                connection.Send(data.AsMemory(at, 1000),
                    (_, result) => answers += result.Status == NdisStatus.Success ? 1 : 1000, null);

        world.RunUntil(() => answers >= 60, TimeSpan.FromMinutes(10)).ShouldBeTrue($"seed {seed}: {answers} answers");

        answers.ShouldBe(60, $"seed {seed}");
        foreach (InMemoryPeer peer in peers)
            peer.Received.ShouldBe(data, $"seed {seed}");
        int repairs = all.Sum(connection => connection.Repairs);
        foreach (ResilientConnection connection in all)
            world.Run(connection.CloseAsync);
        world.Stop(chimney);
        chimney.AssertLedgerBalanced();
        return repairs;
    }
}
