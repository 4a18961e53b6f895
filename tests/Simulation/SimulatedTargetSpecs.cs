using ChimneyActors.Buffers;
using ChimneyActors.Contract;
using ChimneyActors.Ndis;
using ChimneyActors.Targets.Simulated;

namespace ChimneyActors.Simulation;

/// <summary>What only a target with a TCP of its own can show: bad peers, lost time, the hand-over of state.</summary>
public sealed class SimulatedTargetSpecs : SimulatedSpec
{
    [Fact]
    public async Task Nothing_is_said_before_the_network_is_driven()
    {
        (OffloadBlock block, Peer peer) = Bench.Connect();
        var handle = new OffloadHandle(1, 1);
        Bench.Submit(block, OffloadOperation.Initiate, handle, flight => new InitiateOffload(flight));
        Host.All.ShouldBeEmpty();
        Network.NextDue.ShouldBe(Network.Now);

        Network.Step();
        Host.IsBack(block).ShouldBeTrue();
        Network.Advance(Network.Now);
        Network.NextDue.ShouldBeNull();
        await peer.SendAsync(1);
        Network.NextDue.ShouldNotBeNull().ShouldBeGreaterThan(Network.Now);
    }

    [Fact]
    public async Task A_peer_that_withholds_acknowledgements_leaves_everything_pending_and_then_all_is_true()
    {
        Line line = await Bench.OffloadAsync();
        SimulatedPeer peer = PeerOf(line);
        peer.IsMute = true;
        NetBufferList send = line.Send(1_000)[0];
        NetBufferList end = line.Disconnect(DisconnectKind.Graceful, 10);
        await line.SettledAsync();

        peer.Received.ShouldBe(1_010);
        Host.IsBack(send).ShouldBeFalse();
        Host.IsBack(end).ShouldBeFalse();
        line.Probe(end).ShouldBe(RequestProgress.WaitingForPeer);

        peer.IsMute = false;
        (await Host.Back(end)).Status.ShouldBe(NdisStatus.Success);
        send.BytesTransferred.ShouldBe(1_000);
    }

    [Fact]
    public async Task A_peer_that_never_answers_ends_in_a_wish_for_upload_and_an_abort()
    {
        Line line = await Bench.OffloadAsync();
        PeerOf(line).IsMute = true;
        NetBufferList send = line.Send(1_000)[0];
        (await Host.Back(send)).Status.ShouldBe(NdisStatus.RequestAborted);

        send.BytesTransferred.ShouldBe(0);
        TcpOffloadEvent wish = await Host.Event(line.Handle, TcpOffloadEventType.Retrieve);
        wish.Information.ShouldBe((long)TcpUploadReason.TimeoutExpiration);
        Host.PlaceOf(TcpOffloadEventType.Retrieve).ShouldBeLessThan(Host.PlaceOf(TcpOffloadEventType.Abort));
        Host.PlaceOf(TcpOffloadEventType.Abort).ShouldBeLessThan(Host.PlaceOf(send));
        OffloadBlock block = line.Terminate();
        (await Host.Back(block)).Status.ShouldBe(NdisStatus.Success);
        block.Socket.ShouldBeNull();
    }

    [Theory]
    [InlineData(-70_000, "None")]
    [InlineData(70_000, "None")]
    [InlineData(70_000, "Rst")]
    [InlineData(70_000, "Fin")]
    [InlineData(5, "Rst")]
    public async Task What_lies_out_of_window_does_not_touch_the_connection(int offset, string bits)
    {
        SegmentFlags flags = Enum.Parse<SegmentFlags>(bits);
        Line line = await Bench.OffloadAsync();
        PeerOf(line).Forge(offset, new byte[flags == SegmentFlags.Rst ? 0 : 100], flags);
        await line.SettledAsync();
        Host.All.OfType<EventSaid>().ShouldBeEmpty();
        Host.All.OfType<DataIndicated>().ShouldBeEmpty();

        await line.Peer.SendAsync(10);
        Pattern.Check(await Host.Indicated(line.Handle, 10), 0);
        (await Host.Back(line.Send(10)[0])).Status.ShouldBe(NdisStatus.Success);
    }

