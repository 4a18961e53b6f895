using ChimneyActors.Targets.Simulated;

namespace ChimneyActors.Simulation;

/// <summary>RFC 7323, and the clock that travels with the connection (TMR-12).</summary>
public sealed class TimestampSpecs
{
    private static readonly TcpEngineSettings On = new() { Timestamps = true };

    [Fact]
    public void Every_segment_carries_the_adjusted_clock_and_the_newest_stamp()
    {
        Bench bench = Make();
        bench.WaitUntil(TimeSpan.FromMilliseconds(250));
        bench.Write(10);
        bench.Sent().ShouldHaveSingleItem().Stamps.ShouldBe(new Timestamps(1_250, 70));
        bench.Arrive(ack: 10, stamps: new Timestamps(90, 1_250));
        bench.Write(10);
        bench.Sent().ShouldHaveSingleItem().Stamps.ShouldBe(new Timestamps(1_250, 90));
        DelegatedState left = bench.Engine.Leave(bench.Now);
        (left.TsTime, left.TsRecent, left.TsRecentAge).ShouldBe((1_250u, 90u, TimeSpan.Zero));
    }

    [Fact]
    public void The_option_takes_its_room_from_the_payload()
    {
        Bench bench = Make();
        bench.Write(2 * Bench.Mss);
        bench.Sent()[0].Data.Length.ShouldBe(Bench.Mss - Timestamps.OptionBytes);
    }

    [Fact]
    public void A_round_trip_is_measured_though_the_segment_was_sent_twice()
    {
        Bench bench = Make();
        bench.Write(10);
        bench.Wait();
        bench.Sent().Select(segment => segment.Stamps!.Value.Value).ShouldBe([1_000u, 2_000u]);
        bench.WaitUntil(TimeSpan.FromMilliseconds(1_050));
        bench.Arrive(ack: 10, stamps: new Timestamps(70, 2_000));
        bench.Engine.Leave(bench.Now).SRtt.ShouldBe(TimeSpan.FromMilliseconds(50));
    }

    [Theory]
    [InlineData(70, true)]
    [InlineData(71, true)]
    [InlineData(69, false)]             // from an earlier round of the sequence space (PAWS)
    [InlineData(70 + 0x80000000, false)]
    public void A_segment_with_an_old_stamp_is_answered_and_dropped(uint stamp, bool isTaken)
    {
        Bench bench = Make();
        bench.Arrive(length: 10, stamps: new Timestamps(stamp, 1_000));
        bench.Engine.BytesReceived.ShouldBe(isTaken ? 10 : 0);
        bench.Sent().Length.ShouldBe(isTaken ? 0 : 1);
    }

    [Fact]
    public void After_24_days_no_stamp_is_old()
    {
        Bench bench = Make();
        bench.WaitUntil(TimeSpan.FromDays(24));
        bench.Arrive(length: 10, stamps: new Timestamps(1, 1_000));
        bench.Engine.BytesReceived.ShouldBe(10);
        bench.Engine.Leave(bench.Now).TsRecent.ShouldBe(1u);
    }

    [Fact]
    public void A_segment_without_the_option_is_dropped_silently_but_a_reset_is_believed()
    {
        Bench bench = Make();
        bench.Arrive(length: 10);
        bench.Engine.BytesReceived.ShouldBe(0);
        bench.Sent().ShouldBeEmpty();
        bench.Arrive(flags: SegmentFlags.Rst);
        bench.Said().ShouldHaveSingleItem().Kind.ShouldBe(TcpEventKind.Reset);
    }

    [Fact]
    public void Behind_a_gap_the_stamp_is_not_taken()
    {
        Bench bench = Make();
        bench.Arrive(offset: 50, length: 10, stamps: new Timestamps(99, 1_000));
        bench.Sent().ShouldHaveSingleItem().Stamps!.Value.Echo.ShouldBe(70u);
    }

    private static Bench Make() =>
        new(settings: On, start: new DelegatedState { TsTime = 1_000, TsRecent = 70 });
}
