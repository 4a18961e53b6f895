using ChimneyActors.Buffers;
using ChimneyActors.Ndis;

namespace ChimneyActors.Contract;

/// <summary>SEND: data to the peer.</summary>
public abstract class SendContract : OffloadTargetContract
{
    [Fact]
    public async Task A_send_succeeds_with_its_bytes_when_the_peer_has_acknowledged_them()
    {
        Line line = await Bench.OffloadAsync();
        NetBufferList list = line.Send(1_000)[0];
        CameBack back = await Host.Back(list);

        back.Status.ShouldBe(NdisStatus.Success);
        back.Bytes.ShouldBe(1_000);
        list.DataLength.ShouldBe(0);
        list.FirstNetBuffer.DataOffset.ShouldBe(1_000);
        await line.Peer.ReadAsync(1_000);
    }

    [Fact]
    public async Task A_chain_goes_out_and_comes_back_in_its_order()
    {
        Line line = await Bench.OffloadAsync();
        int[] lengths = [.. Enumerable.Range(1, 300)];
        NetBufferList[] first = line.Send(lengths);
        NetBufferList[] second = line.Send(lengths);

        await Host.Back(second[^1]);
        await line.Peer.ReadAsync(2 * lengths.Sum());

        int[] places = [.. first.Concat(second).Select(list => Host.PlaceOf(list))];
        places.ShouldBe([.. places.Order()]);
        first.Concat(second).ShouldAllBe(list => list.Status == NdisStatus.Success);
    }

    [Fact]
    public async Task Many_sends_come_back_in_few_completions()
    {
        Line line = await Bench.OffloadAsync();
        NetBufferList[] lists = line.Send([.. Enumerable.Repeat(10, 64)]);
        await Host.Back(lists[^1]);

        Host.All.OfType<CameBack>().Where(back => back.Operation == OffloadOperation.Send)
            .Select(back => back.Message).Distinct().Count().ShouldBeLessThan(64);
    }

    [Theory]
    [InlineData(100, 7)]
    [InlineData(100_000, 5)]
    [InlineData(500_000, 300)]
    public async Task Data_in_many_pieces_and_buffers_arrives_whole_and_every_buffer_is_advanced(int length, int pieces)
    {
        Line line = await Bench.OffloadAsync();
        NetBufferList list = line.SendInPieces(length, pieces);
        await line.Peer.ReadAsync(length);
        CameBack back = await Host.Back(list);

        back.Bytes.ShouldBe(length);
        for (NetBuffer? buffer = list.FirstNetBuffer; buffer is not null; buffer = buffer.Next)
            buffer.DataLength.ShouldBe(0);
    }

    [Fact]
    public async Task A_send_of_no_bytes_succeeds_in_its_turn()
    {
        Line line = await Bench.OffloadAsync();
        NetBufferList alone = line.Send(0)[0];
        (await Host.Back(alone)).Status.ShouldBe(NdisStatus.Success);

        NetBufferList[] lists = line.Send(100, 0, 100, 0);
        await Host.Back(lists[3]);

        int[] places = [.. lists.Select(list => Host.PlaceOf(list))];
        places.ShouldBe([.. places.Order()]);
        lists.Select(list => list.BytesTransferred).ShouldBe([100L, 0L, 100L, 0L]);
    }

    [Fact]
    public async Task A_peer_that_does_not_read_sees_no_completion_until_it_reads()
    {
        Line line = await Bench.OffloadAsync(small: true);
        NetBufferList large = line.Send(Bench.MoreThanTheWireHolds)[0];
        NetBufferList empty = line.Send(0)[0];
        await line.SettledAsync();

        Host.IsBack(large).ShouldBeFalse();
        Host.IsBack(empty).ShouldBeFalse();
        line.Probe(large).ShouldBe(RequestProgress.WaitingForPeer);
        line.Probe(empty).ShouldBe(RequestProgress.WaitingForPeer);

        await line.Peer.ReadAsync(Bench.MoreThanTheWireHolds);
        (await Host.Back(empty)).Status.ShouldBe(NdisStatus.Success);
        large.BytesTransferred.ShouldBe(Bench.MoreThanTheWireHolds);
        line.Probe(large).ShouldBe(RequestProgress.Unknown);
    }

    [Fact]
    public async Task Connections_do_not_wait_for_one_another()
    {
        Line stuck = await Bench.OffloadAsync(small: true);
        NetBufferList large = stuck.Send(Bench.MoreThanTheWireHolds)[0];
        Line[] lines = [await Bench.OffloadAsync(), await Bench.OffloadAsync(), await Bench.OffloadAsync()];
        foreach (Line line in lines)
            await Host.Back(line.Send(10)[0]);

        Host.IsBack(large).ShouldBeFalse();
    }

    [Fact]
    public async Task A_full_wire_tells_how_much_to_keep_outstanding_and_seldom_more()
    {
        Line line = await Bench.OffloadAsync(small: true);
        for (int round = 0; round < 3; round++)
        {
            NetBufferList list = line.Send(Bench.MoreThanTheWireHolds)[0];
            await line.Peer.ReadAsync(Bench.MoreThanTheWireHolds);
            await Host.Back(list);
        }

        TcpOffloadEvent[] said =
        [
            .. Host.All.OfType<EventSaid>().Select(heard => heard.Event)
                .Where(heard => heard.Type == TcpOffloadEventType.SendBacklogChange),
        ];
        said.Length.ShouldBeInRange(1, 8);
        said.ShouldAllBe(heard => heard.Information > 0);
    }

    [Fact]
    public async Task A_send_on_a_connection_that_is_not_here_comes_back_all_the_same()
    {
        Line line = await Bench.OffloadAsync();
        await Host.Back(line.Terminate());

        NetBufferList[] lists = line.Send(10, 10);
        await Host.Back(lists[1]);

        lists.ShouldAllBe(list => list.Status == NdisStatus.UploadInProgress && list.BytesTransferred == 0);
    }
}
