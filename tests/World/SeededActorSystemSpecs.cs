using System.Runtime.CompilerServices;
using Akka.Actor;
using ChimneyActors.Embedding;
using ChimneyActors.TestKit;

namespace ChimneyActors.World.Tests;

/// <summary>Somebody's own actors in a seeded world.</summary>
public sealed class SeededActorSystemSpecs
{
    [Fact]
    public void The_seed_decides_whose_message_comes_first()
    {
        string[] orders = [.. Enumerable.Range(1, 20).Select(seed => Race(seed, null)).Distinct()];

        orders.Length.ShouldBeGreaterThan(5);
        orders.ShouldAllBe(order => order.Length == 8);
    }

    [Fact]
    public void The_same_seed_gives_the_same_trace_whatever_ran_before_it()
    {
        string first = Trace(7);
        Trace(8).ShouldNotBe(first);

        Trace(7).ShouldBe(first);
        first.ShouldContain(" run /user/runner-2\n");
    }

    [Fact]
    public void Time_moves_only_when_it_is_told_to()
    {
        using var world = new SeededActorSystem(1);
        var ticks = new List<TimeSpan>();
        world.System.ActorOf(Props.Create(() => new Ticker(() => ticks.Add(world.Now))), "ticker");

        world.RunUntilQuiet();
        ticks.ShouldBeEmpty();
        world.Advance(TimeSpan.FromMinutes(150));

        ticks.ShouldBe([TimeSpan.FromHours(1), TimeSpan.FromHours(2)]);
        world.Now.ShouldBe(TimeSpan.FromMinutes(150));
    }

    [Fact]
    public void A_bound_of_time_or_steps_ends_a_run()
    {
        using var world = new SeededActorSystem(1);
        IActorRef idler = world.System.ActorOf(Props.Create(() => new Idler()), "idler");
        Action nothing = () => { };
        world.System.ActorOf(Props.Create(() => new Ticker(nothing)), "ticker");

        world.RunUntil(() => false, TimeSpan.FromHours(3)).ShouldBeFalse();
        world.Now.ShouldBe(TimeSpan.FromHours(3));

        idler.Tell("again and again");
        world.RunUntil(() => false, stepsMax: 100).ShouldBeFalse();
        world.RunUntilQuiet(stepsMax: 100).ShouldBeFalse();
        world.RunUntil(() => true, stepsMax: 0).ShouldBeTrue();
    }

    [Fact]
    public void Of_stacks_that_ended_nothing_is_kept()
    {
        using var world = new SeededActorSystem(1);
        WeakReference[] ended = [.. Enumerable.Range(0, 3).Select(_ => Life(world))];

        GC.Collect();
        GC.WaitForPendingFinalizers();
        GC.Collect();

        ended[..2].Count(stack => stack.IsAlive).ShouldBe(0, "the last may still be on this thread");
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static WeakReference Life(SeededActorSystem world)
    {
        Chimney chimney = world.Start(stack => stack
            .Miniport("nic0", new InMemoryTarget(world)).Binding("tcpip", over: "nic0"));
        world.Stop(chimney);
        world.RunUntil(() => false, TimeSpan.FromMinutes(1));       // whatever was due
        return new WeakReference(chimney);
    }

    [Fact]
    public void Tasks_end_on_the_thread_of_the_world()
    {
        using var world = new SeededActorSystem(1);
        int here = Environment.CurrentManagedThreadId;
        var threads = new List<int>();
        var due = new TaskCompletionSource();
        using ITimer timer = world.Clock.CreateTimer(
            _ => due.SetResult(), null, TimeSpan.FromSeconds(5), Timeout.InfiniteTimeSpan);

        int result = world.Run(async () =>
        {
            await due.Task;
            threads.Add(Environment.CurrentManagedThreadId);
            return 42;
        });

        result.ShouldBe(42);
        threads.ShouldBe([here]);
        world.Now.ShouldBe(TimeSpan.FromSeconds(5));
    }

    [Fact]
    public void A_task_that_does_not_end_is_named_with_its_seed()
    {
        using var world = new SeededActorSystem(77);

        Should.Throw<TimeoutException>(() => world.Run(() => new TaskCompletionSource().Task))
            .Message.ShouldContain("Seed 77");
    }

    [Fact]
    public void Another_thread_that_tells_something_is_found()
    {
        using var world = new SeededActorSystem(5);
        IActorRef actor = world.System.ActorOf(Props.Create(() => new Idler()), "victim");
        world.RunUntilQuiet();
        var stranger = new Thread(() => actor.Tell("from elsewhere"));
        stranger.Start();
        stranger.Join();

        Should.Throw<InvalidOperationException>(() => world.RunUntilQuiet())
            .Message.ShouldContain("/user/victim");
    }

    [Fact]
    public void Draws_and_plans_come_from_the_seed()
    {
        int[] Draws(long seed)
        {
            using var world = new SeededActorSystem(seed);
            return [.. Enumerable.Range(0, 20).Select(_ => world.Draw(1000))];
        }

        Draws(1).ShouldBe(Draws(1));
        Draws(1).ShouldNotBe(Draws(2));
    }

    private static string Trace(long seed)
    {
        using var trace = new StringWriter();
        Race(seed, trace);
        return trace.ToString();
    }

    /// <summary>Four actors with two messages each, and the order in which these are handled.</summary>
    private static string Race(long seed, TextWriter? trace)
    {
        using var world = new SeededActorSystem(seed, trace);
        string order = "";
        for (int i = 0; i < 4; i++)
        {
            int number = i;
            Action ran = () => order += number;
            IActorRef runner = world.System.ActorOf(Props.Create(() => new Runner(ran)), $"runner-{i}");
            runner.Tell("go");
            runner.Tell("go");
        }
        world.RunUntilQuiet().ShouldBeTrue();
        return order;
    }

    private sealed class Runner(Action ran) : UntypedActor
    {
        protected override void OnReceive(object message) => ran();
    }

    private sealed class Ticker(Action ticked) : UntypedActor, IWithTimers
    {
        public ITimerScheduler Timers { get; set; } = null!;

        protected override void PreStart() =>
            Timers.StartPeriodicTimer("tick", "tick", TimeSpan.FromHours(1), TimeSpan.FromHours(1));

        protected override void OnReceive(object message) => ticked();
    }

    private sealed class Idler : UntypedActor
    {
        protected override void OnReceive(object message) => Self.Tell(message);
    }
}
