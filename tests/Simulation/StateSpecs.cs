using ChimneyActors.Ndis;
using ChimneyActors.Targets.Simulated;

namespace ChimneyActors.Simulation;

/// <summary>What a query, an update and an invalidate do to the engine and to the wire.</summary>
public sealed class StateSpecs
{
    [Fact]
    public void A_query_shows_the_timers_that_run_and_no_others()
    {
        var bench = new Bench();
        TcpOffloadStateDelegated idle = bench.Engine.Query(bench.Now).Delegated;
        (idle.RetransmitDelta, idle.KeepAliveDelta).ShouldBe((null, null));

        bench.Write(10);
        bench.Engine.Query(bench.Now).Delegated.RetransmitDelta.ShouldBe(TimeSpan.FromSeconds(1));
        bench.Wait();
        TcpOffloadStateDelegated again = bench.Engine.Query(bench.Now).Delegated;

        (again.Retransmissions, again.RetransmitDelta, again.TotalRetransmissionTime)
            .ShouldBe((1, TimeSpan.FromSeconds(2), TimeSpan.FromSeconds(1)));
        (again.SendNext - again.SendUnacknowledged).ShouldBe(10u);
    }

    [Fact]
    public void A_larger_window_is_offered_at_once()
    {
        var bench = new Bench(room: 1_000);
        bench.Arrive(length: 1_000, flags: SegmentFlags.Psh);
        bench.Sent()[^1].Window.ShouldBe(0);

        Update(bench, new TcpOffloadStateCached { ReceiveWindowBytes = 3_000 });

        bench.Sent().ShouldHaveSingleItem().Window.ShouldBe(2_000);
        bench.Arrive(offset: 1_000, length: 2_000, flags: SegmentFlags.Psh);
        bench.Engine.Readable.ShouldBe(3_000);
        var all = new byte[3_000];
        bench.Engine.Read(all, bench.Now).ShouldBe(3_000);
        Contract.Pattern.Check(all, 0);
    }

    [Fact]
    public void A_smaller_window_is_not_taken_back_from_the_peer()
    {
        var bench = new Bench(room: 1_000);
        Update(bench, new TcpOffloadStateCached { ReceiveWindowBytes = 200 });
        bench.Sent().ShouldBeEmpty();

        bench.Arrive(length: 1_000, flags: SegmentFlags.Psh);

        bench.Engine.Readable.ShouldBe(1_000);
        bench.Engine.Read(new byte[1_000], bench.Now);
        bench.Engine.Query(bench.Now).Delegated.ReceiveWindow.ShouldBe(200);
    }

    [Fact]
    public void Keepalive_can_be_switched_on_and_off_and_made_to_start_anew()
    {
        var bench = new Bench();
        Update(bench, new TcpOffloadStateCached
        {
            KeepAlive = true,
            KeepAliveTimeout = TimeSpan.FromSeconds(60),
            KeepAliveInterval = TimeSpan.FromSeconds(5),
        });
        bench.Engine.NextDue.ShouldBe(TimeSpan.FromSeconds(60));
        bench.WaitUntil(TimeSpan.FromSeconds(40));
        Update(bench, new TcpOffloadStateCached { RestartKeepAlive = true });
        bench.Engine.NextDue.ShouldBe(TimeSpan.FromSeconds(100));
        bench.Wait();
        bench.Engine.Query(bench.Now).Delegated.KeepAliveProbes.ShouldBe(1);
        Update(bench, new TcpOffloadStateCached { RestartKeepAlive = true });
        bench.Engine.Query(bench.Now).Delegated.KeepAliveProbes.ShouldBe(0);

        Update(bench, new TcpOffloadStateCached { KeepAlive = false });
        bench.Engine.NextDue.ShouldBeNull();
    }

    [Theory]
    [InlineData(false, 7)]
    [InlineData(true, 15)]
    public void The_time_spent_on_a_segment_can_start_anew(bool restart, double gaveUpAt)
    {
        var bench = new Bench();
        Update(bench, new TcpOffloadStateCached { MaxRT = TimeSpan.FromSeconds(5) });
        bench.Write(10);
        bench.Wait();       // 1 s
        bench.Wait();       // 3 s
        if (restart)
            Update(bench, new TcpOffloadStateCached { RestartMaxRT = true, MaxRT = TimeSpan.FromSeconds(7) });
        while (bench.Engine.NextDue is not null && bench.Engine.State != TcpConnectionState.Closed)
            bench.Wait();
        bench.Now.TotalSeconds.ShouldBe(gaveUpAt);
    }

    [Fact]
    public void Without_nagle_what_waited_goes_at_once()
    {
        var bench = new Bench(settings: new TcpEngineSettings { Nagle = true });
        bench.Write(10);
        bench.Write(10);
        bench.Sent().Length.ShouldBe(1);
        Update(bench, new TcpOffloadStateCached { Nagle = false });
        bench.Sent().ShouldHaveSingleItem().Data.Length.ShouldBe(10);
    }

    [Fact]
    public void Hops_and_service_are_on_every_packet_from_then_on()
    {
        var bench = new Bench();
        bench.Write(10);
        (bench.Sent()[0].TimeToLive, bench.Sent().Length).ShouldBe(((byte)64, 0));
        Update(bench, new TcpOffloadStateCached { TimeToLive = 3, TypeOfService = 0x48 });
        bench.Write(10);
        Segment sent = bench.Sent().ShouldHaveSingleItem();
        byte[] packet = Ipv4Packet.Of(new PacketEnd(1, 2), new PacketEnd(3, 4), sent);
        (packet[8], packet[1]).ShouldBe(((byte)3, (byte)0x48));
    }

    [Fact]
    public void After_an_invalidate_only_acknowledgements_go_out()
    {
        var bench = new Bench(settings: new TcpEngineSettings { KeepAlive = true });
        bench.Write(10);
        bench.Sent();
        bench.Engine.Invalidate();
        bench.Write(10);
        bench.Finish();
        bench.Engine.NextDue.ShouldBeNull("no retransmission, no probe, no keepalive");
        bench.Sent().ShouldBeEmpty();

        bench.Arrive(length: 100, ack: 10, flags: SegmentFlags.Psh);
        bench.Wait();
        Segment sent = bench.Sent().ShouldHaveSingleItem();

        (sent.Data.Length, sent.Flags, Bench.AckOf(sent)).ShouldBe((0, SegmentFlags.Ack, 100));
        (bench.Engine.Acknowledged, bench.Engine.Sent).ShouldBe((10, 10));
    }

    private static void Update(Bench bench, TcpOffloadStateCached change) => bench.Engine.Update(change, bench.Now);
}
