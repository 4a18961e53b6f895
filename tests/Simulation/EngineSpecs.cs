using ChimneyActors.Ndis;
using ChimneyActors.Targets.Simulated;

namespace ChimneyActors.Simulation;

/// <summary>One engine, segment by segment.</summary>
public sealed class EngineSpecs
{
    [Fact]
    public void Data_goes_out_in_segments_and_the_last_is_pushed()
    {
        var bench = new Bench();
        bench.Write(250);
        Segment[] sent = bench.Sent();
        sent.Select(segment => Bench.OffsetOf(segment)).ShouldBe([0L, 100L, 200L]);
        sent.Select(segment => segment.Has(SegmentFlags.Psh)).ShouldBe([false, false, true]);
        bench.Arrive(ack: 250);
        bench.Said().ShouldBe([new TcpEvent(TcpEventKind.Acknowledged, 250)]);
        bench.Engine.NextDue.ShouldBeNull();
    }

    [Fact]
    public void A_lost_segment_is_sent_again_with_growing_patience_and_then_given_up()
    {
        var bench = new Bench();
        bench.Write(50);
        bench.Sent();
        var times = new List<double>();
        while (bench.Engine.State != TcpConnectionState.Closed)
        {
            bench.Wait();
            if (bench.Sent() is [var again])
                Bench.OffsetOf(again).ShouldBe(0);
            times.Add(bench.Now.TotalSeconds);
        }

        times.ToArray()[..7].ShouldBe([1.0, 3, 7, 15, 31, 63, 123]);
        times.Count.ShouldBe(16);
        bench.Said().ShouldBe([new TcpEvent(TcpEventKind.TimedOut, 0)]);
        bench.Sent().ShouldBeEmpty();   // no RST: nobody asked for one (DISC-06)
    }

    [Fact]
    public void Three_duplicates_bring_the_lost_segment_again_at_once()
    {
        var bench = new Bench();
        bench.Write(400);
        bench.Sent();
        for (int duplicate = 0; duplicate < 3; duplicate++)
            bench.Arrive();
        Segment again = bench.Sent().ShouldHaveSingleItem();
        Bench.OffsetOf(again).ShouldBe(0);
        bench.Arrive(ack: 400);
        bench.Said().ShouldBe([new TcpEvent(TcpEventKind.Acknowledged, 400)]);
    }

    [Fact]
    public void A_closed_window_is_probed_for_ever_while_the_peer_answers()
    {
        var bench = new Bench(window: 0);
        bench.Write(500);
        bench.Sent().ShouldBeEmpty();
        for (int probe = 0; probe < 50; probe++)
        {
            bench.Wait();
            Segment sent = bench.Sent().ShouldHaveSingleItem();
            (Bench.OffsetOf(sent), sent.Data.Length).ShouldBe((0L, 1));
            bench.Arrive(window: 0);
        }

        bench.Arrive(window: 10_000);
        bench.Sent().Sum(segment => segment.Data.Length).ShouldBe(400);     // the initial congestion window
        bench.Said().ShouldBeEmpty();
    }

    [Fact]
    public void A_closed_window_whose_owner_is_silent_is_given_up()
    {
        var bench = new Bench(window: 0);
        bench.Write(500);
        while (bench.Engine.State != TcpConnectionState.Closed)
            bench.Wait();
        bench.Said().ShouldBe([new TcpEvent(TcpEventKind.TimedOut, 0)]);
    }

    [Fact]
    public void One_segment_is_acknowledged_late_and_two_at_once()
    {
        var bench = new Bench();
        bench.Arrive(length: 100);
        bench.Sent().ShouldBeEmpty();
        bench.Wait();
        bench.Now.ShouldBe(TimeSpan.FromMilliseconds(200));
        Bench.AckOf(bench.Sent().ShouldHaveSingleItem()).ShouldBe(100);

        bench.Arrive(offset: 100, length: 100);
        bench.Arrive(offset: 200, length: 100);
        Bench.AckOf(bench.Sent().ShouldHaveSingleItem()).ShouldBe(300);
    }

    [Fact]
    public void What_comes_out_of_order_is_kept_and_acknowledged_at_once()
    {
        var bench = new Bench();
        bench.Arrive(offset: 100, length: 100);
        Bench.AckOf(bench.Sent().ShouldHaveSingleItem()).ShouldBe(0);
        bench.Said().ShouldBeEmpty();
        bench.Arrive(length: 100);
        Bench.AckOf(bench.Sent().ShouldHaveSingleItem()).ShouldBe(200);
        bench.Said().ShouldBe([new TcpEvent(TcpEventKind.Received, 200)]);
    }

