using Akka.Configuration;
using ChimneyActors.Buffers;
using ChimneyActors.Embedding;
using ChimneyActors.Intermediates;
using ChimneyActors.Ndis;
using ChimneyActors.TestKit;
using ChimneyActors.World.Tests.Support;

namespace ChimneyActors.World.Tests;

/// <summary>Somebody's own intermediate driver: what it holds comes home, what it does wrong is named.</summary>
public sealed class IntermediateDriverSpecs
{
    private static readonly int Seeds = SeedCount.Or(60);

    private const int Sends = 30;

    [Fact]
    public void What_a_driver_holds_comes_home_however_often_it_dies()
    {
        long deaths = 0;
        for (int seed = 1; seed <= Seeds; seed++)
        {
            LedgerSnapshot ledger = Run(seed, () => new Holder(), 0.05);
            deaths += ledger.DriverDeaths;
        }
        deaths.ShouldBeGreaterThan(Seeds * 3, "a world without trouble proves nothing");
    }

    [Fact]
    public void What_a_driver_holds_when_its_stack_ends_is_answered()
    {
        for (int seed = 1; seed <= Seeds; seed++)
        {
            using var world = new SeededActorSystem(seed);
            (Chimney chimney, OffloadedConnection connection) = Open(world, () => new Keeper());
            Task<SendResult>[] sends =
                [.. connection.SendChainAsync([new byte[10], new byte[20]]).Select(one => one.AsTask())];
            Task<SendResult> late = connection.SendAsync(new byte[30]).AsTask();
            world.RunUntilQuiet();

            LedgerException found = Should.Throw<LedgerException>(chimney.AssertLedgerBalanced);
            found.Ledger.Outstanding.ShouldBe(3);
            found.Outstanding.Count(line => line.EndsWith("; held by theirs")).ShouldBe(2);
            world.Stop(chimney);

            chimney.AssertLedgerBalanced();
            sends.Append(late).ShouldAllBe(send => send.IsCompleted);
        }
    }

    [Fact]
    public void A_driver_that_forgets_what_it_holds_when_it_dies_loses_nobody_anything()
    {
        using var world = new SeededActorSystem(1);
        (Chimney chimney, OffloadedConnection connection) = Open(world, () => new Keeper());
        Task<SendResult> held = connection.SendAsync(new byte[10]).AsTask();
        world.RunUntilQuiet();
        Task<SendResult> fatal = connection.SendAsync(new byte[Keeper.Deadly]).AsTask();

        world.Run(() => held).ShouldBe(new SendResult(NdisStatus.UploadInProgress, 0));
        world.Run(() => fatal).ShouldBe(new SendResult(NdisStatus.UploadInProgress, 0));
        world.Run(connection.UploadAsync).Socket.ShouldNotBeNull();
        chimney.AssertLedgerBalanced();
        chimney.Ledger.DriverDeaths.ShouldBe(1);
    }

    [Fact]
    public void What_is_held_and_thrown_over_in_one_handler_comes_home_once()
    {
        using var world = new SeededActorSystem(1);
        (Chimney chimney, OffloadedConnection connection) = Open(world, () => new Keeper());
        Task<SendResult> fatal = connection.SendAsync(new byte[Keeper.DeadlyWhenHeld]).AsTask();

        world.Run(() => fatal).ShouldBe(new SendResult(NdisStatus.UploadInProgress, 0));
        world.Run(connection.UploadAsync).Socket.ShouldNotBeNull();
        chimney.AssertLedgerBalanced();
    }

    [Theory]
    [InlineData(Bug.KeepsRequest, "V-16 Residence by theirs")]
    [InlineData(Bug.KeepsCompletion, "V-16 Residence by theirs")]
    [InlineData(Bug.DoublesRequest, "V-03 UseAfterHandOver by theirs")]
    [InlineData(Bug.DoublesCompletion, "V-03 UseAfterHandOver by theirs")]
    [InlineData(Bug.HoldsWhatItPassed, "V-03 UseAfterHandOver by theirs")]
    public void A_bug_is_named_and_costs_nobody_an_answer(Bug bug, string name)
    {
        for (int seed = 1; seed <= Seeds; seed++)
        {
            using var world = new SeededActorSystem(seed);
            (Chimney chimney, OffloadedConnection connection) = Open(world, () => new Buggy(bug));
            Task<SendResult> sent = connection.SendAsync(new byte[100]).AsTask();

            world.Run(() => sent).Status.ShouldBeOneOf(NdisStatus.Success, NdisStatus.UploadInProgress);
            world.Run(connection.UploadAsync).Socket.ShouldNotBeNull();
            LedgerException found = Should.Throw<LedgerException>(chimney.AssertLedgerBalanced);
            found.Message.ShouldContain(name);
            found.Outstanding.ShouldBeEmpty();
            found.Ledger.Outstanding.ShouldBe(0);
        }
    }

    [Fact]
    public void A_driver_that_cannot_be_made_is_tried_again()
    {
        using var world = new SeededActorSystem(1);
        var target = new InMemoryTarget(world);
        InMemoryPeer peer = target.AddPeer();
        int tries = 0;
        IntermediateDriver Make() => ++tries < 3 ? throw new InvalidOperationException("Not yet.") : new Holder();
        Chimney chimney = world.Start(stack => stack.Miniport("nic0", target)
            .Intermediate("theirs", "nic0", Make).Binding("tcpip", over: "theirs"));

        ResilientConnection connection = world.Run(
            () => ResilientConnection.OpenAsync(chimney.Binding("tcpip"), peer.Socket, new Listener()));

        tries.ShouldBe(3);
        world.Run(connection.CloseAsync);
        chimney.AssertLedgerBalanced();
    }

