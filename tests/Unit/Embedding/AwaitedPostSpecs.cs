using ChimneyActors.Buffers;
using ChimneyActors.Embedding;
using ChimneyActors.Ndis;
using ChimneyActors.Protocols;
using ChimneyActors.Supervision;
using ChimneyActors.Unit.Support;
using Waiter = System.Runtime.CompilerServices.ConfiguredValueTaskAwaitable<
    ChimneyActors.Embedding.SendResult>.ConfiguredValueTaskAwaiter;

namespace ChimneyActors.Unit.Embedding;

/// <summary>Where whoever awaits a send goes on: in a run of its own, and never inside the driver that
/// answered.</summary>
public sealed class AwaitedPostSpecs
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private readonly DriverStack _stack = Ear.StackWithoutActors();
    private readonly TaskCompletionSource<(bool Inside, Thread Where)> _wentOn =
        new(TaskCreationOptions.RunContinuationsAsynchronously);

    private Thread? _answering;      // who goes on elsewhere is not inside, though it still answers

    [Fact]
    public async Task It_goes_on_behind_the_run_that_answered_and_on_its_thread()
    {
        Thread? answered = null;
        RunQueue.Execute(new Run(() =>
        {
            answered = Thread.CurrentThread;
            AnswerAwaited(_stack);
        }));

        (await _wentOn.Task.WaitAsync(Patience)).ShouldBe((false, answered!));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task On_a_targets_thread_only_if_its_user_wants_that(bool wanted)
    {
        var stack = new DriverStack("bare", _stack.Settings with { ContinueOnTargetThread = wanted },
            TimeProvider.System);
        bool waitsHere = false;
        var own = new Thread(() =>
        {
            RunQueue queue = RunQueue.Open(8, () => { });
            AnswerAwaited(stack);
            waitsHere = !queue.IsEmpty;
            queue.Run(null, 100, long.MaxValue);
            queue.Close();
        });
        own.Start();

        (bool inside, Thread where) = await _wentOn.Task.WaitAsync(Patience);

        (inside, waitsHere).ShouldBe((false, wanted));
        if (!wanted)
            where.ShouldNotBe(own);
    }

    [Fact]
    public async Task What_it_throws_there_is_reported_and_stops_nobody()
    {
        var reported = new TaskCompletionSource<Exception>(TaskCreationOptions.RunContinuationsAsynchronously);
        _stack.OnUserError = reported.SetResult;
        SendPost post = Post(_stack);
        WaiterOf(post).UnsafeOnCompleted(
            () => throw new InvalidOperationException("mine"));

        post.TryAnswer(Report());

        (await reported.Task.WaitAsync(Patience)).Message.ShouldBe("mine");
    }

    [Fact]
    public async Task Whoever_comes_to_await_while_it_is_answered_does_not_go_on_inside()
    {
        const int rounds = 20_000;
        int inside = 0;
        using var ready = new Barrier(2);
        SendPost post = null!;
        using var over = new SemaphoreSlim(0);
        var answering = new ThreadLocal<bool>();
        var driver = new Thread(() =>
        {
            for (int round = 0; round < rounds; round++)
            {
                ready.SignalAndWait();
                answering.Value = true;
                post.TryAnswer(Report());
                answering.Value = false;
                ready.SignalAndWait();
            }
        });
        driver.Start();
        for (int round = 0; round < rounds; round++)
        {
            post = Post(_stack);
            Waiter waiter = WaiterOf(post);
            ready.SignalAndWait();
            waiter.UnsafeOnCompleted(() =>
            {
                if (answering.Value)
                    Interlocked.Increment(ref inside);
                over.Release();
            });
            ready.SignalAndWait();
        }

        driver.Join(Patience).ShouldBeTrue();
        for (int round = 0; round < rounds; round++)
            (await over.WaitAsync(Patience)).ShouldBeTrue("each goes on, once");
        inside.ShouldBe(0);
        over.CurrentCount.ShouldBe(0);
    }

    private void AnswerAwaited(DriverStack stack)
    {
        SendPost post = Post(stack);
        WaiterOf(post).UnsafeOnCompleted(
            () => _wentOn.SetResult((_answering == Thread.CurrentThread, Thread.CurrentThread)));
        _answering = Thread.CurrentThread;
        post.TryAnswer(Report());
        _answering = null;
    }

    // Not in the test's own context, which would go on elsewhere.
    private static Waiter WaiterOf(SendPost post) => post.Result.ConfigureAwait(false).GetAwaiter();

    private static SendPost Post(DriverStack stack)
    {
        Edge edge = new Ear("tcpip").Edge;
        return SendPost.For(
            new BindingConnection(stack, edge, new OffloadedConnection(stack, edge, null)), new byte[1]);
    }

    private static Landed Report() =>
        new(OffloadOperation.Send, NdisStatus.Success, 1, false, null, AtHome: true);

    private sealed class Run(Action what) : IThreadPoolWorkItem
    {
        public void Execute() => what();
    }
}
