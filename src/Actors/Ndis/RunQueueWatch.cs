namespace ChimneyActors.Ndis;

/// <summary>
/// Looks after the threads that run what they woke themselves. Behind a run that does not return, a user's callback
/// that blocks say, nothing may wait: after one to two ticks the pool gets what does, and if the thread has another
/// duty, a stand-in is called some ticks later.
/// </summary>
/// <remarks>One background thread for the process. It ticks while something runs and sleeps else.</remarks>
internal static class RunQueueWatch
{
    private const int TickMilliseconds = 10;
    private const int StandInTicks = 10;

    private static readonly Lock Gate = new();
    private static readonly List<RunQueue> Queues = [];
    private static readonly AutoResetEvent Called = new(false);
    private static Thread? _thread;
    private static int _asleep;

    internal static void Add(RunQueue queue)
    {
        lock (Gate)
        {
            Queues.Add(queue);
            if (_thread is not null)
                return;
            _thread = new Thread(Watch) { Name = "chimney-watch", IsBackground = true };
            _thread.UnsafeStart();
        }
    }

    internal static void Remove(RunQueue queue)
    {
        lock (Gate)
            Queues.Remove(queue);
    }

    /// <summary>Something runs now. Cheap while the watch is awake.</summary>
    internal static void Wake()
    {
        if (Volatile.Read(ref _asleep) != 0 && Interlocked.Exchange(ref _asleep, 0) != 0)
            Called.Set();
    }

    private static void Watch()
    {
        while (true)
        {
            if (Look())
            {
                Called.WaitOne(TickMilliseconds);
                continue;
            }

            Interlocked.Exchange(ref _asleep, 1);
            if (IsAnyExecuting())   // it began before it could see that we sleep
                Interlocked.Exchange(ref _asleep, 0);
            else
                Called.WaitOne();
        }
    }

    /// <returns>Whether anything ran since the last look.</returns>
    private static bool Look()
    {
        bool any = false;
        RunQueue[] queues;
        lock (Gate)
        {
            Queues.RemoveAll(queue => !queue.Owner.IsAlive);
            queues = [.. Queues];
        }

        foreach (RunQueue queue in queues)
        {
            long runs = queue.Runs;
            bool executing = queue.IsExecuting;
            bool stuck = executing && queue.Seen.Runs == runs;
            any |= executing || queue.Seen.Runs != runs;
            queue.Seen = (runs, stuck ? queue.Seen.Ticks + 1 : 0);
            if (stuck)
                queue.Rescue(runs);
            if (queue.Seen.Ticks == StandInTicks)
                queue.CallStandIn();
        }

        return any;
    }

    private static bool IsAnyExecuting()
    {
        lock (Gate)
            return Queues.Exists(queue => queue.IsExecuting);
    }
}
