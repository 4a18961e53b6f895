using System.Net.Sockets;
using ChimneyActors.Contract;
using ChimneyActors.Targets.Kernel;

namespace ChimneyActors.Kernel.Raw;

public sealed class EpollLoopSpecs : IAsyncLifetime
{
    private readonly EpollLoop _loop = new("specs", TimeProvider.System);
    private readonly SocketPair _pair = SocketPair.Connect();

    public Task InitializeAsync()
    {
        _loop.Start();
        return Task.CompletedTask;
    }

    public async Task DisposeAsync()
    {
        _loop.Stop();
        await _loop.Stopped.WaitAsync(Limits.Patience);
        _pair.Dispose();
    }

    [Fact]
    public async Task Registering_tells_what_the_socket_already_is()
    {
        _pair.Peer.Send("early"u8);
        RecordingHandler handler = await Watch(_pair.Descriptor);

        await handler.Heard<Readiness>(static ready => ready.HasFlag(Readiness.Readable | Readiness.Writable));
    }

    [Fact]
    public async Task Every_arrival_is_an_event_of_its_own()
    {
        RecordingHandler handler = await Watch(_pair.Descriptor);
        for (int arrival = 0; arrival < 10; arrival++)
        {
            _pair.Peer.Send("x"u8);
            await handler.Heard<Readiness>(static ready => ready.HasFlag(Readiness.Readable));
        }
    }

    [Fact]
    public async Task The_acknowledgement_of_our_fin_is_an_event()
    {
        RecordingHandler handler = await Watch(_pair.Descriptor);
        await handler.OnLoop(() => NativeTcp.ShutdownSend(_pair.Descriptor).ShouldBe(0));

        var acknowledged = new TaskCompletionSource();
        handler.WhenReady = _ => TellWhenAcknowledged(acknowledged);
        await handler.OnLoop(() => TellWhenAcknowledged(acknowledged));
        await acknowledged.Task.WaitAsync(Limits.Patience);

        NativeTcp.State(_pair.Descriptor).ShouldBe(KernelTcpState.FinWait2);
    }

    [Fact]
    public async Task The_peers_fin_and_its_reset_are_events()
    {
        RecordingHandler handler = await Watch(_pair.Descriptor);

        _pair.Peer.Shutdown(SocketShutdown.Send);
        await handler.Heard<Readiness>(static ready => ready.HasFlag(Readiness.PeerFinished));

        NativeTcp.Abort(_pair.PeerDescriptor).ShouldBe(0);
        await handler.Heard<Readiness>(static ready => ready.HasFlag(Readiness.HungUp));
    }

    [Fact]
    public async Task Data_that_nobody_announces_is_found_acknowledged_by_asking()
    {
        RecordingHandler handler = await Watch(_pair.Descriptor);
        handler.WhenAsked = () =>
            NativeTcp.Unacknowledged(_pair.Descriptor) == 0 ? AckWait.Over : AckWait.Fruitless;

        await handler.OnLoop(() =>
        {
            NativeTcp.Send(_pair.Descriptor, "ask"u8).ShouldBe(3);
            _loop.AwaitAck(handler);
        });

        await handler.Heard<AckWait>(static answer => answer == AckWait.Over);
    }

    [Fact]
    public async Task A_removed_socket_is_heard_of_no_more_even_when_its_number_lives_on()
    {
        RecordingHandler first = await Watch(_pair.Descriptor);
        await first.OnLoop(() => _loop.Unregister(_pair.Descriptor, first));
        RecordingHandler second = await Watch(_pair.Descriptor);   // the same slot and descriptor, another life
        first.HeardNothingOf<Readiness>();

        _pair.Peer.Send("for the second"u8);

        await second.Heard<Readiness>(static ready => ready.HasFlag(Readiness.Readable));
        first.HeardNothingOf<Readiness>().ShouldBeTrue();
    }

    [Fact]
    public async Task A_socket_removed_by_an_earlier_event_of_the_same_batch_is_left_alone()
    {
        using SocketPair other = SocketPair.Connect();
        RecordingHandler one = await Watch(_pair.Descriptor);
        RecordingHandler two = await Watch(other.Descriptor);
        await one.Heard<Readiness>();
        await two.Heard<Readiness>();
        int calls = 0;
        one.WhenReady = _ => RemoveBoth();
        two.WhenReady = _ => RemoveBoth();

        await one.OnLoop(() =>
        {
            _pair.Peer.Send("x"u8);    // both events are ready before the loop looks again: one batch
            other.Peer.Send("x"u8);
        });
        for (int round = 0; round < 4; round++)   // posts are looked at before events: one round is not enough
            await one.OnLoop(static () => { });

        calls.ShouldBe(1);

        void RemoveBoth()
        {
            calls++;
            _loop.Unregister(_pair.Descriptor, one);
            _loop.Unregister(other.Descriptor, two);
        }
    }

