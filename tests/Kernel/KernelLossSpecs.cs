using System.Net.Sockets;
using ChimneyActors.Buffers;
using ChimneyActors.Contract;
using ChimneyActors.Ndis;

namespace ChimneyActors.Kernel;

/// <summary>What is lost on the wire is not acknowledged, and nothing says otherwise.</summary>
public sealed class KernelLossSpecs
{
    private const int UserTimeout = 18;   // TCP_USER_TIMEOUT

    [Fact]
    public async Task A_send_waits_for_its_acknowledgement_and_the_next_one_behind_it()
    {
        await using var bench = new KernelBench();
        Line line = await bench.OffloadAsync();
        int peer = ((KernelPeer)line.Peer).Pair.PeerDescriptor;
        SegmentFilter.LoseAll(peer);
        NetBufferList[] lists = line.Send(10, 0);
        for (int pause = 0; pause < 20; pause++)
            await line.SettledAsync();
        bench.Host.IsBack(lists[0]).ShouldBeFalse();
        line.Probe(lists[1]).ShouldBe(RequestProgress.WaitingForPeer);

        SegmentFilter.LoseNothing(peer);
        await bench.Host.Back(lists[1]);
        lists.ShouldAllBe(list => list.Status == NdisStatus.Success);
        await line.Peer.ReadAsync(10);
    }

    [Fact]
    public async Task A_graceful_end_waits_for_the_acknowledgement_of_the_fin_though_all_data_is_acknowledged()
    {
        await using var bench = new KernelBench();
        Line line = await bench.OffloadAsync();
        int peer = ((KernelPeer)line.Peer).Pair.PeerDescriptor;
        NetBufferList send = line.Send(100)[0];
        await bench.Host.Back(send);
        SegmentFilter.LoseFins(peer);
        NetBufferList end = line.Disconnect(DisconnectKind.Graceful);
        for (int pause = 0; pause < 20; pause++)
            await line.SettledAsync();
        bench.Host.IsBack(end).ShouldBeFalse();
        line.Probe(end).ShouldBe(RequestProgress.WaitingForPeer);

        SegmentFilter.LoseNothing(peer);
        (await bench.Host.Back(end)).Status.ShouldBe(NdisStatus.Success);
        (await line.Peer.ReadToEndAsync()).ShouldBeTrue();
    }

    [Fact]
    public async Task With_the_fin_outstanding_the_data_before_it_counts_in_full()
    {
        await using var bench = new KernelBench();
        Line line = await bench.OffloadAsync();
        int peer = ((KernelPeer)line.Peer).Pair.PeerDescriptor;
        await bench.Host.Back(line.Send(100)[0]);
        SegmentFilter.LoseFins(peer);
        NetBufferList end = line.Disconnect(DisconnectKind.Graceful);
        await line.SettledAsync();
        OffloadBlock block = line.Terminate();
        await bench.Host.Back(block);

        end.Status.ShouldBe(NdisStatus.UploadInProgress);
        block.Positions.ShouldBe(new StreamPositions(100, 100, 0));
        block.FinSent.ShouldBeTrue();
        block.State.ShouldBe(TcpConnectionState.FinWait1);

        // Offloaded again, the FIN of the earlier owner can still be waited for.
        Line again = await bench.OffloadAsync(TargetBench.Continue(block), line.Peer);
        NetBufferList wait = again.Disconnect(DisconnectKind.Graceful);
        await again.SettledAsync();
        bench.Host.IsBack(wait).ShouldBeFalse();
        SegmentFilter.LoseNothing(peer);
        (await bench.Host.Back(wait)).Status.ShouldBe(NdisStatus.Success);
    }

    [Fact]
    public async Task A_peer_that_is_gone_leads_to_a_wish_for_upload_an_abort_and_true_counts()
    {
        await using var bench = new KernelBench();
        (OffloadBlock block, Peer peer) = bench.Connect();
        bench.Keep(peer);
        block.Socket!.SetRawSocketOption((int)SocketOptionLevel.Tcp, UserTimeout, BitConverter.GetBytes(300));
        Line line = await bench.OffloadAsync(block, peer);
        NetBufferList first = line.Send(100)[0];
        await bench.Host.Back(first);
        SegmentFilter.LoseAll(((KernelPeer)peer).Pair.PeerDescriptor);
        NetBufferList second = line.Send(100)[0];
        NetBufferList receive = line.Receive(noPush: false, 10)[0];
        await bench.Host.Back(receive);

        new[] { second, receive }
            .ShouldAllBe(list => list.Status == NdisStatus.RequestAborted && list.BytesTransferred == 0);
        bench.Host.All.OfType<EventSaid>().Select(said => (said.Event.Type, said.Event.Information)).ShouldBe(
        [
            (TcpOffloadEventType.Retrieve, (long)TcpUploadReason.TimeoutExpiration),
            (TcpOffloadEventType.Abort, 0L),
        ]);
    }
}
