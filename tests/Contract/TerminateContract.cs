using ChimneyActors.Buffers;
using ChimneyActors.Ndis;

namespace ChimneyActors.Contract;

/// <summary>TERM, INIT and Sever: how connections come and go.</summary>
public abstract class TerminateContract : OffloadTargetContract
{
    [Fact]
    public async Task An_idle_connection_comes_back_as_it_was()
    {
        Line line = await Bench.OffloadAsync();
        OffloadBlock block = line.Terminate();
        (await Host.Back(block)).Status.ShouldBe(NdisStatus.Success);

        block.State.ShouldBe(TcpConnectionState.Established);
        block.Positions.ShouldBe(default);
        block.BufferedData.IsEmpty.ShouldBeTrue();
        block.FinSent.ShouldBeFalse();
    }

    [Fact]
    public async Task Everything_outstanding_completes_before_the_terminate_with_true_counts()
    {
        Line line = await Bench.OffloadAsync(small: true);
        NetBufferList receive = line.Receive(noPush: true, 100)[0];
        await line.Peer.SendAsync(40);
        NetBufferList[] sends = line.Send(Bench.MoreThanTheWireHolds, 10);
        NetBufferList end = line.Disconnect(DisconnectKind.Graceful, 10);
        await line.SettledAsync();
        OffloadBlock block = line.Terminate();
        await Host.Back(block);

        Parcel[] all = [.. sends, end, receive];
        all.ShouldAllBe(parcel => parcel.Status == NdisStatus.UploadInProgress);
        all.ShouldAllBe(parcel => Host.PlaceOf(parcel) < Host.PlaceOf(block));
        receive.BytesTransferred.ShouldBe(40);
        sends[0].BytesTransferred.ShouldBe(block.Positions.Acknowledged);
        block.Positions.Accepted.ShouldBeGreaterThan(block.Positions.Acknowledged);
        block.Positions.Accepted.ShouldBeLessThan(Bench.MoreThanTheWireHolds);
        block.Positions.Received.ShouldBe(40);
        block.FinSent.ShouldBeFalse();
        await line.Peer.ReadAsync(block.Positions.Accepted);   // what was accepted arrives, once
    }

    [Fact]
    public async Task Refused_data_is_handed_up()
    {
        Host.Answering = Answering.Refuse;
        Line line = await Bench.OffloadAsync();
        await line.Peer.SendAsync(100);
        await Host.Indicated(line.Handle, 100);
        OffloadBlock block = line.Terminate();
        await Host.Back(block);

        block.BufferedData.Length.ShouldBe(100);
        Pattern.Check(block.BufferedData.Span, 0);
        block.Positions.Received.ShouldBe(100);
    }

    [Theory]
    [InlineData(Answering.TakeAndReturn, 0)]
    [InlineData(Answering.TakeAndKeep, 0)]
    [InlineData(Answering.Refuse, 100)]
    [InlineData(Answering.TakeHalf, 50)]
    [InlineData(Answering.LoseOnTheWay, 100)]
    public async Task A_terminate_waits_for_the_answer_to_an_indication(Answering answering, int left)
    {
        Host.Answering = Answering.Silence;
        Line line = await Bench.OffloadAsync();
        await line.Peer.SendAsync(100);
        await Host.Indicated(line.Handle, 100);
        OffloadBlock block = line.Terminate();
        await line.SettledAsync();
        Host.IsBack(block).ShouldBeFalse();
        line.Probe(block).ShouldBe(RequestProgress.InProgress);

        Host.BreakSilence(answering);
        await Host.Back(block);
        block.BufferedData.Length.ShouldBe(left);
        Pattern.Check(block.BufferedData.Span, 100 - left);
        Host.All.OfType<DataIndicated>().Count().ShouldBe(1);
        Host.ReturnKept();
    }

    [Fact]
    public async Task Offloaded_again_the_streams_go_on_where_they_were()
    {
        Host.Answering = Answering.Refuse;
        Line first = await Bench.OffloadAsync();
        await Host.Back(first.Send(5_000)[0]);
        await first.Peer.SendAsync(100);
        await Host.Indicated(first.Handle, 100);
        OffloadBlock left = first.Terminate();
        await Host.Back(left);

        Host.Answering = Answering.TakeAndReturn;
        OffloadBlock block = TargetBench.Continue(left);
        Line second = await Bench.OffloadAsync(block, first.Peer);
        block.Status.ShouldBe(NdisStatus.Success);
        await Host.Back(second.Send(5_000)[0]);
        await first.Peer.SendAsync(100);
        byte[] data = await Host.Indicated(second.Handle, 200);
        Pattern.Check(data, 0);   // what was handed up comes first
        await first.Peer.ReadAsync(10_000);

        OffloadBlock again = second.Terminate();
        await Host.Back(again);
        again.Positions.ShouldBe(new StreamPositions(10_000, 10_000, 200));
    }

    [Fact]
    public async Task Handed_over_data_goes_into_posted_space_first_once_there_is_some()
    {
        (OffloadBlock block, Peer peer) = Bench.Connect();
        Bench.Keep(peer);
        Host.Answering = Answering.Refuse;
        block.BufferedData = Pattern.Bytes(0, 10_000);
        block.Positions = new StreamPositions(0, 0, 10_000);
        Line line = await Bench.OffloadAsync(block, peer);
        await Host.Hear<DataIndicated>();
        NetBufferList list = line.Receive(noPush: true, 10_000)[0];
        (await Host.Back(list)).Bytes.ShouldBe(10_000);
        Pattern.Check(Line.DataOf(list), 0);
        Host.PlaceOf(block).ShouldBe(0);
    }