    [Fact]
    public async Task While_the_host_has_it_the_line_delivers_what_was_accepted_and_keeps_what_arrives()
    {
        Line first = await Bench.OffloadAsync();
        SimulatedPeer peer = PeerOf(first);
        peer.IsMute = true;
        first.Send(20_000);
        await first.SettledAsync();
        peer.Send(Pattern.Bytes(0, 500));           // lost, and sent again when the peer speaks
        OffloadBlock left = first.Terminate();
        await Host.Back(left);
        left.Positions.Acknowledged.ShouldBe(0);
        left.Positions.Accepted.ShouldBeInRange(1, 20_000);

        peer.IsMute = false;
        peer.Send(Pattern.Bytes(500, 500));
        Network.Advance(Network.Now + TimeSpan.FromMinutes(5));
        peer.Received.ShouldBe(left.Positions.Accepted);
        peer.Acknowledged.ShouldBe(1_000);

        Line second = await Bench.OffloadAsync(TargetBench.Continue(left), first.Peer);
        Pattern.Check(await Host.Indicated(second.Handle, 1_000), 0);
        (await Host.Back(second.Send(5_000)[0])).Status.ShouldBe(NdisStatus.Success);
        await first.Peer.ReadAsync(left.Positions.Accepted + 5_000);
    }

    [Fact]
    public async Task Urgent_data_is_left_to_the_host_and_then_the_stream_goes_on()
    {
        Line first = await Bench.OffloadAsync();
        await first.Peer.SendAsync(100);
        await Host.Indicated(first.Handle, 100);
        PeerOf(first).Forge(100, Pattern.Bytes(100, 50), SegmentFlags.Urg);
        TcpOffloadEvent wish = await Host.Event(first.Handle, TcpOffloadEventType.Retrieve);
        wish.Information.ShouldBe((long)TcpUploadReason.ReceivedUrgentData);
        await first.Peer.SendAsync(200);            // the forged bytes are the beginning of these
        await first.SettledAsync();
        Host.All.OfType<EventSaid>().Count().ShouldBe(1);
        Host.All.OfType<DataIndicated>().Count().ShouldBe(1);

        OffloadBlock left = first.Terminate();
        await Host.Back(left);
        left.Positions.Received.ShouldBe(100);
        await first.SettledAsync();
        Line second = await Bench.OffloadAsync(TargetBench.Continue(left), first.Peer);
        Pattern.Check(await Host.Indicated(second.Handle, 300), 100);
    }

    [Fact]
    public async Task A_syn_of_a_peer_that_knows_nothing_any_more_ends_the_connection_for_the_host()
    {
        Line line = await Bench.OffloadAsync();
        PeerOf(line).Forge(0, default, SegmentFlags.Syn);
        TcpOffloadEvent wish = await Host.Event(line.Handle, TcpOffloadEventType.Retrieve);
        wish.Information.ShouldBe((long)TcpUploadReason.InvalidState);
        OffloadBlock left = line.Terminate();
        await Host.Back(left);
        left.State.ShouldBe(TcpConnectionState.Closed);
    }

    [Fact]
    public async Task A_peer_that_is_silent_in_fin_wait_2_leads_to_a_wish_for_upload()
    {
        Line line = await Bench.OffloadAsync();
        (await Host.Back(line.Disconnect(DisconnectKind.Graceful))).Status.ShouldBe(NdisStatus.Success);
        TcpOffloadEvent wish = await Host.Event(line.Handle, TcpOffloadEventType.Retrieve);
        wish.Information.ShouldBe((long)TcpUploadReason.TimeoutExpiration);
        OffloadBlock left = line.Terminate();
        await Host.Back(left);
        left.State.ShouldBe(TcpConnectionState.Closed);
        left.FinSent.ShouldBeTrue();
    }

    [Fact]
    public async Task What_was_set_after_an_abort_is_what_is_queried()
    {
        Line line = await Bench.OffloadAsync();
        await Host.Back(line.Disconnect(DisconnectKind.Abortive));
        OffloadBlock update = line.Update(new TcpOffloadStateCached { TimeToLive = 147 });
        (await Host.Back(update)).Status.ShouldBe(NdisStatus.Success);
        OffloadBlock query = line.Query();
        await Host.Back(query);
        query.Queried!.Cached.TimeToLive.ShouldBe(147);
    }

