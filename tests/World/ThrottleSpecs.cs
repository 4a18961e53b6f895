using Akka.Configuration;
using ChimneyActors.Buffers;
using ChimneyActors.Embedding;
using ChimneyActors.Intermediates;
using ChimneyActors.Ndis;
using ChimneyActors.TestKit;
using ChimneyActors.World.Tests.Support;

namespace ChimneyActors.World.Tests;

/// <summary>Rates in virtual time: what is allowed passes, no more and no less; nobody is held past an end.</summary>
public sealed class ThrottleSpecs
{
    private static readonly int Seeds = SeedCount.Or(40);

    [Theory]
    [InlineData(10_000, 0, 0, 9.9)]      // 100 sends of 1,000 bytes, of which a tenth of a second comes at once
    [InlineData(0, 10, 0, 9.8)]
    [InlineData(10_000, 100, 0, 9.9)]
    [InlineData(10_000, 10, 0, 9.8)]     // the slower of the two
    [InlineData(0, 0, 0, 0)]
    [InlineData(10_000, 0, 2_000, 8)]
    public void The_rate_is_kept_over_time(long bytes, long requests, int burst, double seconds)
    {
        var settings = new ThrottleSettings { BytesPerSecond = bytes, RequestsPerSecond = requests };
        if (burst > 0)
            settings = settings with { Burst = TimeSpan.FromMilliseconds(burst) };
        using var world = new SeededActorSystem(1);
        (Chimney chimney, OffloadedConnection[] all, InMemoryPeer[] peers) = Open(world, settings, 1);
        TimeSpan start = world.Now;
        Task<SendResult>[] sends = [.. Enumerable.Range(0, 100).Select(_ => Send(all[0], 1_000))];

        SendResult[] sent = world.Run(() => Task.WhenAll(sends));

        (world.Now - start).TotalSeconds.ShouldBeInRange(seconds - 0.3, seconds + 0.3);
        sent.ShouldAllBe(send => send.Status == NdisStatus.Success);
        peers[0].Received.Length.ShouldBe(100_000);
        End(world, chimney, all);
    }

    [Fact]
    public void Who_asks_for_little_does_not_wait_for_who_asks_for_much()
    {
        using var world = new SeededActorSystem(1);
        (Chimney chimney, OffloadedConnection[] all, InMemoryPeer[] peers) = Open(
            world, new ThrottleSettings { BytesPerSecond = 30_000, Burst = TimeSpan.Zero }, 3);
        Task<SendResult>[] flood = [.. Enumerable.Range(0, 300).Select(_ => Send(all[0], 1_000))];
        Task<SendResult>[] small = [.. Enumerable.Range(0, 100).Select(_ => Send(all[1], 500))];

        // The third sends each when the one before is home.
        world.Run(() => Task.WhenAll(small.Append(SendInTurnAsync(all[2], 50, 200))));

        // The one that asks in turn has what it wants, and the other two share the rest.
        world.Now.TotalSeconds.ShouldBeInRange(3.4, 3.9);
        peers[0].Received.Length.ShouldBeInRange(46_000, 54_000);
        world.Run(() => Task.WhenAll(flood));
        world.Now.TotalSeconds.ShouldBeInRange(11.5, 12.5);
        End(world, chimney, all);
    }

    [Fact]
    public void A_request_that_is_larger_than_any_burst_passes_and_is_paid_for_afterwards()
    {
        using var world = new SeededActorSystem(1);
        (Chimney chimney, OffloadedConnection[] all, _) = Open(
            world, new ThrottleSettings { BytesPerSecond = 10_000 }, 1);
        Task<SendResult> large = Send(all[0], 50_000);
        Task<SendResult> next = Send(all[0], 10);

        world.Run(() => large);
        world.Now.TotalSeconds.ShouldBeLessThan(0.5);
        world.Run(() => next);
        world.Now.TotalSeconds.ShouldBeInRange(4.8, 5.2);
        End(world, chimney, all);
    }

