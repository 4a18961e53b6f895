using ChimneyActors.Ndis;
using ChimneyActors.Targets.Simulated;

namespace ChimneyActors.Simulation;

/// <summary>The timers of the chimney (TMR), in virtual time.</summary>
public sealed class TimerSpecs
{
    private static readonly TcpEngineSettings KeepAlive = new()
    {
        KeepAlive = true,
        KeepAliveTimeout = TimeSpan.FromSeconds(60),
        KeepAliveInterval = TimeSpan.FromSeconds(5),
        KeepAliveProbesMax = 3,
    };

    [Fact]
    public void A_silent_peer_is_probed_after_the_timeout_then_each_interval_and_then_given_up()
    {
        var bench = new Bench(settings: KeepAlive);
        (double At, Segment Segment)[] sent = bench.WaitOut();
        sent.Select(probe => probe.At).ShouldBe([60.0, 65, 70]);
        foreach ((_, Segment probe) in sent)
            (Bench.OffsetOf(probe), probe.Length, probe.Flags).ShouldBe((-1L, 0, SegmentFlags.Ack));
        bench.Now.ShouldBe(TimeSpan.FromSeconds(75));
        bench.Said().ShouldBe([new TcpEvent(TcpEventKind.TimedOut, 0)]);
    }

    [Fact]
    public void A_peer_that_answers_is_probed_for_ever()
    {
        var bench = new Bench(settings: KeepAlive);
        for (int probe = 1; probe <= 50; probe++)
        {
            bench.Wait();
            bench.Now.ShouldBe(TimeSpan.FromSeconds(60 * probe));
            bench.Sent().ShouldHaveSingleItem();
            bench.Arrive();
        }

        bench.Said().ShouldBeEmpty();
    }

    [Fact]
    public void While_data_is_on_its_way_no_keepalive_is_sent()
    {
        var bench = new Bench(settings: KeepAlive with { KeepAliveTimeout = TimeSpan.FromSeconds(2) });
        bench.Write(10);
        bench.Sent();
        bench.WaitOut().ShouldAllBe(sent => sent.Segment.Data.Length == 10);
    }

    [Fact]
    public void Without_the_flag_an_idle_connection_waits_for_nothing() =>
        new Bench().Engine.NextDue.ShouldBeNull();

    [Fact]
    public void A_closed_window_is_probed_round_by_round()
    {
        var bench = new Bench(window: 0);
        bench.Write(500);
        var times = new List<double>();
        for (int round = 0; round < 4; round++)
        {
            for (int unanswered = 0; unanswered < 3; unanswered++)
            {
                TimeSpan before = bench.Now;
                bench.Wait();
                times.Add((bench.Now - before).TotalSeconds);
            }

            bench.Arrive(window: 0);
        }

        times.ShouldBe([1.0, 2, 4, 2, 2, 4, 4, 2, 4, 8, 2, 4]);
        bench.Sent().ShouldAllBe(probe => probe.Data.Length == 1);
    }

    [Fact]
    public void A_window_that_opens_ends_the_rounds()
    {
        var bench = new Bench(window: 0);
        bench.Write(500);
        bench.Wait();
        bench.Arrive(window: 0);
        bench.Engine.Leave(bench.Now).SndWndProbeCount.ShouldBe(1);

        var open = new Bench(window: 0, start: new DelegatedState { SndWndProbeCount = 3 });
        open.Write(500);
        open.Engine.NextDue.ShouldBe(TimeSpan.FromSeconds(8));
        open.Arrive(window: 1_000);
        open.Engine.Leave(open.Now).SndWndProbeCount.ShouldBe(0);
    }

    [Theory]
    [InlineData(20, 15)]    // 1 + 2 + 4 + 8; at 31 s more than 20 have passed
    [InlineData(1, 0)]
    public void A_longest_time_overrules_the_count_of_retransmissions(int seconds, double last)
    {
        var bench = new Bench(settings: new() { RetransmitTimeMax = TimeSpan.FromSeconds(seconds) });
        bench.Write(10);
        bench.Sent();
        bench.WaitOut().Select(sent => sent.At).LastOrDefault().ShouldBe(last);
        bench.Said().ShouldBe([new TcpEvent(TcpEventKind.TimedOut, 0)]);
    }

