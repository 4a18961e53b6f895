using System.Text;
using Akka.Actor;
using Akka.Configuration;
using ChimneyActors.Buffers;
using ChimneyActors.Embedding;
using ChimneyActors.Ndis;
using ChimneyActors.Targets;
using ChimneyActors.TestKit;
using ChimneyActors.World.Tests.Support;

namespace ChimneyActors.World.Tests;

/// <summary>Somebody's own use of connections, without a socket, over many seeds.</summary>
public sealed class SeededConnectionSpecs
{
    private static readonly int Seeds = SeedCount.Or(60);

    [Fact]
    public void Whoever_waits_for_several_state_operations_goes_on_in_the_world()
    {
        for (int seed = 1; seed <= Seeds; seed++)
        {
            using var world = new SeededActorSystem(seed);
            var target = new InMemoryTarget(world);
            InMemoryPeer peer = target.AddPeer();
            Chimney chimney = world.Start(stack => Build(stack, target));
            int here = Environment.CurrentManagedThreadId;

            int threads = world.Run(async () =>
            {
                OffloadedConnection connection = await chimney.Binding("tcpip").OffloadAsync(peer.Socket);
                Task[] asked = [.. Enumerable.Range(1, 4).Select(hops =>
                    connection.UpdateAsync(new TcpOffloadStateCached { TimeToLive = hops }))];
                HashSet<int> seen = [];
                foreach (Task one in asked)
                {
                    await one;
                    seen.Add(Environment.CurrentManagedThreadId);
                }
                (await connection.QueryAsync()).Cached.TimeToLive.ShouldBe(4);
                await connection.InvalidateAsync();
                await connection.UploadAsync();
                seen.Add(Environment.CurrentManagedThreadId);
                seen.ShouldContain(here);
                return seen.Count;
            });

            threads.ShouldBe(1, $"seed {seed}");
            world.Stop(chimney);
            chimney.AssertLedgerBalanced();
        }
    }

    [Fact]
    public void A_connection_is_used_as_over_a_real_target()
    {
        for (int seed = 1; seed <= Seeds; seed++)
        {
            using var world = new SeededActorSystem(seed);
            var target = new InMemoryTarget(world);
            InMemoryPeer peer = target.AddPeer();
            peer.OnReceived = data => peer.Say(data.Span);
            peer.OnHostClosed = peer.Close;
            Chimney chimney = world.Start(stack => Build(stack, target));

            (SendResult sent, DisconnectResult end, string echo) = world.Run(() => TalkAsync(chimney, peer));

            sent.ShouldBe(new SendResult(NdisStatus.Success, 5));
            end.ShouldBe(new DisconnectResult(NdisStatus.Success, 10));
            echo.ShouldBe("helloworld", $"seed {seed}");
            Encoding.ASCII.GetString(peer.Received).ShouldBe("helloworld");
            peer.HostClosed.ShouldBeTrue();
            chimney.AssertLedgerBalanced();
            world.Stop(chimney);
            chimney.AssertLedgerBalanced();
        }
    }

    [Fact]
    public void A_connection_goes_on_over_crashes_and_faults_with_no_byte_lost_or_doubled()
    {
        long deaths = 0;
        for (int seed = 1; seed <= Seeds; seed++)
            deaths += LiveThroughTrouble(seed, null);

        deaths.ShouldBeGreaterThan(Seeds / 2, "a world without trouble proves nothing");
    }

    [Fact]
    public void A_stack_in_trouble_gives_the_same_trace_again()
    {
        string Trace(long seed)
        {
            using var trace = new StringWriter();
            LiveThroughTrouble(seed, trace);
            return trace.ToString();
        }

        string first = Trace(11);
        Trace(12).ShouldNotBe(first);
        Trace(11).ShouldBe(first);
        first.ShouldContain(" run mux0#");
        first.ShouldContain(" run peer 0");
    }

    [Fact]
    public void An_actor_of_the_host_may_await_and_pipe_what_a_connection_promises()
    {
        using var world = new SeededActorSystem(3);
        var target = new InMemoryTarget(world);
        InMemoryPeer peer = target.AddPeer();
        Chimney chimney = world.Start(stack => Build(stack, target));
        IActorRef client = world.System.ActorOf(
            Props.Create(() => new Client(chimney.Binding("tcpip"))), "client");

        client.Tell(peer);
        client.Tell("one ");
        client.Tell("two");

        world.RunUntil(() => peer.HostClosed).ShouldBeTrue();
        Encoding.ASCII.GetString(peer.Received).ShouldBe("one two");
        world.RunUntilQuiet();
        chimney.AssertLedgerBalanced();
    }

    [Fact]
    public void What_is_out_is_named_with_its_holder()
    {
        using var world = new SeededActorSystem(1);
        var target = new InMemoryTarget(world);
        InMemoryPeer peer = target.AddPeer();
        Chimney chimney = world.Start(stack => Build(stack, target));
        OffloadedConnection connection = world.Run(() => chimney.Binding("tcpip").OffloadAsync(peer.Socket));
        chimney.AssertLedgerBalanced();

        Task<ReceiveResult> receive = connection.ReceiveAsync(new byte[10]).AsTask();
        world.RunUntilQuiet();

        LedgerException found = Should.Throw<LedgerException>(chimney.AssertLedgerBalanced);
        found.Ledger.Outstanding.ShouldBe(1);
        found.Violations.ShouldBeEmpty();
        found.Outstanding.ShouldContain(line =>
            line.StartsWith("Receive #") && line.EndsWith("; held by connection-0.1, at the target"));
        world.Stop(chimney);
        receive.IsCompleted.ShouldBeTrue();
        chimney.AssertLedgerBalanced();
    }

