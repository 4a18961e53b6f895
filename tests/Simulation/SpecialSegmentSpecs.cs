using ChimneyActors.Ndis;
using ChimneyActors.Targets.Simulated;

namespace ChimneyActors.Simulation;

/// <summary>Segments that a target must treat specially (PKT).</summary>
public sealed class SpecialSegmentSpecs
{
    [Fact]
    public void Urgent_data_stops_everything_and_is_left_to_the_host()
    {
        var bench = new Bench();
        bench.Arrive(length: 10);
        bench.Write(10);
        bench.Sent();
        bench.Said();
        bench.Arrive(offset: 10, ack: 10, length: 10, flags: SegmentFlags.Urg);
        bench.Arrive(offset: 20, ack: 10, length: 10);
        bench.Arrive(offset: 20, ack: 10, length: 10, flags: SegmentFlags.Fin);
        bench.Write(10);
        bench.Said().ShouldBe([new TcpEvent(TcpEventKind.UrgentReceived, 10)]);
        bench.Sent().ShouldBeEmpty();
        bench.Engine.NextDue.ShouldBeNull();
        bench.Engine.BytesReceived.ShouldBe(10);

        DelegatedState left = bench.Engine.Leave(bench.Now);
        left.State.ShouldBe(TcpConnectionState.Established);
        left.Unacknowledged.Length.ShouldBe(10);
        PassedUp(bench).Select(segment => segment.Flags & ~SegmentFlags.Ack)
            .ShouldBe([SegmentFlags.Urg, SegmentFlags.None, SegmentFlags.Fin]);
    }

    [Theory]
    [InlineData(-20, 0)]
    [InlineData(2_000, 0)]
    [InlineData(0, 5_000)]
    public void Urgent_data_that_is_not_valid_is_dropped(long offset, long ack)
    {
        var bench = new Bench();
        bench.Arrive(offset, ack, length: 10, flags: SegmentFlags.Urg);
        bench.Sent().ShouldBeEmpty();
        bench.Said().ShouldBeEmpty();
        PassedUp(bench).ShouldBeEmpty();
    }

    [Fact]
    public void A_syn_at_the_next_number_ends_the_connection_for_the_host()
    {
        var bench = new Bench();
        bench.Arrive(flags: SegmentFlags.Syn);
        bench.Engine.State.ShouldBe(TcpConnectionState.Closed);
        bench.Said().ShouldBe([new TcpEvent(TcpEventKind.SynReceived, 0)]);
        bench.Sent().ShouldBeEmpty();
    }

    [Fact]
    public void A_syn_in_the_window_is_answered_once_in_three_seconds()
    {
        var bench = new Bench();
        for (int at = 0; at < 10_000; at += 100)
        {
            bench.WaitUntil(TimeSpan.FromMilliseconds(at));
            bench.Arrive(offset: 1 + at % 900, flags: SegmentFlags.Syn);
        }

        Segment[] answers = bench.Sent();
        answers.Length.ShouldBe(4);     // at 0, 3, 6 and 9 s
        answers.ShouldAllBe(segment => segment.Flags == SegmentFlags.Ack);
        bench.Engine.State.ShouldBe(TcpConnectionState.Established);
    }

    [Fact]
    public void A_syn_in_time_wait_is_passed_up_and_not_answered()
    {
        var bench = new Bench(TcpConnectionState.TimeWait);
        bench.Arrive(flags: SegmentFlags.Syn);
        bench.Sent().ShouldBeEmpty();
        PassedUp(bench).ShouldHaveSingleItem().Has(SegmentFlags.Syn).ShouldBeTrue();
    }

    [Theory]
    [InlineData(true, 10.0)]        // the keepalive of the connection comes earlier
    [InlineData(false, 300.0)]
    public void A_reset_that_is_not_believed_is_challenged_once_and_a_keepalive_follows(bool keepAlive, double due)
    {
        var bench = new Bench(settings: new()
        {
            KeepAlive = keepAlive,
            KeepAliveTimeout = TimeSpan.FromSeconds(10),
        });
        for (int forged = 1; forged <= 100; forged++)
            bench.Arrive(offset: forged, flags: SegmentFlags.Rst);
        bench.Sent().ShouldHaveSingleItem().Flags.ShouldBe(SegmentFlags.Ack);
        bench.Wait();
        bench.Now.TotalSeconds.ShouldBe(due);
        Bench.OffsetOf(bench.Sent().ShouldHaveSingleItem()).ShouldBe(-1);
        bench.Arrive(flags: SegmentFlags.Rst);      // it was true: the answer to the keepalive fits exactly
        bench.Said().ShouldHaveSingleItem().Kind.ShouldBe(TcpEventKind.Reset);
    }

    [Fact]
    public void A_peer_that_answers_the_keepalive_was_never_gone()
    {
        var bench = new Bench();
        bench.Arrive(offset: 1, flags: SegmentFlags.Rst);
        bench.Wait();
        bench.Arrive();
        bench.Engine.NextDue.ShouldBeNull();
        bench.Said().ShouldBeEmpty();
    }

    [Fact]
    public void What_comes_when_the_engine_has_let_go_is_passed_up_within_a_limit()
    {
        var bench = new Bench();
        bench.Engine.Leave(bench.Now);
        for (int segment = 0; segment < 100; segment++)
            bench.Arrive(offset: segment, length: 1);
        bench.Sent().ShouldBeEmpty();
        PassedUp(bench).Count.ShouldBe(64);
    }

    private static List<Segment> PassedUp(Bench bench)
    {
        var passed = new List<Segment>();
        while (bench.Engine.TryTakePassedUp(out Segment segment))
            passed.Add(segment);
        return passed;
    }
}
