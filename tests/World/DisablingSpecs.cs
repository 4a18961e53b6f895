using Akka.Configuration;
using ChimneyActors.Buffers;
using ChimneyActors.Embedding;
using ChimneyActors.Ndis;
using ChimneyActors.TestKit;
using ChimneyActors.World.Tests.Support;

namespace ChimneyActors.World.Tests;

/// <summary>A part of the chimney is disabled while connections come and go and drivers die: none uses it afterwards,
/// and each has gone back to its host (TERM-26).</summary>
public sealed class DisablingSpecs
{
    private const int Connections = 4;
    private static readonly int Seeds = SeedCount.Or(60);

    [Fact]
    public void Nothing_uses_what_is_disabled()
    {
        int offloaded = 0;
        for (int seed = 1; seed <= Seeds; seed++)
            offloaded += DisableAmongOffloads(seed);
        offloaded.ShouldBeInRange(Seeds, (Connections * Seeds) - 1, "some came before it, and some after");
    }

    private static int DisableAmongOffloads(long seed)
    {
        using var world = new SeededActorSystem(
            seed, null, ConfigurationFactory.ParseString("chimney.restart.restarts-max = 1000"));
        var target = new InMemoryTarget(world);
        Chimney chimney = world.Start(stack => stack
            .Crashes(world.NewCrashPlan(seed % 2 == 0 ? 0.01 : 0))
            .Miniport("nic0", target).Intermediate("mux0", over: "nic0").Binding("tcpip", over: "mux0"));
        Binding binding = chimney.Binding("tcpip");
        InMemoryPeer[] peers = [.. Enumerable.Range(0, Connections).Select(_ => target.AddPeer())];
        List<OffloadedConnection> all = [];
        int refused = 0;

        async Task OffloadAsync(InMemoryPeer peer)
        {
            try
            {
                OffloadedConnection connection = await binding.OffloadAsync(peer.Socket);
                all.Add(connection);
                await connection.SendAsync(new byte[1000]);
            }
            catch (OffloadException)
            {
                refused++;
            }
        }

        async Task DisableAsync()
        {
            while (true)
                try
                {
                    await binding.RequestAsync(Oid.TcpTaskOffload, OidMethod.Set, new TcpTaskOffload(false, false));
                    return;
                }
                catch (OidException lost) when (lost.Status == NdisStatus.Failure)
                {
                    // A driver died over it.
                }
        }

        Task[] offloads = [];
        world.Run(() =>
        {
            offloads = [.. peers.Select(peer => Later(world, () => OffloadAsync(peer)))];
            return Later(world, DisableAsync);
        });

        chimney.Adapter("nic0").Configuration.SupportIPv4.ShouldBeFalse($"seed {seed}");
        world.Run(() => Task.WhenAll(offloads));
        chimney.Connections.ShouldBe(0, $"seed {seed}: nothing uses it any more");
        (all.Count + refused).ShouldBe(Connections, $"seed {seed}");
        foreach (OffloadedConnection connection in all)
        {
            world.Run(() => connection.UploadWanted);
            world.Run(connection.UploadAsync).Socket.ShouldNotBeNull($"seed {seed}");
        }
        world.Stop(chimney);
        chimney.AssertLedgerBalanced();
        return all.Count;
    }

    /// <summary>In a turn of its own, after so many others as the seed says.</summary>
    private static async Task Later(SeededActorSystem world, Func<Task> what)
    {
        for (int turns = world.Draw(60); turns > 0; turns--)
        {
            var next = new TaskCompletionSource();
            world.Schedule("later", next.SetResult);
            await next.Task;
        }
        await what();
    }
}