    [Fact]
    public async Task In_time_wait_there_is_one_wish_for_upload()
    {
        Line line = await Bench.OffloadAsync();
        (await Host.Back(line.Disconnect(DisconnectKind.Graceful))).Status.ShouldBe(NdisStatus.Success);
        await line.SettledAsync();
        Host.All.OfType<EventSaid>().ShouldBeEmpty();
        line.Peer.Finish();
        TcpOffloadEvent wish = await Host.Event(line.Handle, TcpOffloadEventType.Retrieve);
        wish.Information.ShouldBe((long)TcpUploadReason.UploadRequested);
        await line.SettledAsync();
        Host.All.OfType<EventSaid>().Count(said => said.Event.Type == TcpOffloadEventType.Retrieve).ShouldBe(1);
        OffloadBlock left = line.Terminate();
        await Host.Back(left);
        (left.State, left.FinSent).ShouldBe((TcpConnectionState.TimeWait, true));
    }

    [Fact]
    public async Task A_line_can_be_offloaded_to_another_adapter_of_the_same_network()
    {
        Line first = await Bench.OffloadAsync();
        await Host.Back(first.Send(5_000)[0]);
        OffloadBlock left = first.Terminate();
        await Host.Back(left);

        var other = new SimulatedTarget(Network);
        OffloadBlock block = TargetBench.Continue(left);
        var handle = new OffloadHandle(7, 7);
        block.Operation = OffloadOperation.Initiate;
        block.Connection = handle;
        other.Submit(new InitiateOffload(Flight.Depart(block, Host.Holder)), Host);
        (await Host.Back(block)).Status.ShouldBe(NdisStatus.Success);
        other.Connections.ShouldBe(1);
        Bench.SimulatedTarget.Connections.ShouldBe(0);
        other.Remove();
    }

    [Fact]
    public async Task What_is_offloaded_already_or_unknown_or_dead_is_not_taken()
    {
        Line line = await Bench.OffloadAsync();
        SimulatedLine simulated = Network.Lines[0];
        (await Refused(simulated.Socket)).ShouldBe(NdisStatus.OffloadConnectionRejected);
        using var foreign = new System.Net.Sockets.Socket(
            System.Net.Sockets.SocketType.Stream, System.Net.Sockets.ProtocolType.Tcp);
        (await Refused(foreign)).ShouldBe(NdisStatus.OffloadConnectionRejected);
        (await Refused(null)).ShouldBe(NdisStatus.Failure);

        (OffloadBlock dead, Peer peer) = Bench.Connect();
        peer.Reset();
        await line.SettledAsync();
        (await Refused(dead.Socket)).ShouldBe(NdisStatus.OffloadConnectionRejected);
    }

    [Fact]
    public async Task There_is_a_limit_of_connections()
    {
        await using var bench = new SimulatedBench(new SimulatedTargetSettings { ConnectionsMax = 1 });
        Line line = await bench.OffloadAsync();
        (OffloadBlock block, Peer peer) = bench.Connect();
        await bench.OffloadAsync(block, peer);
        block.Status.ShouldBe(NdisStatus.OffloadTcpEntries);
        await bench.Host.Back(line.Terminate());
        OffloadBlock again = TargetBench.Continue(block);
        await bench.OffloadAsync(again, peer);
        again.Status.ShouldBe(NdisStatus.Success);
    }

    [Fact]
    public async Task A_host_that_disposes_of_its_socket_resets_the_peer()
    {
        Line line = await Bench.OffloadAsync();
        OffloadBlock block = line.Terminate();
        await Host.Back(block);
        block.Socket!.Dispose();
        (await line.Peer.ReadToEndAsync()).ShouldBeFalse();
    }

    [Fact]
    public async Task Chosen_steps_of_several_connections_come_in_the_chosen_order()
    {
        Line[] lines = [await Bench.OffloadAsync(), await Bench.OffloadAsync()];
        Network.Advance(Network.Now);
        NetBufferList[] empty = [lines[0].Send(0)[0], lines[1].Send(0)[0]];
        Network.Ready.ShouldBe(2);
        while (!Host.IsBack(empty[1]))
            Network.Step(Network.Ready - 1);
        Host.IsBack(empty[0]).ShouldBeFalse();
        await Host.Back(empty[0]);
    }

    private async Task<NdisStatus> Refused(System.Net.Sockets.Socket? socket)
    {
        var block = new OffloadBlock { Socket = socket };
        block.Custody.Set(CustodyState.Rented, default, HolderId.None);
        await Bench.OffloadAsync(block, new BenchPeer(Bench, Network.Lines[0].Peer));
        return block.Status;
    }
}
