using ChimneyActors.Buffers;
using ChimneyActors.Embedding;
using ChimneyActors.Intermediates;
using ChimneyActors.Ndis;
using ChimneyActors.TestKit;
using ChimneyActors.World.Tests.Support;

namespace ChimneyActors.World.Tests;

/// <summary>Adapters go through their life while a throttle holds requests back: each is answered once.</summary>
public sealed class ThrottleLifeSpecs
{
    private const int Sends = 20;
    private const int Seeds = 20;

    /// <summary>What is done to which adapter.</summary>
    public static TheoryData<string, string> Steps => new()
    {
        { "throttle0", nameof(Adapter.PauseAsync) },
        { "throttle0", nameof(Adapter.HaltAsync) },
        { "nic0", nameof(Adapter.PauseAsync) },
        { "nic0", nameof(Adapter.HaltAsync) },
        { "nic0", nameof(Adapter.RemoveAsync) },
    };

    [Theory]
    [MemberData(nameof(Steps))]
    public void What_is_held_is_answered_once_and_the_connection_goes_home(string adapter, string step)
    {
        for (int seed = 1; seed <= Seeds; seed++)
        {
            using var world = new SeededActorSystem(seed);
            (Chimney chimney, OffloadedConnection connection, _) = Open(world);
            Task<SendResult>[] sends = Hold(world, connection);
            Adapter led = chimney.Adapter(adapter);

            Task<LifeResult> going = StepOf(led, step);
            world.Run(() => Task.WhenAll(sends));
            world.Run(() => going).IsDone.ShouldBeTrue($"seed {seed}");

            sends.ShouldAllBe(send => send.Result.Status == NdisStatus.Success
                || send.Result.Status == NdisStatus.UploadInProgress);
            world.Run(connection.UploadAsync).Socket.ShouldNotBeNull($"seed {seed}");
            world.Stop(chimney);
            chimney.AssertLedgerBalanced();
        }
    }

    [Fact]
    public void What_is_held_over_a_reset_goes_on_afterwards()
    {
        for (int seed = 1; seed <= Seeds; seed++)
        {
            using var world = new SeededActorSystem(seed);
            (Chimney chimney, OffloadedConnection connection, InMemoryPeer peer) = Open(world, 1_000);
            Task<SendResult>[] sends = Hold(world, connection);

            world.Run(() => chimney.Adapter("nic0").ResetAsync()).IsDone.ShouldBeTrue($"seed {seed}");
            world.Run(() => Task.WhenAll(sends)).ShouldAllBe(send => send.Status == NdisStatus.Success);

            peer.Received.Length.ShouldBe(Sends * 100);
            world.Run(connection.UploadAsync).Socket.ShouldNotBeNull();
            world.Stop(chimney);
            chimney.AssertLedgerBalanced();
        }
    }

    [Fact]
    public void A_stream_goes_on_over_a_pause_and_a_restart_while_it_is_held()
    {
        for (int seed = 1; seed <= Seeds; seed++)
        {
            using var world = new SeededActorSystem(seed);
            (Chimney chimney, InMemoryPeer peer) = Start(world, 1_000);
            ResilientConnection connection = world.Run(
                () => ResilientConnection.OpenAsync(chimney.Binding("tcpip"), peer.Socket, new Listener()));
            byte[] data = [.. Enumerable.Range(0, Sends * 100).Select(i => (byte)(i * 31 >> 4))];
            int answers = 0;
            for (int at = 0; at < data.Length; at += 100)
                connection.Send(
                    data.AsMemory(at, 100), (_, sent) => answers += sent.Status == NdisStatus.Success ? 1 : 1000, null);
            Adapter led = chimney.Adapter(seed % 2 == 0 ? "nic0" : "throttle0");
            world.Advance(TimeSpan.FromMilliseconds(500));

            world.Run(() => led.PauseAsync()).IsDone.ShouldBeTrue($"seed {seed}");
            world.Run(() => led.RestartAsync()).IsDone.ShouldBeTrue($"seed {seed}");

            world.RunUntil(() => answers >= Sends, TimeSpan.FromMinutes(1)).ShouldBeTrue($"seed {seed}: {answers}");
            answers.ShouldBe(Sends);
            peer.Received.ShouldBe(data, $"seed {seed}");
            world.Run(connection.CloseAsync);
            world.Stop(chimney);
            chimney.AssertLedgerBalanced();
        }
    }

    private static Task<LifeResult> StepOf(Adapter led, string step) => step switch
    {
        nameof(Adapter.PauseAsync) => led.PauseAsync(),
        nameof(Adapter.HaltAsync) => led.HaltAsync(),
        _ => led.RemoveAsync(),
    };

    private static Task<SendResult>[] Hold(SeededActorSystem world, OffloadedConnection connection)
    {
        Task<SendResult>[] sends =
            [.. Enumerable.Range(0, Sends).Select(_ => connection.SendAsync(new byte[100]).AsTask())];
        world.Advance(TimeSpan.FromMilliseconds(500));
        sends.Count(send => !send.IsCompleted).ShouldBeGreaterThan(Sends / 2, "else nothing is held");
        return sends;
    }

    private static (Chimney Chimney, OffloadedConnection Connection, InMemoryPeer Peer) Open(
        SeededActorSystem world, long rate = 1)
    {
        (Chimney chimney, InMemoryPeer peer) = Start(world, rate);
        return (chimney, world.Run(() => chimney.Binding("tcpip").OffloadAsync(peer.Socket)), peer);
    }

    private static (Chimney Chimney, InMemoryPeer Peer) Start(SeededActorSystem world, long rate)
    {
        var target = new InMemoryTarget(world);
        InMemoryPeer peer = target.AddPeer();
        Chimney chimney = world.Start(stack => stack.Miniport("nic0", target)
            .Intermediate("throttle0", "nic0", () => new ThrottleDriver(new ThrottleSettings { BytesPerSecond = rate }))
            .Binding("tcpip", over: "throttle0"));
        return (chimney, peer);
    }
}
