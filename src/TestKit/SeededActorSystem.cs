using Akka.Actor;
using Akka.Configuration;
using ChimneyActors.Buffers;
using ChimneyActors.Embedding;
using ChimneyActors.Supervision;
using ChimneyActors.Targets;

namespace ChimneyActors.TestKit;

/// <summary>An actor system of one seed, for your own actors, targets and connections: everything runs on the thread
/// that made it, and only while a method of this class runs.</summary>
/// <remarks>
/// Whose message is handled next is drawn from the seed; time is virtual and moves only when nothing can run. The same
/// seed gives the same trace, to the byte, on any machine. Make a new one for each seed; it costs some milliseconds.
/// <para>
/// What would escape: <c>Task.Run</c>, <c>Task.Delay</c> and timers without <see cref="Clock"/>, <c>Ask</c> (Akka ends
/// it on the thread pool), sockets that really work, <see cref="Random.Shared"/>, the order of hash tables with keys
/// that differ from run to run. Who tells an actor something from another thread is found: the next run throws. The
/// tasks of <see cref="OffloadedConnection"/> and <see cref="Binding"/> end on this thread, so <c>await</c>,
/// <c>ReceiveAsync</c> and <c>PipeTo</c> work on them.
/// </para>
/// </remarks>
public sealed class SeededActorSystem : IDisposable
{
    private const int StepsDefault = 1_000_000;
    private static readonly TimeSpan WithinDefault = TimeSpan.FromMinutes(1);

    private readonly SeededSystem _seeded;
    private readonly SeededRandom _picks;
    private readonly SeededRandom _draws;
    private readonly SeededTrace _trace;
    private readonly List<Action> _stops = [];
    private readonly TimeSpan _begin;

    /// <summary>Starts a system.</summary>
    /// <param name="seed">The same seed gives the same run.</param>
    /// <param name="trace">Where each step is written, a line each, after the virtual time in seconds; null for
    /// nowhere.</param>
    /// <param name="settings">Yours, for example <c>chimney.pools.sends-max = 4</c>. What the world needs stands over
    /// them: the scheduler, Akka's own dispatchers, no loggers.</param>
    public SeededActorSystem(long seed, TextWriter? trace = null, Config? settings = null)
    {
        Seed = seed;
        _seeded = new SeededSystem(settings);
        _seeded.Clock.Reset();
        _seeded.Loop.BeginSeed(HolderId.Next().Value);
        _begin = _seeded.Clock.Now;
        _picks = new SeededRandom(seed);
        _draws = new SeededRandom(seed ^ 0x5DEECE66D);
        _trace = new SeededTrace(_seeded.Clock, trace);
        _trace.Write($"seed {seed}");
    }

    /// <summary>The seed.</summary>
    public long Seed { get; }

    /// <summary>The actor system. It is not to be terminated; dispose of this instead.</summary>
    public ActorSystem System => _seeded.System;

    /// <summary>The virtual time, for targets and for timers outside of actors. Akka's own timers are on it
    /// already.</summary>
    public TimeProvider Clock => _seeded.Clock;

    /// <summary>Virtual time since the beginning.</summary>
    public TimeSpan Now => _seeded.Clock.Now - _begin;

    /// <summary>How many handlers and events have run.</summary>
    public long Steps { get; private set; }