    [Fact]
    public void Without_any_limit_it_is_sent_again_for_ever()
    {
        var bench = new Bench(settings: new() { RetransmitTimeMax = Timeout.InfiniteTimeSpan });
        bench.Write(10);
        for (int again = 0; again < 1_000; again++)
            bench.Wait();
        bench.Sent().Length.ShouldBe(1_001);
        DelegatedState left = bench.Engine.Leave(bench.Now);
        left.TotalRT.ShouldBe(bench.Now);
        left.RetransmitCount.ShouldBe(1_000);
    }

    [Fact]
    public void The_timers_go_on_where_they_stood()
    {
        var bench = new Bench(settings: KeepAlive);
        bench.Write(10);
        bench.Wait();
        bench.Wait();
        bench.Sent();
        bench.WaitUntil(bench.Now + TimeSpan.FromSeconds(1));
        DelegatedState left = bench.Engine.Leave(bench.Now);
        (left.RetransmitCount, left.RetransmitDelta).ShouldBe((2, TimeSpan.FromSeconds(3)));
        left.TotalRT.ShouldBe(TimeSpan.FromSeconds(4));
        left.KeepAliveDelta.ShouldBe(TimeSpan.FromSeconds(56));

        var next = new Bench(settings: KeepAlive, start: left);
        next.Engine.NextDue.ShouldBe(TimeSpan.FromSeconds(3));
        next.Wait();
        next.Sent().ShouldHaveSingleItem().Data.Length.ShouldBe(10);
        next.Engine.NextDue.ShouldBe(TimeSpan.FromSeconds(11));     // 8 s, as the fourth would have been
    }

    [Theory]
    [InlineData(TcpConnectionState.FinWait2)]
    [InlineData(TcpConnectionState.TimeWait)]
    public void A_lingering_connection_goes_on_with_the_rest_of_its_time(TcpConnectionState state)
    {
        var bench = new Bench(state);
        bench.WaitUntil(TimeSpan.FromSeconds(70));
        DelegatedState left = bench.Engine.Leave(bench.Now);
        TimeSpan rest = state == TcpConnectionState.FinWait2 ? TimeSpan.FromSeconds(50) : TimeSpan.FromSeconds(170);
        left.RetransmitDelta.ShouldBe(rest);
        new Bench(state, start: left).Engine.NextDue.ShouldBe(rest);
    }

    [Fact]
    public void The_push_timer_runs_out_once_and_data_restarts_it()
    {
        var bench = new Bench();
        bench.Arrive(length: 10);
        bench.Engine.StartPushTimer(bench.Now);
        bench.Wait();                   // the delayed acknowledgement
        bench.Engine.StartPushTimer(bench.Now);
        bench.Arrive(offset: 10, length: 10);
        bench.Engine.NextDue.ShouldBe(TimeSpan.FromMilliseconds(400));
        bench.Wait();
        bench.Wait();
        bench.Now.ShouldBe(TimeSpan.FromMilliseconds(700));
        bench.Said()[^1].ShouldBe(new TcpEvent(TcpEventKind.PushExpired, 20));
        bench.Engine.NextDue.ShouldBeNull();

        bench.Engine.StartPushTimer(bench.Now);
        bench.Engine.StopPushTimer();
        bench.Engine.NextDue.ShouldBeNull();
        bench.Engine.StartPushTimer(bench.Now);
        bench.Engine.Leave(bench.Now);
        bench.Engine.NextDue.ShouldBeNull();
    }

    [Fact]
    public void What_the_peer_pushed_counts_when_everything_before_it_is_here()
    {
        var bench = new Bench();
        bench.Arrive(length: 10);
        bench.Engine.PushedThrough.ShouldBe(0);
        bench.Arrive(offset: 20, length: 10, flags: SegmentFlags.Psh);
        bench.Engine.PushedThrough.ShouldBe(0);
        bench.Arrive(offset: 10, length: 10);
        bench.Engine.PushedThrough.ShouldBe(30);
        bench.Arrive(offset: 30, length: 5, flags: SegmentFlags.Fin);
        bench.Engine.PushedThrough.ShouldBe(35);
    }

    [Theory]
    [InlineData(1, 1)]
    [InlineData(2, 2)]
    [InlineData(4, 4)]
    public void So_many_segments_are_acknowledged_at_once(int frequency, int segments)
    {
        var bench = new Bench(settings: new() { AckFrequency = frequency });
        for (int segment = 0; segment < segments; segment++)
        {
            bench.Sent().ShouldBeEmpty();
            bench.Arrive(offset: 10 * segment, length: 10);
        }

        Bench.AckOf(bench.Sent().ShouldHaveSingleItem()).ShouldBe(10 * segments);
    }

