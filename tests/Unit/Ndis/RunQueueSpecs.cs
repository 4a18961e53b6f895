using System.Collections.Concurrent;
using ChimneyActors.Ndis;

namespace ChimneyActors.Unit.Ndis;

public sealed class RunQueueSpecs
{
    private const int Seconds = 30;
    private readonly TaskCompletionSource _done = new(TaskCreationOptions.RunContinuationsAsynchronously);

    [Fact]
    public async Task What_a_run_wakes_runs_next_on_the_same_thread_and_not_inside_it()
    {
        var said = new ConcurrentQueue<(string What, int Thread)>();
        RunQueue.Execute(new Run(() =>
        {
            RunQueue.Execute(new Run(() =>
            {
                said.Enqueue(("woken", Environment.CurrentManagedThreadId));
                _done.SetResult();
            }));
            said.Enqueue(("waker", Environment.CurrentManagedThreadId));
        }));
        await Done();

        said.Select(one => one.What).ShouldBe(["waker", "woken"]);
        said.Select(one => one.Thread).Distinct().Count().ShouldBe(1);
    }

    [Fact]
    public async Task What_waits_behind_a_run_that_blocks_is_run_by_others()
    {
        RunQueue.Execute(new Run(() =>
        {
            using var before = new ManualResetEventSlim();
            using var meanwhile = new ManualResetEventSlim();
            RunQueue.Execute(new Run(before.Set));
            bool first = before.Wait(TimeSpan.FromSeconds(Seconds));
            RunQueue.Execute(new Run(meanwhile.Set));
            bool second = meanwhile.Wait(TimeSpan.FromSeconds(Seconds));
            if (first && second)
                _done.SetResult();
            else
                _done.SetException(new TimeoutException($"{first}, {second}"));
        }));
        await Done();
    }

    [Fact]
    public async Task Everything_runs_once_however_much_is_woken_at_once()
    {
        const int count = 10_000;
        int[] runs = new int[count];
        int left = count;
        RunQueue.Execute(new Run(() =>
        {
            for (int index = 0; index < count; index++)
            {
                int mine = index;
                RunQueue.Execute(new Run(() =>
                {
                    Interlocked.Increment(ref runs[mine]);
                    if (Interlocked.Decrement(ref left) == 0)
                        _done.SetResult();
                }));
            }
        }));
        await Done();

        runs.ShouldAllBe(times => times == 1);
    }

    [Fact]
    public async Task A_chain_without_an_end_leaves_the_thread_after_its_budget()
    {
        int here = 0;
        int thread = 0;
        bool stop = false;
        Run endless = null!;
        endless = new Run(() =>
        {
            if (Environment.CurrentManagedThreadId == Volatile.Read(ref thread))
                here++;
            else
                _done.TrySetResult();
            if (!Volatile.Read(ref stop))
                RunQueue.Execute(endless);
        });
        var own = new Thread(() =>
        {
            Volatile.Write(ref thread, Environment.CurrentManagedThreadId);
            RunQueue queue = RunQueue.Open(8, () => { });
            RunQueue.Execute(endless);
            queue.Run(null, 10, long.MaxValue);
            queue.Close();
        });
        own.Start();
        own.Join();
        await Done();
        Volatile.Write(ref stop, true);

        here.ShouldBe(10);
    }

    [Fact]
    public void What_a_closed_queue_held_goes_to_the_pool()
    {
        var ran = new CountdownEvent(3);
        var own = new Thread(() =>
        {
            RunQueue queue = RunQueue.Open(8, () => { });
            for (int index = 0; index < 3; index++)
                RunQueue.Execute(new Run(() => ran.Signal()));
            queue.Close();
        });
        own.Start();

        ran.Wait(TimeSpan.FromSeconds(Seconds)).ShouldBeTrue();
    }

    [Fact]
    public async Task What_a_run_leaves_in_its_context_is_not_the_next_ones()
    {
        var local = new AsyncLocal<string?>();
        string? seen = "nothing";
        RunQueue.Execute(new Run(() =>
        {
            RunQueue.Execute(new Run(() =>
            {
                seen = local.Value;
                _done.SetResult();
            }));
            local.Value = "left behind";
        }));
        await Done();

        seen.ShouldBeNull();
    }

    private Task Done() => _done.Task.WaitAsync(TimeSpan.FromSeconds(2 * Seconds));

    private sealed class Run(Action what) : IThreadPoolWorkItem
    {
        public void Execute() => what();
    }
}