    [Fact]
    public async Task A_second_terminate_fails_and_the_first_is_unharmed()
    {
        Host.Answering = Answering.Silence;
        Line line = await Bench.OffloadAsync();
        await line.Peer.SendAsync(1);
        await Host.Indicated(line.Handle, 1);
        OffloadBlock first = line.Terminate();
        OffloadBlock second = line.Terminate();
        (await Host.Back(second)).Status.ShouldBe(NdisStatus.Failure);
        Host.BreakSilence(Answering.TakeAndReturn);
        (await Host.Back(first)).Status.ShouldBe(NdisStatus.Success);
    }

    [Fact]
    public async Task While_uploading_everything_new_is_told_so()
    {
        Host.Answering = Answering.Silence;
        Line line = await Bench.OffloadAsync();
        await line.Peer.SendAsync(1);
        await Host.Indicated(line.Handle, 1);
        OffloadBlock block = line.Terminate();

        NetBufferList[] lists =
        [
            line.Send(10)[0], line.Receive(noPush: false, 10)[0],
            line.Disconnect(DisconnectKind.Graceful), line.Disconnect(DisconnectKind.Abortive),
        ];
        await Host.Back(lists[^1]);
        lists.ShouldAllBe(list => list.Status == NdisStatus.UploadInProgress && list.BytesTransferred == 0);
        Host.BreakSilence(Answering.Refuse);
        await Host.Back(block);
    }

    [Fact]
    public async Task Severing_says_what_is_left_and_completes_nothing()
    {
        Host.Answering = Answering.Refuse;
        Line line = await Bench.OffloadAsync(small: true);
        await line.Peer.SendAsync(100);
        await Host.Indicated(line.Handle, 100);
        NetBufferList send = line.Send(Bench.MoreThanTheWireHolds)[0];
        NetBufferList end = line.Disconnect(DisconnectKind.Graceful, 10);
        Severed left = await line.SeverAsync();

        left.Positions.Received.ShouldBe(100);
        left.BufferedOffset.ShouldBe(0);
        left.BufferedData.Length.ShouldBe(100);
        Pattern.Check(left.BufferedData.Span, 0);
        left.State.ShouldBe(TcpConnectionState.Established);
        left.Positions.Acknowledged.ShouldBeLessThanOrEqualTo(left.Positions.Accepted);
        await line.Peer.ReadAsync(left.Positions.Accepted);
        Host.IsBack(send).ShouldBeFalse();
        Host.IsBack(end).ShouldBeFalse();
        line.Probe(send).ShouldBe(RequestProgress.Unknown);
    }

    [Fact]
    public async Task Severing_gives_back_what_a_receive_held_that_was_not_full()
    {
        Line line = await Bench.OffloadAsync();
        NetBufferList first = line.Receive(noPush: true, 50)[0];
        NetBufferList second = line.Receive(noPush: true, 1000)[0];
        await line.Peer.SendAsync(100);
        await Host.Back(first);
        Severed left = await line.SeverAsync();

        Host.IsBack(second).ShouldBeFalse();
        left.BufferedOffset.ShouldBe(50);
        left.BufferedData.Length.ShouldBe((int)left.Positions.Received - 50);
        Pattern.Check(left.BufferedData.Span, 50);
    }

    [Fact]
    public async Task After_severing_an_answer_brings_its_list_home_and_says_nothing()
    {
        Host.Answering = Answering.Silence;
        Line line = await Bench.OffloadAsync();
        await line.Peer.SendAsync(100);
        await Host.Indicated(line.Handle, 100);
        Severed left = await line.SeverAsync();
        left.BufferedData.IsEmpty.ShouldBeTrue();
        left.BufferedOffset.ShouldBe(100);

        Host.BreakSilence(Answering.Refuse);
        await line.SettledAsync();
        Host.ReceivePool.Out.ShouldBe(0);
    }

    [Fact]
    public async Task Of_a_connection_that_was_aborted_or_never_was_nothing_is_left()
    {
        Line aborted = await Bench.OffloadAsync();
        await Host.Back(aborted.Send(10)[0]);
        await Host.Back(aborted.Disconnect(DisconnectKind.Abortive));
        Severed left = await aborted.SeverAsync();
        left.Socket.ShouldBeNull();
        left.State.ShouldBe(TcpConnectionState.Closed);
        left.Positions.Acknowledged.ShouldBe(10);

        Bench.Target.Sever(new OffloadHandle(77, 77), Host);
        RemainsSaid said = await Host.Hear<RemainsSaid>(heard => heard.Connection == new OffloadHandle(77, 77));
        said.Severed.Socket.ShouldBeNull();
    }

    [Fact]
    public async Task Parcels_whose_journey_ended_elsewhere_are_left_alone()
    {
        Line line = await Bench.OffloadAsync(small: true);
        NetBufferList[] sends = line.Send(Bench.MoreThanTheWireHolds, 10, 10);
        await line.SettledAsync();
        FlightId flight = sends[1].Custody.Flight;
        sends[1].TryComplete(flight, Host.Holder, NdisStatus.UploadInProgress, 0).ShouldBeTrue();

        await line.Peer.ReadAsync(Bench.MoreThanTheWireHolds + 20);
        await Host.Back(sends[2]);
        Host.IsBack(sends[1]).ShouldBeFalse();
        sends[1].Status.ShouldBe(NdisStatus.UploadInProgress);
    }
}