    /// <summary>A number from 0 to below a limit, from the seed; for whatever of yours is to vary.</summary>
    public int Draw(int limit)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(limit);
        return _draws.Below(limit);
    }

    /// <summary>Faults of a target from this seed, for <see cref="FaultyTarget"/> and
    /// <see cref="StackBuilder.Verify"/>.</summary>
    /// <param name="rate">Faults for each request, 0 to 1.</param>
    public FaultPlan NewFaultPlan(double rate) => new(_draws.Below(int.MaxValue), rate);

    /// <summary>Crashes of drivers from this seed, for <see cref="StackBuilder.Crashes"/>.</summary>
    /// <param name="rate">Crashes for each message a driver handles, 0 to 1.</param>
    /// <param name="drivers">Only these crash; none named: all.</param>
    public SeededCrashPlan NewCrashPlan(double rate, params string[] drivers) =>
        new(_draws.Below(int.MaxValue), rate, drivers);

    /// <summary>Lets something happen later at this same time, when the seed picks it: for a target, a peer, anything
    /// that is no actor and still must take its turns.</summary>
    /// <param name="name">For the trace. Without anything in it that differs from run to run.</param>
    /// <param name="happens">What happens; must not throw.</param>
    public void Schedule(string name, Action happens) => _seeded.Loop.Add(new SeededEvent(name, happens));

    /// <summary>Writes a line of your own into the trace.</summary>
    public void Trace(FormattableString line) => _trace.Write(line);

    /// <summary>Starts a stack in this system; the counterpart of <see cref="Chimney.StartAsync"/>. Its clock is
    /// <see cref="Clock"/>. End it with <see cref="Stop"/>, not by disposing of it.</summary>
    /// <param name="build">Names the drivers, from the bottom up.</param>
    public Chimney Start(Action<StackBuilder> build)
    {
        var plan = new StackBuilder();
        build(plan.Time(Clock));
        plan.Check();
        Chimney chimney = Chimney.Raise(System, plan, ChimneySettings.From(System.Settings.Config).Stack);
        chimney.Stack.NextTurn = NextTurn;
        RunUntilQuiet();
        return chimney;
    }

    /// <summary>Ends a stack: what is still offloaded is aborted, every caller is answered. Its targets are not
    /// disposed of.</summary>
    /// <exception cref="TimeoutException">An actor of the stack is still there after a minute.</exception>
    public void Stop(Chimney chimney)
    {
        var guardian = ((ExtendedActorSystem)System).Guardian;
        bool gone = chimney.Raze(() => RunUntil(() => guardian.GetChild([chimney.Stack.Name]).IsNobody()));
        RunUntilQuiet();
        if (!gone)
            throw new TimeoutException(Report($"an actor of the stack is still there"));
    }

    /// <summary>Runs, and lets time pass when nothing can run, until a condition holds.</summary>
    /// <param name="condition">Looked at before each step.</param>
    /// <param name="within">Most virtual time; null for a minute.</param>
    /// <param name="stepsMax">Most steps.</param>
    /// <returns>Whether it holds; false when a limit was reached, or nothing is ever due.</returns>
    /// <exception cref="InvalidOperationException">Another thread had a part in it.</exception>
    public bool RunUntil(Func<bool> condition, TimeSpan? within = null, int stepsMax = StepsDefault)
    {
        TimeSpan deadline = _seeded.Clock.Now + (within ?? WithinDefault);
        return Inside(() =>
        {
            for (int left = stepsMax; !condition(); left--)
                if (left == 0 || (!Step() && !_seeded.Clock.Advance(deadline)))
                    return false;
            return true;
        });
    }

    /// <summary>Runs until no actor has anything to do; time stands still.</summary>
    /// <param name="stepsMax">Most steps.</param>
    /// <returns>Whether it became quiet.</returns>
    public bool RunUntilQuiet(int stepsMax = StepsDefault) => Inside(() =>
    {
        for (int left = stepsMax; left > 0; left--)
            if (!Step())
                return true;
        return _seeded.Loop.Count == 0;
    });

    /// <summary>Lets so much time pass, and runs all that happens in it.</summary>
    /// <param name="time">Virtual time.</param>
    public void Advance(TimeSpan time)
    {
        TimeSpan then = _seeded.Clock.Now + time;
        Inside(() =>
        {
            while (Step() || _seeded.Clock.Advance(then))
            {
            }
            _seeded.Clock.PassUntil(then);
            return true;
        });
    }

    /// <summary>Runs a task to its end: what is awaited in it goes on in this system.</summary>
    /// <param name="work">Is called on this thread.</param>
    /// <param name="within">Most virtual time; null for a minute.</param>
    /// <exception cref="TimeoutException">It did not end.</exception>
    public void Run(Func<Task> work, TimeSpan? within = null) => End(Inside(work), within);

    /// <summary>The same, with a result.</summary>
    public T Run<T>(Func<Task<T>> work, TimeSpan? within = null)
    {
        Task<T> task = Inside(work);
        End(task, within);
        return task.GetAwaiter().GetResult();
    }

    /// <summary>Ends the actor system, and gives free what was added to it.</summary>
    public void Dispose()
    {
        foreach (Action stop in _stops)
            stop();
        _seeded.Dispose();
    }

    /// <summary>Is done at the end.</summary>
    internal void AtEnd(Action stop) => _stops.Add(stop);

    private bool Step()
    {
        if (_seeded.Loop.Count == 0)
            return false;
        (long order, string name) = _seeded.Loop.Run(_picks.Below(_seeded.Loop.Count));
        Steps++;
        if (_trace.IsOn && order > 0)
            _trace.Write($"run {name}#{order}");
        else if (_trace.IsOn)
            _trace.Write($"run {name}");
        return true;
    }

    private void End(Task task, TimeSpan? within)
    {
        if (!RunUntil(() => task.IsCompleted, within))
            throw new TimeoutException(Report($"the task did not end"));
        task.GetAwaiter().GetResult();
    }

    private Task NextTurn()
    {
        var turn = new TaskCompletionSource();
        Schedule("next turn", () => turn.SetResult());
        return turn.Task;
    }

    /// <summary>What is awaited may not go on where the caller's context would have it, but here.</summary>
    private T Inside<T>(Func<T> run)
    {
        SynchronizationContext? context = SynchronizationContext.Current;
        SynchronizationContext.SetSynchronizationContext(null);
        try
        {
            T result = run();
            if (_seeded.Loop.Stranger is { } told)
                throw new InvalidOperationException(
                    Report($"another thread told {told} something, so the seed does not repeat"));
            return result;
        }
        finally
        {
            SynchronizationContext.SetSynchronizationContext(context);
        }
    }

    private string Report(FormattableString what) => FormattableString.Invariant(
        $"Seed {Seed}, after {Steps} steps and {Now.TotalSeconds:F3} s: {FormattableString.Invariant(what)}.");
}