    private static LedgerSnapshot Run(long seed, Func<IntermediateDriver> driver, double crashes)
    {
        using var world = new SeededActorSystem(
            seed, null, ConfigurationFactory.ParseString("chimney.restart.restarts-max = 1000"));
        var target = new InMemoryTarget(world);
        InMemoryPeer peer = target.AddPeer();
        Chimney chimney = world.Start(stack => stack.Miniport("nic0", target)
            .Intermediate("theirs", "nic0", driver).Binding("tcpip", over: "theirs")
            .Crashes(world.NewCrashPlan(crashes, "theirs")));
        ResilientConnection connection = world.Run(
            () => ResilientConnection.OpenAsync(chimney.Binding("tcpip"), peer.Socket, new Listener()));
        byte[] data = [.. Enumerable.Range(0, Sends * 100).Select(i => (byte)(i * 31 >> 4))];
        int answers = 0;
        for (int at = 0; at < data.Length; at += 100)
            connection.Send(
                data.AsMemory(at, 100), (_, sent) => answers += sent.Status == NdisStatus.Success ? 1 : 1000, null);

        world.RunUntil(() => answers >= Sends, TimeSpan.FromMinutes(10)).ShouldBeTrue($"seed {seed}: {answers}");
        answers.ShouldBe(Sends);
        peer.Received.ShouldBe(data, $"seed {seed}");
        world.Run(connection.CloseAsync);
        world.Stop(chimney);
        chimney.AssertLedgerBalanced();
        return chimney.Ledger;
    }

    private static (Chimney Chimney, OffloadedConnection Connection) Open(
        SeededActorSystem world, Func<IntermediateDriver> driver)
    {
        var target = new InMemoryTarget(world);
        InMemoryPeer peer = target.AddPeer();
        Chimney chimney = world.Start(stack => stack.Miniport("nic0", target)
            .Intermediate("theirs", "nic0", driver).Binding("tcpip", over: "theirs"));
        return (chimney, world.Run(() => chimney.Binding("tcpip").OffloadAsync(peer.Socket)));
    }

    /// <summary>Holds every send, and every completion of one, for a while.</summary>
    private sealed class Holder : IntermediateDriver
    {
        private readonly Queue<OffloadMessage> _down = new();
        private readonly Queue<OffloadMessage> _up = new();

        protected override void OnRequest(OffloadRequest request)
        {
            if (request is TcpOffloadSend)
            {
                Keep(_down, request);
                return;
            }
            Pass(_down);
            PassDown(request);
        }

        protected override void OnCompletion(OffloadCompletion completion)
        {
            if (completion is TcpOffloadSendComplete)
            {
                Keep(_up, completion);
                return;
            }
            Pass(_up);
            PassUp(completion);
        }

        protected override void OnTimer(object key) => Pass((Queue<OffloadMessage>)key);

        private void Keep(Queue<OffloadMessage> queue, OffloadMessage message)
        {
            if (queue.Count == 0)
                StartTimer(queue, TimeSpan.FromMilliseconds(3));
            Hold(message);
            queue.Enqueue(message);
        }

        private void Pass(Queue<OffloadMessage> queue)
        {
            while (queue.TryDequeue(out OffloadMessage? message))
                if (message is OffloadRequest request)
                    PassDown(request);
                else
                    PassUp((OffloadCompletion)message);
        }
    }

    /// <summary>Holds sends for ever, and dies of some.</summary>
    private sealed class Keeper : IntermediateDriver
    {
        public const int Deadly = 666;
        public const int DeadlyWhenHeld = 667;

        protected override void OnRequest(OffloadRequest request)
        {
            if (request is not TcpOffloadSend)
            {
                PassDown(request);
                return;
            }
            long length = ((NetBufferList)request.Flight.Head).DataLength;
            if (length == Deadly)
                throw new InvalidOperationException("It is too much for it.");
            Hold(request);
            if (length == DeadlyWhenHeld)
                throw new InvalidOperationException("It is too much for it, too late.");
        }
    }

    private sealed class Buggy(Bug bug) : IntermediateDriver
    {
        protected override void OnRequest(OffloadRequest request)
        {
            bool mine = request is TcpOffloadSend;
            if (mine && bug == Bug.KeepsRequest)
                return;
            PassDown(request);
            if (mine && bug == Bug.DoublesRequest)
                PassDown(request);
            if (mine && bug == Bug.HoldsWhatItPassed)
                Hold(request);
        }

        protected override void OnCompletion(OffloadCompletion completion)
        {
            bool mine = completion is TcpOffloadSendComplete;
            if (mine && bug == Bug.KeepsCompletion)
                return;
            PassUp(completion);
            if (mine && bug == Bug.DoublesCompletion)
                PassUp(completion);
        }
    }

    /// <summary>What somebody's driver does wrong.</summary>
    public enum Bug
    {
        /// <summary>Neither passes nor holds a request.</summary>
        KeepsRequest,

        /// <summary>The same with a completion.</summary>
        KeepsCompletion,

        /// <summary>Passes a request twice.</summary>
        DoublesRequest,

        /// <summary>Passes a completion twice.</summary>
        DoublesCompletion,

        /// <summary>Holds what is not its own any more.</summary>
        HoldsWhatItPassed,
    }
}
