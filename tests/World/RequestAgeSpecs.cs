using Akka.Configuration;
using ChimneyActors.Buffers;
using ChimneyActors.Embedding;
using ChimneyActors.Intermediates;
using ChimneyActors.Ndis;
using ChimneyActors.TestKit;

namespace ChimneyActors.World.Tests;

/// <summary>How old a request may become, in a whole stack and in virtual time.</summary>
public sealed class RequestAgeSpecs
{
    private const string Limit = "chimney.verifier.request-age-max = 30 s";

    [Fact]
    public void Whoever_holds_one_for_too_long_is_reported_once_and_nothing_else_happens()
    {
        using var world = new SeededActorSystem(1, null, ConfigurationFactory.ParseString(Limit));
        (Chimney chimney, OffloadedConnection connection, InMemoryPeer peer) = Open(world, bytesPerSecond: 10);
        Task<ReceiveResult> receive = connection.ReceiveAsync(new byte[10]).AsTask();
        Task<SendResult>[] sends =
            [.. Enumerable.Range(0, 2).Select(_ => connection.SendAsync(new byte[1_000]).AsTask())];

        world.Advance(TimeSpan.FromSeconds(29));
        chimney.Violations.ShouldBeEmpty();
        world.Advance(TimeSpan.FromSeconds(4));
        Reports(chimney).ShouldBe([
            (VerifierCheck.TooOld, "nic0", OffloadOperation.Receive, "the peer"),
            (VerifierCheck.TooOld, "throttle0", OffloadOperation.Send, "throttle0")], ignoreOrder: true);

        world.Advance(TimeSpan.FromMinutes(5));
        peer.Say(new byte[1]);
        world.Run(() => receive).ShouldBe(new ReceiveResult(NdisStatus.Success, 1));
        world.Run(() => Task.WhenAll(sends)).ShouldAllBe(send => send.Status == NdisStatus.Success);
        chimney.Violations.Count.ShouldBe(2);
        world.Run(connection.UploadAsync).Socket.ShouldNotBeNull();
        world.Stop(chimney);
        (chimney.Ledger.Outstanding, chimney.Ledger.Orphaned).ShouldBe((0, 0));
    }

    [Fact]
    public void Without_a_limit_a_peer_may_be_silent_for_a_day()
    {
        using var world = new SeededActorSystem(1);
        (Chimney chimney, OffloadedConnection connection, InMemoryPeer peer) = Open(world, bytesPerSecond: 0);
        Task<ReceiveResult> receive = connection.ReceiveAsync(new byte[10]).AsTask();

        world.Advance(TimeSpan.FromDays(1));

        peer.Say(new byte[1]);
        world.Run(() => receive).ShouldBe(new ReceiveResult(NdisStatus.Success, 1));
        world.Run(connection.UploadAsync).Socket.ShouldNotBeNull();
        world.Stop(chimney);
        chimney.AssertLedgerBalanced();
    }

    [Fact]
    public void Where_breakers_are_stopped_the_adapter_goes_and_everybody_is_answered()
    {
        using var world = new SeededActorSystem(
            1, null, ConfigurationFactory.ParseString(Limit + "\nchimney.verifier.on-breach = stop"));
        (Chimney chimney, OffloadedConnection connection, _) = Open(world, bytesPerSecond: 0);
        Task<ReceiveResult> receive = connection.ReceiveAsync(new byte[10]).AsTask();

        world.RunUntil(() => chimney.Adapter("nic0").State == AdapterState.Halted).ShouldBeTrue();

        chimney.Adapter("nic0").Halted.ShouldBe(HaltAction.DeviceFailed);
        world.Now.TotalSeconds.ShouldBeInRange(30, 33);
        world.Run(() => receive).Status.ShouldNotBe(NdisStatus.Success);
        world.Run(connection.UploadAsync);
        world.Stop(chimney);
        chimney.Violations.ShouldHaveSingleItem().Driver.ShouldBe("nic0");
        (chimney.Ledger.Outstanding, chimney.Ledger.Orphaned).ShouldBe((0, 0));
    }

    private static (VerifierCheck Check, string Driver, OffloadOperation Operation, string WaitsFor)[] Reports(
        Chimney chimney) =>
        [.. chimney.Violations.Select(report => (report.Check, report.Driver,
            report.Detail.Contains("; Send #", StringComparison.Ordinal)
                ? OffloadOperation.Send : OffloadOperation.Receive,
            report.Detail.Split("waits for ")[1].Split(": at most 00:00:30 is lawful")[0]))];

    private static (Chimney Chimney, OffloadedConnection Connection, InMemoryPeer Peer) Open(
        SeededActorSystem world, long bytesPerSecond)
    {
        var target = new InMemoryTarget(world);
        InMemoryPeer peer = target.AddPeer();
        Chimney chimney = world.Start(stack => stack.Miniport("nic0", target)
            .Intermediate("throttle0", "nic0", () => new ThrottleDriver(new ThrottleSettings
            {
                BytesPerSecond = bytesPerSecond,
                Burst = TimeSpan.Zero,
            }))
            .Binding("tcpip", over: "throttle0"));
        return (chimney, world.Run(() => chimney.Binding("tcpip").OffloadAsync(peer.Socket)), peer);
    }
}