    [Fact]
    public void Room_that_was_read_free_is_told()
    {
        var bench = new Bench(room: 400);
        bench.Arrive(length: 400);
        bench.Sent().ShouldHaveSingleItem().Window.ShouldBe(0);
        bench.Arrive(offset: 400, length: 1);
        Bench.AckOf(bench.Sent().ShouldHaveSingleItem()).ShouldBe(400);
        bench.Engine.Read(new byte[50], bench.Now).ShouldBe(50);
        bench.Sent().ShouldBeEmpty();
        bench.Engine.Read(new byte[50], bench.Now).ShouldBe(50);
        bench.Sent().ShouldHaveSingleItem().Window.ShouldBe(100);
    }

    [Theory]
    [InlineData(0, true, 0)]        // at RCV.NXT: believed
    [InlineData(1, false, 1)]       // in the window: challenged
    [InlineData(999, false, 1)]
    [InlineData(1_000, false, 0)]   // outside: nothing
    [InlineData(-1, false, 0)]
    public void A_reset_is_believed_at_the_start_of_the_window_alone(long offset, bool resets, int answers)
    {
        var bench = new Bench();
        bench.Arrive(offset, flags: SegmentFlags.Rst);
        (bench.Engine.State == TcpConnectionState.Closed).ShouldBe(resets);
        bench.Said().Select(said => said.Kind).ShouldBe(resets ? [TcpEventKind.Reset] : []);
        bench.Sent().Length.ShouldBe(answers);
    }

    [Fact]
    public void A_syn_is_challenged_and_not_more_often_than_the_limit()
    {
        var bench = new Bench();
        for (int forged = 0; forged < 100; forged++)
            bench.Arrive(offset: -100 + forged, flags: SegmentFlags.Syn);
        bench.Sent().Length.ShouldBe(10);
        bench.Engine.State.ShouldBe(TcpConnectionState.Established);
    }

    [Fact]
    public void An_acknowledgement_of_what_was_never_sent_is_answered_and_ignored()
    {
        var bench = new Bench();
        bench.Write(10);
        bench.Sent();
        bench.Arrive(ack: 11, length: 10);
        bench.Sent().ShouldHaveSingleItem();
        bench.Said().ShouldBeEmpty();
    }

    [Fact]
    public void What_an_old_segment_acknowledges_is_true_all_the_same()
    {
        var bench = new Bench();
        bench.Write(10);
        bench.Sent();
        bench.Arrive(offset: -5, ack: 10, length: 5);
        Bench.AckOf(bench.Sent().ShouldHaveSingleItem()).ShouldBe(0);
        bench.Said().ShouldBe([new TcpEvent(TcpEventKind.Acknowledged, 10)]);
    }

    [Fact]
    public void A_segment_with_a_wrong_checksum_was_never_here()
    {
        var bench = new Bench();
        bench.Engine.OnSegment(
            new Segment(new SeqNumber(1_000), default, SegmentFlags.Ack, 0, new byte[9]), bench.Now);
        bench.Engine.BytesReceived.ShouldBe(0);
        bench.Sent().ShouldBeEmpty();
    }

    [Fact]
    public void We_finish_first()
    {
        var bench = new Bench();
        bench.Write(10);
        bench.Finish();
        bench.Sent()[^1].Has(SegmentFlags.Fin).ShouldBeTrue();
        bench.Engine.State.ShouldBe(TcpConnectionState.FinWait1);
        bench.Arrive(ack: 10);
        bench.Engine.State.ShouldBe(TcpConnectionState.FinWait1);
        bench.Arrive(ack: 11);
        bench.Engine.State.ShouldBe(TcpConnectionState.FinWait2);
        bench.Arrive(ack: 11, length: 5, flags: SegmentFlags.Fin);
        bench.Engine.State.ShouldBe(TcpConnectionState.TimeWait);
        Bench.AckOf(bench.Sent()[^1]).ShouldBe(6);
        bench.Arrive(ack: 11, length: 5, flags: SegmentFlags.Fin);      // our last acknowledgement was lost
        Bench.AckOf(bench.Sent().ShouldHaveSingleItem()).ShouldBe(6);
        bench.Wait();
        bench.Said().ShouldBe(
        [
            new TcpEvent(TcpEventKind.Acknowledged, 10), new TcpEvent(TcpEventKind.FinAcknowledged, 10),
            new TcpEvent(TcpEventKind.Received, 5), new TcpEvent(TcpEventKind.PeerFinished, 5),
            new TcpEvent(TcpEventKind.Closed, 5),
        ]);
    }

