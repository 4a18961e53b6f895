using System.Net.Sockets;
using ChimneyActors.Contract;
using ChimneyActors.Ndis;
using ChimneyActors.Targets.Kernel;

namespace ChimneyActors.Kernel.Raw;

/// <summary>The loop's thread runs what its events wake, and the loop outlives what does not return.</summary>
public sealed class LoopRunsDriversSpecs : IAsyncLifetime
{
    private readonly EpollLoop _loop = new("drivers", TimeProvider.System);
    private readonly RecordingHandler _handler;

    public LoopRunsDriversSpecs() => _handler = new RecordingHandler { Loop = _loop };

    public Task InitializeAsync()
    {
        _loop.Start();
        return Task.CompletedTask;
    }

    public async Task DisposeAsync()
    {
        _loop.Stop();
        await _loop.Stopped.WaitAsync(Limits.Patience);
    }

    [Fact]
    public async Task What_an_event_wakes_runs_on_the_loops_thread_after_it()
    {
        Thread? loop = null;
        await _handler.OnLoop(() =>
        {
            loop = Thread.CurrentThread;
            RunQueue.Execute(new Run(() => _handler.Say(Thread.CurrentThread)));
            _handler.Say("event");
        });

        (await _handler.Heard<object>()).ShouldBe("event");
        (await _handler.Heard<Thread>()).ShouldBe(loop);
    }

    [Fact]
    public async Task While_a_run_blocks_the_loop_goes_on_and_it_ends_when_it_is_told()
    {
        using var leave = new ManualResetEventSlim();
        using SocketPair pair = SocketPair.Connect();
        await _handler.OnLoop(() => _loop.Register(pair.Descriptor, _handler).ShouldBe(0));
        await _handler.Heard<Readiness>();
        await _handler.OnLoop(() => RunQueue.Execute(new Run(() =>
        {
            _handler.Say("blocks");
            leave.Wait(Limits.Patience);
            _handler.Say("returned");
        })));
        await _handler.Heard<string>(static what => what == "blocks");

        pair.Peer.Send("x"u8);
        await _handler.Heard<Readiness>(static ready => ready.HasFlag(Readiness.Readable));
        await _handler.OnLoop(leave.Set);
        await _handler.Heard<string>(static what => what == "returned");

        await _handler.OnLoop(static () => { });
        _handler.HeardNothingOf<Exception>().ShouldBeTrue();
    }

    [Fact]
    public async Task What_waits_behind_a_run_that_blocks_does_not_wait_for_it()
    {
        using var second = new ManualResetEventSlim();
        await _handler.OnLoop(() =>
        {
            RunQueue.Execute(new Run(() => _handler.Say(second.Wait(Limits.Patience))));
            RunQueue.Execute(new Run(second.Set));
        });

        (await _handler.Heard<bool>()).ShouldBeTrue();
    }

    [Fact]
    public async Task What_is_woken_last_by_a_stopped_loop_runs_elsewhere()
    {
        var loop = new EpollLoop("stopping", TimeProvider.System);
        loop.Start();
        var handler = new RecordingHandler { Loop = loop };
        await handler.OnLoop(() =>
        {
            loop.Stop();
            RunQueue.Execute(new Run(() => handler.Say("ran")));
        });

        await handler.Heard<string>();
        await loop.Stopped.WaitAsync(Limits.Patience);
    }

    private sealed class Run(Action what) : IThreadPoolWorkItem
    {
        public void Execute() => what();
    }
}