    [Fact]
    public void However_many_come_the_first_waits_no_longer_than_it_may()
    {
        var bench = new Bench(settings: new() { AckFrequency = 100 });
        bench.Arrive(length: 10);
        bench.WaitUntil(Millis(150));
        bench.Arrive(offset: 10, length: 10);
        bench.Sent().ShouldBeEmpty();
        bench.Wait();
        bench.Now.ShouldBe(Millis(200));
        Bench.AckOf(bench.Sent().ShouldHaveSingleItem()).ShouldBe(20);
    }

    [Theory]
    [InlineData(10)]
    [InlineData(100)]
    [InlineData(1000)]
    public void Every_timer_runs_out_at_a_tick_and_not_too_early(int ticksPerSecond)
    {
        var bench = new Bench(settings: new() { TicksPerSecond = ticksPerSecond, DelayedAck = Millis(123.4) });
        bench.WaitUntil(Millis(55.5));
        bench.Arrive(length: 10);
        TimeSpan due = bench.Engine.NextDue!.Value;
        (due.Ticks % (TimeSpan.TicksPerSecond / ticksPerSecond)).ShouldBe(0);
        (due - Millis(55.5 + 123.4)).ShouldBeInRange(TimeSpan.Zero, TimeSpan.FromSeconds(1.0 / ticksPerSecond));
    }

    [Fact]
    public void After_ten_weeks_of_silence_the_keepalive_comes()
    {
        var weeks = TimeSpan.FromDays(70);
        var bench = new Bench(settings: KeepAlive with { KeepAliveTimeout = weeks });
        bench.Wait();
        bench.Now.ShouldBe(weeks);
        bench.Sent().ShouldHaveSingleItem();
    }

    [Fact]
    public void With_nagle_a_small_segment_waits_for_the_acknowledgement_and_a_fin_does_not()
    {
        var bench = new Bench(settings: new() { Nagle = true });
        bench.Write(10);
        bench.Write(20);
        bench.Sent().ShouldHaveSingleItem().Data.Length.ShouldBe(10);
        bench.Arrive(ack: 10);
        bench.Write(30);
        bench.Sent().ShouldHaveSingleItem().Data.Length.ShouldBe(20);
        bench.Finish();
        bench.Sent().ShouldHaveSingleItem().Data.Length.ShouldBe(30);
    }

    [Theory]
    [InlineData(200, 200)]
    [InlineData(37, 37)]
    [InlineData(0, 0)]
    public void What_is_too_small_waits_for_more_room_and_then_goes_out_all_the_same(int prevention, int waits)
    {
        var bench = new Bench(settings: new() { SwsPrevention = Millis(prevention) });
        bench.Arrive(window: 50);
        bench.Write(300);
        if (waits > 0)
        {
            bench.Sent().ShouldBeEmpty();
            bench.Wait();
        }
        bench.Now.ShouldBe(Millis(waits));
        bench.Sent().ShouldHaveSingleItem().Data.Length.ShouldBe(50);
        bench.Arrive(ack: 50, window: 50);
        bench.Arrive(ack: 50, window: 1_000);       // more room has come meanwhile
        bench.Sent().Sum(segment => segment.Data.Length).ShouldBe(250);
    }

    [Fact]
    public void How_long_it_has_waited_for_room_is_not_carried_over()
    {
        var bench = new Bench();
        bench.Arrive(window: 50);
        bench.Write(300);
        bench.Engine.NextDue.ShouldBe(Millis(200));
        bench.Engine.Leave(Millis(100));
        bench.Engine.NextDue.ShouldBeNull();
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(5)]
    public void So_many_duplicates_are_a_loss(int duplicates)
    {
        var bench = new Bench(settings: new() { DuplicateAcks = duplicates });
        bench.Write(300);
        bench.Sent().Length.ShouldBe(3);
        for (int number = 1; number < duplicates; number++)
        {
            bench.Arrive();
            bench.Sent().ShouldNotContain(segment => Bench.OffsetOf(segment) == 0);
        }

        bench.Arrive();
        bench.Sent().ShouldContain(segment => Bench.OffsetOf(segment) == 0 && segment.Repetition == Repetition.Wholly);
    }

    private static TimeSpan Millis(double milliseconds) => TimeSpan.FromMilliseconds(milliseconds);
}
