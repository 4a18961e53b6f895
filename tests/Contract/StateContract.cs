using ChimneyActors.Buffers;
using ChimneyActors.Ndis;

namespace ChimneyActors.Contract;

/// <summary>QRY, UPD, INV: what a host asks and says of the state of a connection that it does not have.</summary>
public abstract class StateContract : OffloadTargetContract
{
    [Fact]
    public async Task A_query_says_where_both_streams_stand()
    {
        Host.Answering = Answering.Refuse;
        Line line = await Bench.OffloadAsync();
        TcpOffloadStateDelegated before = (await QueryAsync(line)).Delegated;
        NetBufferList[] sends = line.Send(700, 300);
        await Host.Back(sends[1]);
        await line.Peer.SendAsync(90);
        await Host.Indicated(line.Handle, 90);

        TcpOffloadStateDelegated after = (await QueryAsync(line)).Delegated;

        (after.SendUnacknowledged - before.SendUnacknowledged).ShouldBe(1000u);
        (after.SendNext - before.SendNext).ShouldBe(1000u);
        (after.SendMax - before.SendMax).ShouldBe(1000u);
        (after.ReceiveNext - before.ReceiveNext).ShouldBe(90u);
        after.ReceiveBacklogSize.ShouldBe(90u, "the host has not taken it (QRY-09)");
        after.State.ShouldBe(TcpConnectionState.Established);
        after.ReceiveWindow.ShouldBeGreaterThan(0);
        after.SendWindow.ShouldBeGreaterThan(0);
        after.CongestionWindow.ShouldBeGreaterThan(0);
    }

    [Fact]
    public async Task Queries_may_overlap_and_change_nothing()
    {
        Line line = await Bench.OffloadAsync();
        OffloadBlock[] queries = [.. Enumerable.Range(0, 5).Select(_ => line.Query())];
        foreach (OffloadBlock query in queries)
            (await Host.Back(query)).Status.ShouldBe(NdisStatus.Success);

        queries.Select(query => query.Queried!.Delegated.SendNext).Distinct().ShouldHaveSingleItem();
        queries.Select(query => query.Queried!.Cached).Distinct().ShouldHaveSingleItem();
        await Host.Back(line.Send(10)[0]);
    }

    [Fact]
    public async Task A_connection_that_was_aborted_can_be_queried()
    {
        Line line = await Bench.OffloadAsync();
        line.Peer.Reset();
        await Host.Event(line.Handle, TcpOffloadEventType.Abort);
        (await QueryAsync(line)).Delegated.State.ShouldBe(TcpConnectionState.Closed);
    }

    [Fact]
    public async Task What_is_closed_by_us_is_said_by_a_query()
    {
        Line line = await Bench.OffloadAsync();
        await Host.Back(line.Disconnect(DisconnectKind.Graceful));
        (await QueryAsync(line)).Delegated.State.ShouldBe(TcpConnectionState.FinWait2);
    }

    [Fact]
    public async Task An_update_is_in_effect_when_it_completes()
    {
        Line line = await Bench.OffloadAsync();
        TcpOffloadStateCached first = (await QueryAsync(line)).Cached;
        var change = new TcpOffloadStateCached
        {
            KeepAlive = !first.KeepAlive,
            Nagle = !first.Nagle,
            IndicationBytes = 700,
            KeepAliveProbesMax = 7,
            KeepAliveTimeout = TimeSpan.FromSeconds(77),
            KeepAliveInterval = TimeSpan.FromSeconds(3),
            MaxRT = TimeSpan.FromSeconds(20),
            TimeToLive = 33,
            TypeOfService = 0x48,
            UserPriority = 5,
        };

        (await Host.Back(line.Update(change))).Status.ShouldBe(NdisStatus.Success);

        TcpOffloadStateCached now = (await QueryAsync(line)).Cached;
        now.ShouldBe(change with { ReceiveWindowBytes = first.ReceiveWindowBytes });
        await Host.Back(line.Send(1000)[0]);    // and the connection goes on with them
    }

    [Fact]
    public async Task What_an_update_does_not_name_stays()
    {
        Line line = await Bench.OffloadAsync();
        TcpOffloadState first = await QueryAsync(line);
        await Host.Back(line.Update(new TcpOffloadStateCached { TimeToLive = 9, RestartKeepAlive = true }));

        TcpOffloadState now = await QueryAsync(line);

        now.Cached.ShouldBe(first.Cached with { TimeToLive = 9 });
        now.Const.ShouldBe(first.Const);
    }

    [Fact]
    public async Task After_an_invalidate_nothing_is_sent_and_an_upload_is_asked_for()
    {
        Line line = await Bench.OffloadAsync();
        OffloadBlock invalidate = line.Invalidate();
        (await Host.Back(invalidate)).Status.ShouldBe(NdisStatus.Success);
        (await Host.Event(line.Handle, TcpOffloadEventType.Retrieve)).Information
            .ShouldBe((long)TcpUploadReason.InvalidState);
        NetBufferList late = line.Send(500)[0];     // it was on its way when the host said so

        await line.Peer.SendAsync(100);             // receiving goes on (INV-08)
        (await Host.Indicated(line.Handle, 100)).Length.ShouldBe(100);
        await line.SettledAsync();

        Host.IsBack(late).ShouldBeFalse("it waits for the terminate (INV-05)");
        OffloadBlock terminate = line.Terminate();
        await Host.Back(terminate);
        (late.Status, late.BytesTransferred).ShouldBe((NdisStatus.UploadInProgress, 0));
        terminate.Positions.Accepted.ShouldBe(0);
        (terminate.Status, terminate.State).ShouldBe((NdisStatus.Success, TcpConnectionState.Established));
    }

    [Fact]
    public async Task A_target_that_does_not_have_the_connection_fails_each_of_them()
    {
        Line line = await Bench.OffloadAsync();
        await Host.Back(line.Terminate());
        foreach (OffloadBlock block in (OffloadBlock[])
            [line.Query(), line.Update(new TcpOffloadStateCached { TimeToLive = 9 }), line.Invalidate()])
            (await Host.Back(block)).Status.ShouldBe(NdisStatus.Failure);
    }

    private async Task<TcpOffloadState> QueryAsync(Line line)
    {
        OffloadBlock query = line.Query();
        (await Host.Back(query)).Status.ShouldBe(NdisStatus.Success);
        return query.Queried.ShouldNotBeNull();
    }
}
