using ChimneyActors.Buffers;
using ChimneyActors.Ndis;

namespace ChimneyActors.Contract;

/// <summary>RECV: posted space.</summary>
public abstract class ReceiveContract : OffloadTargetContract
{
    [Fact]
    public async Task Posted_space_is_filled_in_order_and_not_indicated()
    {
        Line line = await Bench.OffloadAsync();
        NetBufferList[] lists = line.Receive(noPush: true, 10, 1_000, 1, 89);
        await line.Peer.SendAsync(1_100);
        await Host.Back(lists[^1]);

        long offset = 0;
        foreach (NetBufferList list in lists)
        {
            list.Status.ShouldBe(NdisStatus.Success);
            Pattern.Check(Line.DataOf(list), offset);
            offset += list.BytesTransferred;
        }

        offset.ShouldBe(1_100);
        int[] places = [.. lists.Select(list => Host.PlaceOf(list))];
        places.ShouldBe([.. places.Order()]);
        Host.All.OfType<DataIndicated>().ShouldBeEmpty();
        lists[1].FirstNetBuffer.DataOffset.ShouldBe(1_000);
    }

    [Fact]
    public async Task In_push_mode_what_is_there_is_given_at_once()
    {
        Line line = await Bench.OffloadAsync();
        NetBufferList[] lists = line.Receive(noPush: false, 1_000, 1_000);
        await line.Peer.SendAsync(30);
        (await Host.Back(lists[0])).Bytes.ShouldBe(30);

        Host.IsBack(lists[1]).ShouldBeFalse();
        await line.Peer.SendAsync(40);
        (await Host.Back(lists[1])).Bytes.ShouldBe(40);
        Pattern.Check(Line.DataOf(lists[1]), 30);
    }

    [Fact]
    public async Task One_completion_brings_all_that_is_full_and_at_most_one_that_is_not()
    {
        Host.Answering = Answering.Refuse;      // RECV-22
        Line line = await Bench.OffloadAsync();
        await line.Peer.SendAsync(10);
        await Host.Indicated(line.Handle, 10);
        await line.SettledAsync();

        NetBufferList[] lists = line.Receive(noPush: false, 4, 4, 4, 4);
        CameBack[] back = [await Host.Back(lists[0]), await Host.Back(lists[1]), await Host.Back(lists[2])];
        await line.SettledAsync();

        back.Select(one => one.Bytes).ShouldBe([4, 4, 2]);
        back.Select(one => one.Message).Distinct().ShouldHaveSingleItem();
        Host.IsBack(lists[3]).ShouldBeFalse("nothing is left for it");
        await line.Peer.SendAsync(1);
        (await Host.Back(lists[3])).Bytes.ShouldBe(1);
    }

    [Fact]
    public async Task In_non_push_mode_only_full_space_is_given()
    {
        Line line = await Bench.OffloadAsync();
        NetBufferList list = line.Receive(noPush: true, 100)[0];
        await line.Peer.SendAsync(99);
        await Host.Back(line.Send(1)[0]);   // the peer's acknowledgement came after its data
        await line.SettledAsync();
        Host.IsBack(list).ShouldBeFalse();
        line.Probe(list).ShouldBe(RequestProgress.WaitingForPeer);

        await line.Peer.SendAsync(1);
        (await Host.Back(list)).Bytes.ShouldBe(100);
        Pattern.Check(Line.DataOf(list), 0);
    }

    [Fact]
    public async Task A_request_of_no_bytes_succeeds_in_its_turn_and_takes_nothing()
    {
        Line line = await Bench.OffloadAsync();
        NetBufferList[] lists = line.Receive(noPush: true, 10, 0, 10);
        await line.SettledAsync();
        Host.IsBack(lists[1]).ShouldBeFalse();

        await line.Peer.SendAsync(20);
        await Host.Back(lists[2]);

        lists.Select(list => list.BytesTransferred).ShouldBe([10L, 0L, 10L]);
        Pattern.Check(Line.DataOf(lists[2]), 10);
        Host.PlaceOf(lists[0]).ShouldBeLessThan(Host.PlaceOf(lists[1]));
        Host.PlaceOf(lists[1]).ShouldBeLessThan(Host.PlaceOf(lists[2]));
    }

