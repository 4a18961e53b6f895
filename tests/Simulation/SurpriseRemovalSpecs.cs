using ChimneyActors.Buffers;
using ChimneyActors.Contract;
using ChimneyActors.Ndis;

namespace ChimneyActors.Simulation;

/// <summary>LIFE: an adapter that vanishes under its connections.</summary>
public sealed class SurpriseRemovalSpecs : SimulatedSpec
{
    [Fact]
    public async Task Everything_outstanding_comes_back_once_behind_the_abort_of_its_connection()
    {
        Line line = await Bench.OffloadAsync(small: true);
        NetBufferList receive = line.Receive(noPush: true, 100)[0];
        await line.Peer.SendAsync(40);
        NetBufferList send = line.Send(Bench.MoreThanTheWireHolds)[0];
        NetBufferList end = line.Disconnect(DisconnectKind.Graceful, 10);
        await line.SettledAsync();
        NetBufferList late = line.Send(5)[0];       // submitted, and not looked at yet
        Bench.SimulatedTarget.Remove();

        new[] { send, end, receive, late }.ShouldAllBe(list => list.Status == NdisStatus.RequestAborted);
        new[] { send, end, receive, late }
            .ShouldAllBe(list => Host.PlaceOf(list) > Host.PlaceOf(TcpOffloadEventType.Abort));
        receive.BytesTransferred.ShouldBe(40);
        send.BytesTransferred.ShouldBeInRange(1, 4_096);
        Host.PlaceOf(TcpOffloadEventType.Abort).ShouldBeGreaterThan(0);
        Bench.SimulatedTarget.Connections.ShouldBe(0);
    }

    [Fact]
    public async Task A_terminate_that_waits_fails_and_indicated_lists_can_still_be_given_back()
    {
        Host.Answering = Answering.Silence;
        Line line = await Bench.OffloadAsync();
        await line.Peer.SendAsync(100);
        await Host.Indicated(line.Handle, 100);
        OffloadBlock block = line.Terminate();
        await line.SettledAsync();
        Bench.SimulatedTarget.Remove();

        block.Status.ShouldBe(NdisStatus.Failure);
        block.Socket.ShouldBeNull();
        Host.BreakSilence(Answering.Refuse);
        Host.ReceivePool.Out.ShouldBe(0);
    }

    [Fact]
    public async Task What_is_asked_later_is_refused_at_once()
    {
        Line line = await Bench.OffloadAsync();
        (OffloadBlock waiting, Peer peer) = Bench.Connect();
        var handle = new OffloadHandle(50, 1);
        Bench.Submit(waiting, OffloadOperation.Initiate, handle, flight => new InitiateOffload(flight));
        Bench.SimulatedTarget.Remove();
        waiting.Status.ShouldBe(NdisStatus.Failure);

        NetBufferList send = line.Send(10)[0];
        NetBufferList receive = line.Receive(noPush: false, 10)[0];
        NetBufferList end = line.Disconnect(DisconnectKind.Graceful);
        NetBufferList abort = line.Disconnect(DisconnectKind.Abortive);
        new[] { send, receive, end, abort }.ShouldAllBe(list => list.Status == NdisStatus.RequestAborted);
        line.Terminate().Status.ShouldBe(NdisStatus.Failure);
        (await line.SeverAsync()).Socket.ShouldBeNull();
        OffloadBlock again = TargetBench.Continue(waiting);
        await Bench.OffloadAsync(again, peer);
        again.Status.ShouldBe(NdisStatus.Failure);
    }

    [Fact]
    public async Task The_peer_hears_nothing_and_gives_up_by_itself()
    {
        Line line = await Bench.OffloadAsync();
        await Host.Back(line.Send(10)[0]);
        Bench.SimulatedTarget.Remove();
        await line.Peer.SendAsync(10);
        Bench.Until(() => Network.Lines[0].Peer.IsTimedOut);

        Network.Lines[0].Peer.IsReset.ShouldBeFalse();
        Network.Lines[0].State.ShouldBe(TcpConnectionState.Closed);
    }

    [Fact]
    public async Task A_connection_that_was_given_back_before_lives_on_at_the_host()
    {
        Line line = await Bench.OffloadAsync();
        OffloadBlock block = line.Terminate();
        await Host.Back(block);
        Bench.SimulatedTarget.Remove();

        await line.Peer.SendAsync(10);
        await line.SettledAsync();
        Network.Lines[0].Peer.Acknowledged.ShouldBe(10);
    }
}
