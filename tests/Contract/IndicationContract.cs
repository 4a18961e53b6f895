using ChimneyActors.Buffers;
using ChimneyActors.Ndis;

namespace ChimneyActors.Contract;

/// <summary>RIND and DLV: data of the peer in the target's own buffers.</summary>
public abstract class IndicationContract : OffloadTargetContract
{
    [Fact]
    public async Task Without_posted_space_data_is_indicated_in_order()
    {
        Line line = await Bench.OffloadAsync();
        await line.Peer.SendAsync(100_000);

        byte[] data = await Host.Indicated(line.Handle, 100_000);
        data.Length.ShouldBe(100_000);
        Pattern.Check(data, 0);
    }

    [Fact]
    public async Task Indications_have_the_size_that_the_host_suggests()
    {
        Line line = await Bench.OffloadAsync();
        (await Host.Back(line.Update(new TcpOffloadStateCached { IndicationBytes = 700 }))).Status
            .ShouldBe(NdisStatus.Success);
        await line.Peer.SendAsync(10_000);

        Pattern.Check(await Host.Indicated(line.Handle, 10_000), 0);

        Host.All.OfType<DataIndicated>().ShouldAllBe(data => data.Data.Length <= 700);
        await Host.Back(line.Update(new TcpOffloadStateCached { IndicationBytes = 0 }));
        await line.Peer.SendAsync(10_000);
        await Host.Indicated(line.Handle, 20_000);
        Host.All.OfType<DataIndicated>().ShouldContain(data => data.Data.Length > 700);
    }

    [Fact]
    public async Task One_indication_at_a_time_waits_for_its_answer()
    {
        Host.Answering = Answering.Silence;
        Line line = await Bench.OffloadAsync();
        await line.Peer.SendAsync(50_000);
        await Host.Hear<DataIndicated>();
        await line.SettledAsync();
        Host.All.OfType<DataIndicated>().Count().ShouldBe(1);

        Host.Answering = Answering.TakeAndReturn;
        Host.BreakSilence(Answering.TakeAndReturn);
        Pattern.Check(await Host.Indicated(line.Handle, 50_000), 0);
    }

    [Fact]
    public async Task Refused_data_waits_for_a_posted_receive_and_comes_first()
    {
        Host.Answering = Answering.Refuse;
        Line line = await Bench.OffloadAsync();
        await line.Peer.SendAsync(10);
        await Host.Indicated(line.Handle, 10);
        await line.Peer.SendAsync(10);
        await line.SettledAsync();
        Host.All.OfType<DataIndicated>().Count().ShouldBe(1);

        NetBufferList list = line.Receive(noPush: true, 20)[0];
        (await Host.Back(list)).Bytes.ShouldBe(20);
        Pattern.Check(Line.DataOf(list), 0);
    }

    [Fact]
    public async Task A_request_of_no_bytes_lets_refused_data_be_indicated_again()
    {
        Host.Answering = Answering.Refuse;
        Line line = await Bench.OffloadAsync();
        await line.Peer.SendAsync(10);
        await Host.Indicated(line.Handle, 10);
        await line.SettledAsync();

        Host.Answering = Answering.TakeAndReturn;
        (await Host.Back(line.Receive(noPush: false, 0)[0])).Status.ShouldBe(NdisStatus.Success);
        await line.Peer.SendAsync(1);
        await Host.Indicated(line.Handle, 11);

        Host.All.OfType<DataIndicated>().Select(data => data.Offset).ShouldBe([0L, 0L, 10L]);
    }

    [Fact]
    public async Task Of_half_taken_data_only_the_rest_is_kept()
    {
        Host.Answering = Answering.TakeHalf;
        Line line = await Bench.OffloadAsync();
        await line.Peer.SendAsync(100);
        await Host.Indicated(line.Handle, 100);
        await line.SettledAsync();

        Host.Answering = Answering.TakeAndReturn;
        NetBufferList[] lists = line.Receive(noPush: true, 20, 20);
        await Host.Back(lists[1]);
        Pattern.Check(Line.DataOf(lists[0]), 50);
        Pattern.Check(Line.DataOf(lists[1]), 70);
        await Host.Hear<DataIndicated>(data => data.Offset == 90 && data.Data.Length == 10);
        line.Peer.Finish();
        (await Host.Event(line.Handle, TcpOffloadEventType.Disconnect)).StreamOffset.ShouldBe(100);
    }

    [Fact]
    public async Task Data_lost_on_the_way_is_indicated_again_without_a_posted_receive()
    {
        Host.Answering = Answering.Silence;
        Line line = await Bench.OffloadAsync();
        await line.Peer.SendAsync(10);
        await Host.Indicated(line.Handle, 10);

        Host.Answering = Answering.TakeAndReturn;
        Host.BreakSilence(Answering.LoseOnTheWay);
        await line.Peer.SendAsync(10);
        await Host.Indicated(line.Handle, 20);

        Host.All.OfType<DataIndicated>().Select(data => data.Offset).ShouldBe([0L, 0L, 10L]);
    }

