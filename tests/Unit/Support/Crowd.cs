using System.Collections.Concurrent;
using System.Runtime.ExceptionServices;

namespace ChimneyActors.Unit.Support;

/// <summary>The same work on many threads at once.</summary>
internal static class Crowd
{
    /// <summary>Every round all threads begin together; what is prepared and checked between has them at
    /// rest.</summary>
    public static void Rounds(int threads, int rounds, Action<int> prepare, Action<int> work, Action<int> check)
    {
        var failures = new ConcurrentQueue<Exception>();
        using var barrier = new Barrier(threads);
        Live(threads, failures, me =>
        {
            for (int round = 0; round < rounds; round++)
            {
                if (me == 0)
                    Try(failures, () => prepare(round));
                barrier.SignalAndWait();
                Try(failures, () => work(me));
                barrier.SignalAndWait();
                if (me == 0)
                    Try(failures, () => check(round));
            }
        });
    }

    /// <summary>All threads once, from one start.</summary>
    public static void Once(int threads, Action<int> work) => Rounds(threads, 1, _ => { }, work, _ => { });

    private static void Live(int threads, ConcurrentQueue<Exception> failures, Action<int> life)
    {
        Thread[] all = [.. Enumerable.Range(0, threads).Select(me => new Thread(() => life(me)))];
        foreach (Thread thread in all)
            thread.Start();
        foreach (Thread thread in all)
            thread.Join();
        if (failures.TryDequeue(out Exception? first))
            ExceptionDispatchInfo.Throw(first);
    }

    private static void Try(ConcurrentQueue<Exception> failures, Action step)
    {
        if (!failures.IsEmpty)
            return;
        try
        {
            step();
        }
        catch (Exception exception)
        {
            failures.Enqueue(exception);
        }
    }
}