    [Fact]
    public void The_peer_finishes_first()
    {
        var bench = new Bench();
        bench.Arrive(flags: SegmentFlags.Fin);
        bench.Engine.State.ShouldBe(TcpConnectionState.CloseWait);
        bench.Write(10);
        bench.Finish();
        bench.Engine.State.ShouldBe(TcpConnectionState.LastAck);
        bench.Arrive(offset: 1, ack: 11);
        bench.Engine.State.ShouldBe(TcpConnectionState.Closed);
        bench.Said()[^1].Kind.ShouldBe(TcpEventKind.Closed);
    }

    [Fact]
    public void Both_finish_at_once()
    {
        var bench = new Bench();
        bench.Finish();
        bench.Arrive(flags: SegmentFlags.Fin);
        bench.Engine.State.ShouldBe(TcpConnectionState.Closing);
        bench.Arrive(offset: 1, ack: 1);
        bench.Engine.State.ShouldBe(TcpConnectionState.TimeWait);
    }

    [Fact]
    public void A_fin_before_its_data_waits_for_it()
    {
        var bench = new Bench();
        bench.Arrive(offset: 10, length: 10, flags: SegmentFlags.Fin);
        bench.Engine.State.ShouldBe(TcpConnectionState.Established);
        bench.Arrive(length: 10);
        bench.Engine.State.ShouldBe(TcpConnectionState.CloseWait);
        Bench.AckOf(bench.Sent()[^1]).ShouldBe(21);
    }

    [Fact]
    public void Fin_wait_2_ends_when_the_peer_is_silent_and_every_acceptable_segment_restarts_it()
    {
        var bench = new Bench(TcpConnectionState.FinWait2);
        bench.Engine.NextDue.ShouldBe(TimeSpan.FromSeconds(120));
        bench.Arrive(length: 100);
        bench.Wait();                   // the delayed acknowledgement
        bench.Arrive(offset: 100);
        bench.Wait();
        bench.Now.ShouldBe(TimeSpan.FromSeconds(120.2));
        bench.Said()[^1].Kind.ShouldBe(TcpEventKind.FinWait2Expired);
        bench.Engine.State.ShouldBe(TcpConnectionState.Closed);
    }

    [Fact]
    public void After_an_abort_nothing_is_processed_and_every_segment_is_answered_with_a_reset()
    {
        var bench = new Bench();
        bench.Write(10);
        bench.Sent();
        bench.Engine.Abort(bench.Now);
        bench.Sent().ShouldHaveSingleItem().Has(SegmentFlags.Rst).ShouldBeTrue();
        bench.Arrive(ack: 10, length: 100);
        Segment answer = bench.Sent().ShouldHaveSingleItem();
        (answer.Flags, Bench.OffsetOf(answer)).ShouldBe((SegmentFlags.Rst, 10L));
        bench.Arrive(flags: SegmentFlags.Rst);
        bench.Sent().ShouldBeEmpty();
        bench.Said().ShouldBeEmpty();
        bench.Engine.NextDue.ShouldBeNull();
    }

    [Theory]
    [InlineData(TcpConnectionState.Established)]
    [InlineData(TcpConnectionState.FinWait1)]
    [InlineData(TcpConnectionState.FinWait2)]
    [InlineData(TcpConnectionState.CloseWait)]
    [InlineData(TcpConnectionState.Closing)]
    [InlineData(TcpConnectionState.LastAck)]
    [InlineData(TcpConnectionState.TimeWait)]
    public void What_an_engine_leaves_is_what_it_started_from(TcpConnectionState state)
    {
        var bench = new Bench(state);
        DelegatedState left = bench.Engine.Leave(bench.Now);
        var next = new TcpEngine(left, new TcpEngineSettings { SegmentBytesMax = Bench.Mss }, bench.Now);
        next.Leave(bench.Now).ShouldBe(left);
        left.State.ShouldBe(state);
        bench.Engine.NextDue.ShouldBeNull();
    }
}