    [Fact]
    public void The_end_of_the_stream_waits_behind_its_sends()
    {
        using var world = new SeededActorSystem(1);
        (Chimney chimney, OffloadedConnection[] all, InMemoryPeer[] peers) = Open(
            world, new ThrottleSettings { RequestsPerSecond = 10 }, 1);
        Task<SendResult>[] sends = [.. Enumerable.Range(0, 20).Select(_ => Send(all[0], 10))];

        world.Run(() => all[0].DisconnectAsync(DisconnectKind.Graceful, new byte[5]))
            .ShouldBe(new DisconnectResult(NdisStatus.Success, 205));

        sends.ShouldAllBe(send => send.IsCompleted);
        world.Run(() => Task.WhenAll(sends)).ShouldAllBe(send => send.Status == NdisStatus.Success);
        peers[0].HostClosed.ShouldBeTrue();
        End(world, chimney, all);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Nobody_who_goes_waits_for_a_rate(bool isAbort)
    {
        using var world = new SeededActorSystem(1);
        (Chimney chimney, OffloadedConnection[] all, _) = Open(
            world, new ThrottleSettings { BytesPerSecond = 1 }, 2);
        Task<SendResult>[] sends = [.. Enumerable.Range(0, 20).Select(i => Send(all[i % 2], 1_000))];
        world.Advance(TimeSpan.FromSeconds(1));
        TimeSpan asked = world.Now;

        if (isAbort)
            world.Run(() => all[0].DisconnectAsync(DisconnectKind.Abortive)).Status.ShouldBe(NdisStatus.Success);
        else
            world.Run(all[0].UploadAsync).Socket.ShouldNotBeNull();

        (world.Now - asked).TotalSeconds.ShouldBeLessThan(0.5);
        for (int i = 0; i < 20; i++)
            sends[i].IsCompleted.ShouldBe(i % 2 == 0, $"{i}: of the connection that stays only the odd ones are");
        world.Run(all[1].UploadAsync).Socket.ShouldNotBeNull();
        world.Run(() => Task.WhenAll(sends));
        world.Stop(chimney);
        chimney.AssertLedgerBalanced();
    }

    [Fact]
    public void What_a_reset_leaves_behind_is_refused_at_once()
    {
        using var world = new SeededActorSystem(1);
        (Chimney chimney, OffloadedConnection[] all, InMemoryPeer[] peers) = Open(
            world, new ThrottleSettings { BytesPerSecond = 1 }, 1);
        Task<SendResult>[] sends = [.. Enumerable.Range(0, 10).Select(_ => Send(all[0], 1_000))];
        world.Advance(TimeSpan.FromSeconds(1));

        peers[0].Reset();
        world.Run(() => Task.WhenAll(sends)).Last().Status.ShouldBe(NdisStatus.RequestAborted);

        world.Now.TotalSeconds.ShouldBeLessThan(2);
        End(world, chimney, all);
    }

    [Fact]
    public void What_it_holds_comes_home_however_often_it_dies()
    {
        long deaths = 0;
        for (int seed = 1; seed <= Seeds; seed++)
        {
            using var world = new SeededActorSystem(
                seed, null, ConfigurationFactory.ParseString("chimney.restart.restarts-max = 1000"));
            var target = new InMemoryTarget(world);
            InMemoryPeer peer = target.AddPeer();
            Chimney chimney = world.Start(stack => stack.Miniport("nic0", target)
                .Intermediate("throttle0", "nic0", () => new ThrottleDriver(new ThrottleSettings
                {
                    BytesPerSecond = 2_000,
                }))
                .Binding("tcpip", over: "throttle0").Crashes(world.NewCrashPlan(0.05, "throttle0")));
            ResilientConnection connection = world.Run(
                () => ResilientConnection.OpenAsync(chimney.Binding("tcpip"), peer.Socket, new Listener()));
            byte[] data = [.. Enumerable.Range(0, 3_000).Select(i => (byte)(i * 31 >> 4))];
            int answers = 0;
            for (int at = 0; at < data.Length; at += 100)
                connection.Send(
                    data.AsMemory(at, 100), (_, sent) => answers += sent.Status == NdisStatus.Success ? 1 : 1000, null);

            world.RunUntil(() => answers >= 30, TimeSpan.FromMinutes(10)).ShouldBeTrue($"seed {seed}: {answers}");
            answers.ShouldBe(30, $"seed {seed}");
            peer.Received.ShouldBe(data, $"seed {seed}");
            world.Run(connection.CloseAsync);
            world.Stop(chimney);
            chimney.AssertLedgerBalanced();
            deaths += chimney.Ledger.DriverDeaths;
        }
        deaths.ShouldBeGreaterThan(Seeds, "a world without trouble proves nothing");
    }

    [Theory]
    [InlineData(-1, 0, 0, "BytesPerSecond")]
    [InlineData(0, 1_000_000_001, 0, "RequestsPerSecond")]
    [InlineData(0, 0, -1, "Burst")]
    [InlineData(0, 0, 61, "Burst")]
    public void A_rate_that_is_none_is_refused(long bytes, long requests, int burst, string name) =>
        Should.Throw<ArgumentOutOfRangeException>(() => new ThrottleDriver(new ThrottleSettings
        {
            BytesPerSecond = bytes,
            RequestsPerSecond = requests,
            Burst = TimeSpan.FromSeconds(burst),
        })).Message.ShouldContain(name);

    private static async Task SendInTurnAsync(OffloadedConnection connection, int count, int length)
    {
        for (int i = 0; i < count; i++)
            await connection.SendAsync(new byte[length]);
    }

    private static Task<SendResult> Send(OffloadedConnection connection, int length) =>
        connection.SendAsync(new byte[length]).AsTask();

    private static (Chimney Chimney, OffloadedConnection[] Connections, InMemoryPeer[] Peers) Open(
        SeededActorSystem world, ThrottleSettings settings, int count)
    {
        var target = new InMemoryTarget(world);
        InMemoryPeer[] peers = [.. Enumerable.Range(0, count).Select(_ => target.AddPeer())];
        Chimney chimney = world.Start(stack => stack.Miniport("nic0", target)
            .Intermediate("throttle0", "nic0", () => new ThrottleDriver(settings))
            .Binding("tcpip", over: "throttle0"));
        return (chimney, [.. peers.Select(peer =>
            world.Run(() => chimney.Binding("tcpip").OffloadAsync(peer.Socket)))], peers);
    }

    private static void End(SeededActorSystem world, Chimney chimney, OffloadedConnection[] connections)
    {
        foreach (OffloadedConnection connection in connections)
            world.Run(connection.UploadAsync);
        world.Stop(chimney);
        chimney.AssertLedgerBalanced();
    }
}
