using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;

namespace ChimneyActors.Ndis;

/// <summary>
/// What one thread has woken and runs next itself: no other thread is woken for it, and none steals it. It stands in
/// the contract because both sides need it: the executor of the drivers fills it, a target's own thread may offer one.
/// </summary>
/// <remarks>
/// Bounded in three ways: past a backlog the older half goes to the thread pool, past a number of runs or a slice of
/// time everything does, and <see cref="RunQueueWatch"/> takes away what waits behind a run that does not return. Runs
/// are never nested. The gate is a spin lock held for a few instructions; only the watch ever contends for it.
/// </remarks>
internal sealed class RunQueue
{
    private const int PoolBacklogMax = 128;
    private const int PoolRunsMax = 256;
    private const int ClockEvery = 8;   // runs between two looks at the clock
    private static readonly long PoolSlice = Stopwatch.Frequency / 500;

    [ThreadStatic]
    private static RunQueue? _here;     // open on this thread

    [ThreadStatic]
    private static RunQueue? _ofPool;   // kept for the next time this pool thread runs something

    private readonly IThreadPoolWorkItem?[] _ring;
    private readonly int _backlogMax;
    private readonly Action? _standIn;
    private int _first;
    private int _count;
    private int _gate;
    private int _executing;
    private long _runs;
    private bool _rescued;              // what the present run wakes goes to the pool: it may not return for long

    /// <param name="backlogMax">So many may wait; a power of two.</param>
    /// <param name="standIn">Called by the watch when a run on this thread takes very long; null if nobody else
    /// depends on the thread.</param>
    private RunQueue(int backlogMax, Action? standIn)
    {
        _ring = new IThreadPoolWorkItem?[backlogMax];
        _backlogMax = backlogMax;
        _standIn = standIn;
        RunQueueWatch.Add(this);
    }

    /// <summary>The thread it belongs to.</summary>
    internal Thread Owner { get; } = Thread.CurrentThread;

    internal bool IsEmpty => Volatile.Read(ref _count) == 0;

    /// <summary>Whether its thread is inside <see cref="Run"/>.</summary>
    internal bool IsExecuting => Volatile.Read(ref _executing) != 0;

    /// <summary>How many runs were begun, ever.</summary>
    internal long Runs => Volatile.Read(ref _runs);

    /// <summary>What the watch saw last, and how often it saw the same.</summary>
    internal (long Runs, int Ticks) Seen { get; set; }

    /// <summary>Runs it soon: next on this thread if it has a queue open, else on the pool.</summary>
    internal static void Execute(IThreadPoolWorkItem item)
    {
        if (_here is not { } here || !here.TryAdd(item))
            PoolRuns.Add(item);
    }

    /// <summary>The same for what a user does behind an await: on a target's thread only if the user wants that, for a
    /// user that blocks there would keep the target from its sockets.</summary>
    internal static void ExecuteOfUser(IThreadPoolWorkItem item, bool onTargetThread)
    {
        if (_here is not { } here || (here._standIn is not null && !onTargetThread) || !here.TryAdd(item))
            PoolRuns.Add(item);
    }

    /// <summary>Opens a queue on a thread that is not of the pool; the thread must call <see cref="Run"/>
    /// often.</summary>
    internal static RunQueue Open(int backlogMax, Action standIn) => _here = new RunQueue(backlogMax, standIn);

    /// <summary>The thread runs nothing of others any more. On the same thread.</summary>
    internal void Close()
    {
        _here = null;
        RunQueueWatch.Remove(this);
        HandOver(int.MaxValue);
    }

    /// <summary>Runs one on a thread of the pool, and what it wakes behind it.</summary>
    internal static void RunOnPool(IThreadPoolWorkItem first)
    {
        if (_here is not null)
        {
            first.Execute();
            return;
        }

        RunQueue queue = _ofPool ??= new RunQueue(PoolBacklogMax, null);
        _here = queue;
        try
        {
            queue.Run(first, PoolRunsMax, PoolSlice);
        }
        finally
        {
            _here = null;
            queue.HandOver(int.MaxValue);
        }
    }

    /// <summary>Runs what waits, and what that wakes, and gives the pool what is left then.</summary>
    /// <param name="first">Run before all others; null if there is none.</param>
    /// <param name="runsMax">At most so many.</param>
    /// <param name="slice">Begins none after so many ticks of the stopwatch.</param>
    internal void Run(IThreadPoolWorkItem? first, int runsMax, long slice)
    {
        long start = Stopwatch.GetTimestamp();
        ExecutionContext? clean = ExecutionContext.Capture();
        Interlocked.Exchange(ref _executing, 1);    // before the look at the watch, which looks the other way round
        RunQueueWatch.Wake();
        int run = 0;
        for (IThreadPoolWorkItem? item = first; item is not null || TryTake(out item); item = null)
        {
            Volatile.Write(ref _runs, _runs + 1);
            item.Execute();
            if (clean is not null)
                ExecutionContext.Restore(clean);    // what a user left there is not the next user's
            if (++run >= runsMax || (run % ClockEvery == 0 && Stopwatch.GetTimestamp() - start > slice))
                break;
        }

        Volatile.Write(ref _executing, 0);
        if (!IsEmpty)
            HandOver(int.MaxValue);
    }

    /// <summary>The present run does not return: what waits behind it, and what it still wakes, goes to the pool. By
    /// the watch.</summary>
    internal void Rescue(long runs)
    {
        Enter();
        bool same = IsExecuting && Runs == runs;
        _rescued |= same;
        Leave();
        if (same)
            HandOver(int.MaxValue);
    }

    /// <summary>Somebody else must do what this thread is for. By the watch.</summary>
    internal void CallStandIn() => _standIn?.Invoke();

    private bool TryAdd(IThreadPoolWorkItem item)
    {
        Enter();
        bool full = _count == _backlogMax;
        bool taken = !full && !_rescued;
        if (taken)
            _ring[(_first + _count++) & (_backlogMax - 1)] = item;
        Leave();
        if (full)
            HandOver(_backlogMax / 2);
        return taken;
    }

    private bool TryTake([NotNullWhen(true)] out IThreadPoolWorkItem? item)
    {
        Enter();
        _rescued = false;
        item = _count == 0 ? null : TakeFirst();
        Leave();
        return item is not null;
    }

    private void HandOver(int max)
    {
        for (; max > 0; max--)
        {
            Enter();
            IThreadPoolWorkItem? item = _count == 0 ? null : TakeFirst();
            Leave();
            if (item is null)
                return;
            PoolRuns.Add(item);
        }
    }

    private IThreadPoolWorkItem TakeFirst()
    {
        IThreadPoolWorkItem item = _ring[_first]!;
        _ring[_first] = null;
        _first = (_first + 1) & (_backlogMax - 1);
        _count--;
        return item;
    }

    private void Enter()
    {
        if (Interlocked.Exchange(ref _gate, 1) == 0)
            return;
        var spin = default(SpinWait);
        while (Interlocked.Exchange(ref _gate, 1) != 0)
            spin.SpinOnce(sleep1Threshold: -1);
    }

    private void Leave() => Volatile.Write(ref _gate, 0);
}