    [Fact]
    public void Who_broke_a_rule_is_named()
    {
        using var world = new SeededActorSystem(1);
        var target = new InMemoryTarget(world);
        InMemoryPeer peer = target.AddPeer();
        Chimney chimney = world.Start(stack => stack
            .Miniport("nic0", target)
            .BrokenIntermediate("theirs", over: "nic0", BrokenHabit.Drops, oneIn: 3)
            .Binding("tcpip", over: "theirs"));
        OffloadedConnection connection = world.Run(() => chimney.Binding("tcpip").OffloadAsync(peer.Socket));
        world.Run(() => connection.SendAsync("x"u8.ToArray()).AsTask());

        Should.Throw<LedgerException>(chimney.AssertLedgerBalanced)
            .Message.ShouldContain("V-16 Residence by theirs");
    }

    [Fact]
    public void A_peer_that_resets_aborts_the_connection()
    {
        for (int seed = 1; seed <= Seeds; seed++)
        {
            using var world = new SeededActorSystem(seed);
            var target = new InMemoryTarget(world);
            InMemoryPeer peer = target.AddPeer();
            Chimney chimney = world.Start(stack => Build(stack, target));
            OffloadedConnection connection = world.Run(() => chimney.Binding("tcpip").OffloadAsync(peer.Socket));
            Task<ReceiveResult> receive = connection.ReceiveAsync(new byte[10]).AsTask();
            peer.Reset();

            world.Run(() => connection.Aborted);
            world.Run(() => receive).Status.ShouldBe(NdisStatus.RequestAborted);
            world.Run(connection.UploadAsync).Socket.ShouldBeNull();
            chimney.AssertLedgerBalanced();
        }
    }

    private static void Build(StackBuilder stack, IOffloadTarget target) => stack
        .Miniport("nic0", target).Intermediate("mux0", over: "nic0").Binding("tcpip", over: "mux0");

    private static async Task<(SendResult Sent, DisconnectResult End, string Echo)> TalkAsync(
        Chimney chimney, InMemoryPeer peer)
    {
        OffloadedConnection connection = await chimney.Binding("tcpip").OffloadAsync(peer.Socket);
        SendResult sent = await connection.SendAsync("hello"u8.ToArray());
        DisconnectResult end = await connection.DisconnectAsync(DisconnectKind.Graceful, "world"u8.ToArray());
        string echo = "";
        byte[] buffer = new byte[4];
        while (await connection.ReceiveAsync(buffer) is { Status: NdisStatus.Success, BytesReceived: > 0 } received)
            echo += Encoding.ASCII.GetString(buffer, 0, received.BytesReceived);
        await connection.DisposeAsync();
        return (sent, end, echo);
    }

    /// <summary>Returns how many drivers died.</summary>
    private static long LiveThroughTrouble(long seed, TextWriter? trace)
    {
        using var world = new SeededActorSystem(
            seed, trace, ConfigurationFactory.ParseString("chimney.restart.restarts-max = 1000"));
        var target = new InMemoryTarget(world);
        InMemoryPeer peer = target.AddPeer();
        FaultPlan faults = world.NewFaultPlan(0.03);
        Chimney chimney = world.Start(stack => Build(
            stack.Crashes(world.NewCrashPlan(0.02)).Verify(null, faults.IsInjected),
            new FaultyTarget(target, faults, world.Clock)));
        var user = new Listener();
        byte[] data = [.. Enumerable.Range(0, 40_000).Select(i => (byte)(i * 31 >> 4))];
        peer.OnReceived = piece => peer.Say(piece.Span);

        ResilientConnection connection = world.Run(
            () => ResilientConnection.OpenAsync(chimney.Binding("tcpip"), peer.Socket, user));
        int answers = 0;
        for (int at = 0; at < data.Length; at += 1000)
            connection.Send(
                data.AsMemory(at, 1000), (_, sent) => answers += sent.Status == NdisStatus.Success ? 1 : 1000, null);

        world.RunUntil(() => answers == 40 && user.Received.Count == data.Length, TimeSpan.FromMinutes(10))
            .ShouldBeTrue($"seed {seed}: {answers} answers, {user.Received.Count} bytes back");
        peer.Received.ShouldBe(data, $"seed {seed}");
        user.Received.ToArray().ShouldBe(data, $"seed {seed}");
        world.Run(connection.CloseAsync);
        world.Stop(chimney);
        chimney.AssertLedgerBalanced();
        return chimney.Ledger.DriverDeaths;
    }

    private sealed class Client : ReceiveActor
    {
        private OffloadedConnection? _connection;
        private int _sends;

        public Client(Binding binding)
        {
            ReceiveAsync<InMemoryPeer>(async peer => _connection = await binding.OffloadAsync(peer.Socket));
            Receive<string>(text => _connection!.SendAsync(Encoding.ASCII.GetBytes(text)).PipeTo(Self));
            ReceiveAsync<SendResult>(async _ =>
            {
                if (++_sends == 2)
                    await _connection!.DisconnectAsync(DisconnectKind.Graceful);
            });
        }
    }
}
