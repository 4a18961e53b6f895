using ChimneyActors.Buffers;
using ChimneyActors.Ndis;

namespace ChimneyActors.Contract;

/// <summary>DISC: the end of the send half, and of the connection.</summary>
public abstract class DisconnectContract : OffloadTargetContract
{
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(70_000)]
    public async Task Graceful_succeeds_when_the_peer_has_acknowledged_data_and_fin(int length)
    {
        Line line = await Bench.OffloadAsync();
        NetBufferList end = line.Disconnect(DisconnectKind.Graceful, length);
        (await line.Peer.ReadToEndAsync()).ShouldBeTrue();
        CameBack back = await Host.Back(end);

        back.Status.ShouldBe(NdisStatus.Success);
        back.Bytes.ShouldBe(length);
        end.DataLength.ShouldBe(0);
        line.Peer.BytesRead.ShouldBe(length);
    }

    [Fact]
    public async Task Graceful_comes_after_all_earlier_sends_in_order()
    {
        Line line = await Bench.OffloadAsync();
        NetBufferList[] sends = line.Send(10, 0, 100_000, 5);
        NetBufferList end = line.Disconnect(DisconnectKind.Graceful, 3);
        (await line.Peer.ReadToEndAsync()).ShouldBeTrue();
        await Host.Back(end);

        int[] places = [.. sends.Append(end).Select(list => Host.PlaceOf(list))];
        places.ShouldBe([.. places.Order()]);
        sends.Append(end).ShouldAllBe(list => list.Status == NdisStatus.Success);
        line.Peer.BytesRead.ShouldBe(100_018);
    }

    [Fact]
    public async Task Graceful_waits_as_long_as_the_peer_does_not_acknowledge()
    {
        Line line = await Bench.OffloadAsync(small: true);
        NetBufferList end = line.Disconnect(DisconnectKind.Graceful, Bench.MoreThanTheWireHolds);
        await line.SettledAsync();

        Host.IsBack(end).ShouldBeFalse();
        line.Probe(end).ShouldBe(RequestProgress.WaitingForPeer);

        (await line.Peer.ReadToEndAsync()).ShouldBeTrue();
        (await Host.Back(end)).Bytes.ShouldBe(Bench.MoreThanTheWireHolds);
    }

    [Fact]
    public async Task After_a_graceful_end_the_receive_half_goes_on()
    {
        Line line = await Bench.OffloadAsync();
        await Host.Back(line.Disconnect(DisconnectKind.Graceful));
        await line.Peer.SendAsync(5_000);
        line.Peer.Finish();

        Pattern.Check(await Host.Indicated(line.Handle, 5_000), 0);
        (await Host.Event(line.Handle, TcpOffloadEventType.Disconnect)).StreamOffset.ShouldBe(5_000);
    }

    [Fact]
    public async Task After_graceful_a_send_is_an_invalid_state_and_a_second_one_is_aborted_in_their_turn()
    {
        Line line = await Bench.OffloadAsync(small: true);
        NetBufferList first = line.Disconnect(DisconnectKind.Graceful, Bench.MoreThanTheWireHolds);
        NetBufferList late = line.Send(10)[0];
        NetBufferList second = line.Disconnect(DisconnectKind.Graceful, 10);
        (await line.Peer.ReadToEndAsync()).ShouldBeTrue();
        await Host.Back(second);

        line.Peer.BytesRead.ShouldBe(Bench.MoreThanTheWireHolds);
        first.Status.ShouldBe(NdisStatus.Success);
        late.Status.ShouldBe(NdisStatus.InvalidState);
        second.Status.ShouldBe(NdisStatus.RequestAborted);
        new[] { first.BytesTransferred, late.BytesTransferred, second.BytesTransferred }
            .ShouldBe([Bench.MoreThanTheWireHolds, 0L, 0L]);
        Host.PlaceOf(first).ShouldBeLessThan(Host.PlaceOf(late));
        Host.PlaceOf(late).ShouldBeLessThan(Host.PlaceOf(second));
    }

    [Fact]
    public async Task Abortive_resets_the_peer_and_completes_everything_else_first()
    {
        Line line = await Bench.OffloadAsync(small: true);
        NetBufferList[] receives = line.Receive(noPush: true, 100, 100);
        await line.Peer.SendAsync(130);
        await Host.Back(receives[0]);
        NetBufferList[] sends = line.Send(1_000, Bench.MoreThanTheWireHolds, 10);
        NetBufferList graceful = line.Disconnect(DisconnectKind.Graceful, 20);
        await line.SettledAsync();
        NetBufferList abort = line.Disconnect(DisconnectKind.Abortive);
        CameBack back = await Host.Back(abort);

        back.Status.ShouldBe(NdisStatus.Success);
        back.Bytes.ShouldBe(0);
        sends[1..].Append(graceful).Append(receives[1])
            .ShouldAllBe(list => list.Status == NdisStatus.RequestAborted);
        int[] places = [.. sends.Append(graceful).Append(receives[1]).Append(abort).Select(list => Host.PlaceOf(list))];
        places.ShouldBe([.. places.Order()]);
        receives[1].BytesTransferred.ShouldBe(30);
        (await line.Peer.ReadToEndAsync()).ShouldBeFalse();
        line.Peer.BytesRead.ShouldBeGreaterThanOrEqualTo(sends.Sum(list => list.BytesTransferred));
        sends[1].BytesTransferred.ShouldBeInRange(1, Bench.MoreThanTheWireHolds - 1);
        Host.PlaceOf(TcpOffloadEventType.Abort).ShouldBe(-1);
    }

    [Fact]
    public async Task Abortive_does_not_wait_for_the_answer_to_an_indication()
    {
        Host.Answering = Answering.Silence;
        Line line = await Bench.OffloadAsync();
        await line.Peer.SendAsync(100);
        await Host.Indicated(line.Handle, 100);

        (await Host.Back(line.Disconnect(DisconnectKind.Abortive))).Status.ShouldBe(NdisStatus.Success);

        Host.BreakSilence(Answering.Refuse);
        await line.SettledAsync();
        Host.All.OfType<DataIndicated>().Count().ShouldBe(1);
        (await Host.Back(line.Terminate())).Status.ShouldBe(NdisStatus.Success);
    }

    [Fact]
    public async Task After_an_abort_everything_is_aborted()
    {
        Line line = await Bench.OffloadAsync();
        await Host.Back(line.Disconnect(DisconnectKind.Abortive));

        NetBufferList send = line.Send(10)[0];
        NetBufferList receive = line.Receive(noPush: false, 10)[0];
        NetBufferList graceful = line.Disconnect(DisconnectKind.Graceful);
        NetBufferList abort = line.Disconnect(DisconnectKind.Abortive);
        await Host.Back(abort);

        new[] { send, receive, graceful, abort }
            .ShouldAllBe(list => list.Status == NdisStatus.RequestAborted && list.BytesTransferred == 0);
    }

    [Fact]
    public async Task Both_halves_can_close_at_once()
    {
        Line line = await Bench.OffloadAsync();
        NetBufferList end = line.Disconnect(DisconnectKind.Graceful, 100);
        await line.Peer.SendAsync(100);
        line.Peer.Finish();
        (await line.Peer.ReadToEndAsync()).ShouldBeTrue();

        (await Host.Back(end)).Status.ShouldBe(NdisStatus.Success);
        await Host.Event(line.Handle, TcpOffloadEventType.Disconnect);
        OffloadBlock block = line.Terminate();
        (await Host.Back(block)).Status.ShouldBe(NdisStatus.Success);
        block.FinSent.ShouldBeTrue();
        block.Positions.ShouldBe(new StreamPositions(100, 100, 100));
        Host.PlaceOf(TcpOffloadEventType.Abort).ShouldBe(-1);
    }
}