    [Fact]
    public async Task A_throwing_handler_is_told_and_the_loop_lives()
    {
        using SocketPair other = SocketPair.Connect();
        RecordingHandler bad = await Watch(_pair.Descriptor);
        RecordingHandler good = await Watch(other.Descriptor);
        await bad.Heard<Readiness>();
        bad.WhenReady = static _ => throw new InvalidOperationException("bad");

        _pair.Peer.Send("x"u8);
        (await bad.Heard<Exception>()).Message.ShouldBe("bad");

        other.Peer.Send("x"u8);
        await good.Heard<Readiness>(static ready => ready.HasFlag(Readiness.Readable));
        _loop.Faults.ShouldBe(1);
    }

    [Fact]
    public async Task Posts_from_many_threads_arrive_once_and_in_the_order_of_each_thread()
    {
        const int Threads = 4;
        const int Each = 20_000;
        var handler = new RecordingHandler { Loop = _loop };

        Thread[] posters =
        [
            .. Enumerable.Range(0, Threads).Select(poster => new Thread(() =>
            {
                for (int number = 0; number < Each; number++)
                    _loop.Post(handler, (poster, number)).ShouldBeTrue();
            })),
        ];
        foreach (Thread poster in posters)
            poster.Start();

        var next = new int[Threads];
        for (int heard = 0; heard < Threads * Each; heard++)
        {
            (int poster, int number) = await handler.Heard<(int, int)>();
            number.ShouldBe(next[poster]++);
        }
    }

    [Fact]
    public async Task Idle_connections_cost_no_rounds()
    {
        var pairs = new List<SocketPair>();
        try
        {
            for (int index = 0; index < 200; index++)
            {
                pairs.Add(SocketPair.Connect());
                await (await Watch(pairs[index].Descriptor)).Heard<Readiness>();
            }

            var handler = new RecordingHandler { Loop = _loop };
            await handler.OnLoop(static () => { });
            long before = _loop.Rounds;
            await handler.OnLoop(static () => { });

            // Posting wakes it once; a round more may pass between the post and the sleep.
            (_loop.Rounds - before).ShouldBeLessThanOrEqualTo(3);
        }
        finally
        {
            pairs.ForEach(static pair => pair.Dispose());
        }
    }

    [Fact]
    public async Task Who_wants_to_go_on_lets_the_others_have_their_turn()
    {
        var handler = new RecordingHandler { Loop = _loop };
        int turns = 0;
        handler.WhenAgain = () =>
        {
            turns++;
            if (turns < 1_000)
                _loop.GoOnLater(handler);
            else
                handler.Say("done");
        };

        RecordingHandler other = await Watch(_pair.Descriptor);
        await handler.OnLoop(() => _loop.GoOnLater(handler));
        _pair.Peer.Send("x"u8);

        await other.Heard<Readiness>(static ready => ready.HasFlag(Readiness.Readable));
        await handler.Heard<string>();
        turns.ShouldBe(1_000);
    }

    [Fact]
    public async Task A_stopped_loop_faults_who_is_left_and_takes_no_more_posts()
    {
        var loop = new EpollLoop("stopping", TimeProvider.System);
        loop.Start();
        var handler = new RecordingHandler { Loop = loop };
        await handler.OnLoop(() => loop.Register(_pair.Descriptor, handler).ShouldBe(0));

        loop.Post(handler, "before").ShouldBeTrue();
        loop.Stop();
        await loop.Stopped.WaitAsync(Limits.Patience);

        await handler.Heard<string>();
        await handler.Heard<ObjectDisposedException>();
        loop.Post(handler, "after").ShouldBeFalse();
    }

    [Fact]
    public async Task Registering_something_closed_fails_and_keeps_no_slot()
    {
        var handler = new RecordingHandler { Loop = _loop };
        int result = 0;
        await handler.OnLoop(() => result = _loop.Register(1_000_000, handler));

        result.ShouldBe(-Errno.BadDescriptor);
        handler.LoopSlot.ShouldBe(LoopHandler.Unregistered);
    }

    private async Task<RecordingHandler> Watch(int descriptor)
    {
        var handler = new RecordingHandler { Loop = _loop };
        await handler.OnLoop(() => _loop.Register(descriptor, handler).ShouldBe(0));
        return handler;
    }

    private void TellWhenAcknowledged(TaskCompletionSource acknowledged)
    {
        if (NativeTcp.Unacknowledged(_pair.Descriptor) == 0)
            acknowledged.TrySetResult();
    }
}