    [Fact]
    public async Task A_receive_posted_while_the_answer_is_out_gets_what_is_refused()
    {
        Host.Answering = Answering.Silence;
        Line line = await Bench.OffloadAsync();
        await line.Peer.SendAsync(10);
        await Host.Indicated(line.Handle, 10);
        NetBufferList list = line.Receive(noPush: true, 15)[0];
        await line.Peer.SendAsync(5);
        await line.SettledAsync();
        Host.IsBack(list).ShouldBeFalse();

        Host.BreakSilence(Answering.Refuse);
        await Host.Back(list);
        Pattern.Check(Line.DataOf(list), 0);
        list.BytesTransferred.ShouldBe(15);
    }

    [Fact]
    public async Task The_end_of_the_stream_is_said_only_when_all_data_before_it_was_taken()
    {
        Host.Answering = Answering.Silence;
        Line line = await Bench.OffloadAsync();
        await line.Peer.SendAsync(10);
        line.Peer.Finish();
        await Host.Indicated(line.Handle, 10);
        await line.SettledAsync();
        Host.PlaceOf(TcpOffloadEventType.Disconnect).ShouldBe(-1);

        Host.BreakSilence(Answering.Refuse);
        await line.SettledAsync();
        Host.PlaceOf(TcpOffloadEventType.Disconnect).ShouldBe(-1);

        NetBufferList list = line.Receive(noPush: true, 100)[0];
        (await Host.Event(line.Handle, TcpOffloadEventType.Disconnect)).StreamOffset.ShouldBe(10);
        list.BytesTransferred.ShouldBe(10);
    }

    [Fact]
    public async Task Unreturned_lists_stop_the_reading_and_returning_them_starts_it_again()
    {
        Host.Answering = Answering.TakeAndKeep;
        Line line = await Bench.OffloadAsync();
        Task sending = line.Peer.SendAsync(2_000_000);
        await line.SettledAsync();
        await Host.Hear<DataIndicated>();
        await line.SettledAsync();
        Host.ReceivePool.Out.ShouldBeLessThan(64);

        Host.Answering = Answering.TakeAndReturn;
        Host.ReturnKept();
        Pattern.Check(await Host.Indicated(line.Handle, 2_000_000), 0);
        await sending;
    }

    [Fact]
    public async Task An_empty_pool_stops_the_reading_and_loses_nothing()
    {
        Host.Answering = Answering.TakeAndKeep;
        var hoard = new List<NetBufferList>();
        while (Host.ReceivePool.Rent(null) is { } list)
            hoard.Add(list);
        Line[] lines = [await Bench.OffloadAsync(), await Bench.OffloadAsync(), await Bench.OffloadAsync()];
        foreach (Line line in lines)
        {
            await line.Peer.SendAsync(10);
            await line.SettledAsync();
        }

        Host.All.OfType<DataIndicated>().ShouldBeEmpty();
        hoard.ForEach(list => Host.ReceivePool.Return(list));
        foreach (Line line in lines)
            Pattern.Check(await Host.Indicated(line.Handle, 10), 0);
    }

    [Fact]
    public async Task A_single_list_is_enough_for_many_connections()
    {
        var hoard = new List<NetBufferList>();
        while (Host.ReceivePool.Rent(null) is { } list)
            hoard.Add(list);
        Host.ReceivePool.Return(hoard[0]);
        Line[] lines = [.. await Task.WhenAll(Enumerable.Range(0, 10).Select(_ => Bench.OffloadAsync()))];
        await Task.WhenAll(lines.Select(line => line.Peer.SendAsync(50_000)));

        foreach (Line line in lines)
            Pattern.Check(await Host.Indicated(line.Handle, 50_000), 0);
        hoard.Skip(1).ToList().ForEach(list => Host.ReceivePool.Return(list));
    }

    [Fact]
    public async Task A_dead_connection_passes_the_room_it_was_promised_on()
    {
        var hoard = new List<NetBufferList>();
        while (Host.ReceivePool.Rent(null) is { } list)
            hoard.Add(list);
        Line dead = await Bench.OffloadAsync();
        await dead.Peer.SendAsync(10);
        await dead.SettledAsync();
        Line living = await Bench.OffloadAsync();
        await living.Peer.SendAsync(10);
        await living.SettledAsync();
        await Host.Back(dead.Disconnect(DisconnectKind.Abortive));

        Host.ReceivePool.Return(hoard[0]);
        Pattern.Check(await Host.Indicated(living.Handle, 10), 0);
        hoard.Skip(1).ToList().ForEach(list => Host.ReceivePool.Return(list));
    }

    [Fact]
    public async Task Posted_space_needs_no_list_of_the_pool()
    {
        var hoard = new List<NetBufferList>();
        while (Host.ReceivePool.Rent(null) is { } list)
            hoard.Add(list);
        Line line = await Bench.OffloadAsync();
        await line.Peer.SendAsync(10);
        await line.SettledAsync();

        NetBufferList receive = line.Receive(noPush: false, 100)[0];
        (await Host.Back(receive)).Bytes.ShouldBe(10);
        line.Peer.Finish();
        await Host.Event(line.Handle, TcpOffloadEventType.Disconnect);
        hoard.ForEach(list => Host.ReceivePool.Return(list));
    }
}