    [Fact]
    public async Task At_the_end_of_the_stream_posted_space_comes_back_with_what_it_holds_and_then_the_event()
    {
        Line line = await Bench.OffloadAsync();
        NetBufferList[] lists = line.Receive(noPush: true, 100, 100);
        await line.Peer.SendAsync(60);
        line.Peer.Finish();
        TcpOffloadEvent end = await Host.Event(line.Handle, TcpOffloadEventType.Disconnect);

        end.StreamOffset.ShouldBe(60);
        end.Information.ShouldBe(0);
        lists.ShouldAllBe(list => list.Status == NdisStatus.Success);
        lists.Select(list => list.BytesTransferred).ShouldBe([60L, 0L]);
        Host.PlaceOf(lists[1]).ShouldBeLessThan(Host.PlaceOf(TcpOffloadEventType.Disconnect));
    }

    [Fact]
    public async Task After_the_end_of_the_stream_posting_is_an_invalid_state_and_sending_goes_on()
    {
        Line line = await Bench.OffloadAsync();
        line.Peer.Finish();
        await Host.Event(line.Handle, TcpOffloadEventType.Disconnect);

        (await Host.Back(line.Receive(noPush: false, 10)[0])).Status.ShouldBe(NdisStatus.InvalidState);
        (await Host.Back(line.Receive(noPush: false, 0)[0])).Status.ShouldBe(NdisStatus.InvalidState);
        (await Host.Back(line.Send(1_000)[0])).Status.ShouldBe(NdisStatus.Success);
        await line.Peer.ReadAsync(1_000);
        Host.All.OfType<EventSaid>().Count(said => said.Event.Type == TcpOffloadEventType.Disconnect).ShouldBe(1);
    }

    [Fact]
    public async Task A_reset_is_said_first_and_then_everything_is_aborted_with_true_counts()
    {
        Line line = await Bench.OffloadAsync(small: true);
        NetBufferList[] receives = line.Receive(noPush: true, 50, 100);
        await line.Peer.SendAsync(80);
        await Host.Back(receives[0]);
        NetBufferList send = line.Send(Bench.MoreThanTheWireHolds)[0];
        NetBufferList end = line.Disconnect(DisconnectKind.Graceful, 10);
        await line.SettledAsync();
        long arrived = line.Peer.Reset();
        await Host.Event(line.Handle, TcpOffloadEventType.Abort);
        await Host.Back(receives[1]);

        new[] { send, end, receives[1] }.ShouldAllBe(list => list.Status == NdisStatus.RequestAborted);
        new[] { send, end, receives[1] }
            .ShouldAllBe(list => Host.PlaceOf(list) > Host.PlaceOf(TcpOffloadEventType.Abort));
        receives[1].BytesTransferred.ShouldBe(30);
        send.BytesTransferred.ShouldBeInRange(1, arrived);
        end.BytesTransferred.ShouldBe(0);
        (await Host.Back(line.Send(1)[0])).Status.ShouldBe(NdisStatus.RequestAborted);
    }

    [Fact]
    public async Task A_reset_of_an_idle_connection_is_heard()
    {
        Line line = await Bench.OffloadAsync();
        line.Peer.Reset();
        await Host.Event(line.Handle, TcpOffloadEventType.Abort);

        OffloadBlock block = line.Terminate();
        (await Host.Back(block)).Status.ShouldBe(NdisStatus.Success);
        block.Socket.ShouldBeNull();
        block.State.ShouldBe(TcpConnectionState.Closed);
    }

    [Fact]
    public async Task A_large_stream_arrives_whole_in_posted_space()
    {
        const int Total = 8 << 20;
        Host.Answering = Answering.Refuse;   // what comes between two posts is refused, and comes first in the next
        Line line = await Bench.OffloadAsync();
        Task sending = line.Peer.SendAsync(Total);
        long offset = 0;
        while (offset < Total)
        {
            NetBufferList[] lists = line.Receive(noPush: false, 100_000, 3, 70_000);
            await Host.Back(lists[^1]);
            foreach (NetBufferList list in lists)
            {
                Pattern.Check(Line.DataOf(list), offset);
                offset += list.BytesTransferred;
            }

            if (offset >= Total - 200_000)
                break;
        }

        if (offset < Total)
            await Host.Back(line.Receive(noPush: true, (int)(Total - offset))[0]);
        await sending;
    }
}
