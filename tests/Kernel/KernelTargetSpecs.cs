using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using ChimneyActors.Buffers;
using ChimneyActors.Contract;
using ChimneyActors.Ndis;
using ChimneyActors.Targets.Kernel;

namespace ChimneyActors.Kernel;

/// <summary>What only a target with real sockets has to answer for.</summary>
public sealed partial class KernelTargetSpecs
{
    private const int GetFlags = 3;

    [Fact]
    public async Task Only_connected_tcp_sockets_are_taken()
    {
        await using var bench = new KernelBench();
        using var idle = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        using var datagrams = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        using var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listener.Listen(1);
        var closed = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        closed.Dispose();

        (await Offload(bench, idle)).ShouldBe(NdisStatus.OffloadConnectionRejected);
        (await Offload(bench, datagrams)).ShouldBe(NdisStatus.OffloadConnectionRejected);
        (await Offload(bench, listener)).ShouldBe(NdisStatus.OffloadConnectionRejected);
        (await Offload(bench, closed)).ShouldBe(NdisStatus.Failure);
        (await Offload(bench, null)).ShouldBe(NdisStatus.Failure);
        bench.KernelTarget.Connections.ShouldBe(0);
    }

    [Fact]
    public async Task A_socket_is_served_only_once_at_a_time()
    {
        await using var bench = new KernelBench();
        using SocketPair pair = SocketPair.Connect();
        (await Offload(bench, pair.Ours)).ShouldBe(NdisStatus.Success);
        (await Offload(bench, pair.Ours)).ShouldBe(NdisStatus.OffloadConnectionRejected);
        (await Offload(bench, pair.Ours)).ShouldBe(NdisStatus.OffloadConnectionRejected);   // the other loop
        bench.KernelTarget.Connections.ShouldBe(1);
    }

    [Fact]
    public async Task Beyond_the_capacity_an_initiate_fails_and_a_terminate_makes_room()
    {
        await using var bench = new KernelBench(new KernelTargetSettings { ConnectionsMax = 2 });
        Line first = await bench.OffloadAsync();
        await bench.OffloadAsync();
        using SocketPair pair = SocketPair.Connect();
        (await Offload(bench, pair.Ours)).ShouldBe(NdisStatus.OffloadTcpEntries);

        await bench.Host.Back(first.Terminate());
        (await Offload(bench, pair.Ours)).ShouldBe(NdisStatus.Success);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task An_uploaded_socket_works_with_ordinary_calls(bool blocking)
    {
        await using var bench = new KernelBench();
        Line line = await bench.OffloadAsync();
        await bench.Host.Back(line.Send(100)[0]);
        OffloadBlock block = line.Terminate();
        await bench.Host.Back(block);
        Socket socket = block.Socket!;
        Socket peer = ((KernelPeer)line.Peer).Pair.Peer;
        socket.ReceiveTimeout = (int)Limits.Patience.TotalMilliseconds;

        var buffer = new byte[4];
        if (blocking)
        {
            socket.Send("ping"u8).ShouldBe(4);
            peer.Send("pong"u8);
            socket.Receive(buffer).ShouldBe(4);
        }
        else
        {
            (await socket.SendAsync("ping"u8.ToArray())).ShouldBe(4);
            ValueTask<int> reading = socket.ReceiveAsync(buffer.AsMemory());
            peer.Send("pong"u8);
            (await reading.AsTask().WaitAsync(Limits.Patience)).ShouldBe(4);
        }

        buffer.ShouldBe("pong"u8.ToArray());
        await line.Peer.ReadAsync(100);
        peer.Receive(buffer).ShouldBe(4);
        buffer.ShouldBe("ping"u8.ToArray());
        socket.Shutdown(SocketShutdown.Send);
        peer.Receive(buffer).ShouldBe(0);
    }

    [Fact]
    public async Task A_socket_that_was_used_asynchronously_before_can_be_used_so_again()
    {
        await using var bench = new KernelBench();
        using var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listener.Listen(1);
        using var ours = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        await ours.ConnectAsync(listener.LocalEndPoint!);
        using Socket theirs = await listener.AcceptAsync();
        var buffer = new byte[10];
        Task<int> waiting = ours.ReceiveAsync(buffer.AsMemory()).AsTask();   // now the framework watches it too
        theirs.Send(Pattern.Bytes(0, 10)).ShouldBe(10);
        (await waiting).ShouldBe(10);

        Line line = await bench.OffloadAsync(KernelBench.BlockOf(ours), null!);
        theirs.Send(Pattern.Bytes(0, 500));
        Pattern.Check(await bench.Host.Indicated(line.Handle, 500), 0);
        await bench.Host.Back(line.Send(500)[0]);
        OffloadBlock block = line.Terminate();
        await bench.Host.Back(block);

        waiting = block.Socket!.ReceiveAsync(buffer.AsMemory()).AsTask();
        theirs.Send("again"u8);
        (await waiting.WaitAsync(Limits.Patience)).ShouldBe(5);
        theirs.Send("at once"u8);
        WaitReadable(ours);
        (await ours.ReceiveAsync(buffer.AsMemory()).AsTask().WaitAsync(Limits.Patience)).ShouldBe(7);
    }

    [Fact]
    public async Task The_users_socket_is_never_changed()
    {
        await using var bench = new KernelBench();
        (OffloadBlock block, Peer peer) = bench.Connect();
        bench.Keep(peer);
        Socket socket = block.Socket!;
        int flags = fcntl((int)socket.Handle, GetFlags, 0);
        Line line = await bench.OffloadAsync(block, peer);
        await bench.Host.Back(line.Send(100_000)[0]);
        await peer.SendAsync(1_000);
        await bench.Host.Indicated(line.Handle, 1_000);

        fcntl((int)socket.Handle, GetFlags, 0).ShouldBe(flags);
        socket.Blocking.ShouldBeTrue();
        OffloadBlock back = line.Terminate();
        await bench.Host.Back(back);
        back.Socket.ShouldBeSameAs(socket);
        fcntl((int)socket.Handle, GetFlags, 0).ShouldBe(flags);
    }

    [Fact]
    public async Task What_the_kernel_holds_unread_stays_there_for_the_host()
    {
        await using var bench = new KernelBench();
        bench.Host.Answering = Answering.Refuse;
        Line line = await bench.OffloadAsync();
        await line.Peer.SendAsync(100);
        await bench.Host.Indicated(line.Handle, 100);
        await line.Peer.SendAsync(50);
        OffloadBlock block = line.Terminate();
        await bench.Host.Back(block);

        block.BufferedData.Length.ShouldBe(100);
        var rest = new byte[100];
        block.Socket!.Receive(rest).ShouldBe(50);
        Pattern.Check(rest.AsSpan(0, 50), 100);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_half_closed_socket_can_be_offloaded(bool oursFirst)
    {
        await using var bench = new KernelBench();
        (OffloadBlock block, Peer peer) = bench.Connect();
        bench.Keep(peer);
        if (oursFirst)
            block.Socket!.Shutdown(SocketShutdown.Send);
        else
            peer.Finish();
        Line line = await bench.OffloadAsync(block, peer);
        block.Status.ShouldBe(NdisStatus.Success);

        if (oursFirst)
        {
            (await bench.Host.Back(line.Send(1)[0])).Status.ShouldBe(NdisStatus.InvalidState);
            (await bench.Host.Back(line.Disconnect(DisconnectKind.Graceful))).Status.ShouldBe(NdisStatus.Success);
            await peer.SendAsync(10);
            await bench.Host.Indicated(line.Handle, 10);
        }
        else
        {
            await bench.Host.Event(line.Handle, TcpOffloadEventType.Disconnect);
            await bench.Host.Back(line.Send(10)[0]);
            (await bench.Host.Back(line.Disconnect(DisconnectKind.Graceful))).Status.ShouldBe(NdisStatus.Success);
        }
    }

    [Fact]
    public async Task Bytes_taken_before_the_hand_over_count_as_outstanding()
    {
        await using var bench = new KernelBench();
        (OffloadBlock block, Peer peer) = bench.Connect(small: true);
        bench.Keep(peer);
        int before = 0;
        var chunk = Pattern.Bytes(0, 1 << 20);
        for (int taken; (taken = NativeTcp.Send((int)block.Socket!.Handle, chunk.AsSpan(before))) > 0;)
            before += taken;
        block.Positions = new StreamPositions(0, before, 0);
        Line line = await bench.OffloadAsync(block, peer);
        NetBufferList empty = line.Send(0)[0];
        NetBufferList list = line.Send(100)[0];
        await line.SettledAsync();
        bench.Host.IsBack(empty).ShouldBeFalse();

        await peer.ReadAsync(before + 100);
        await bench.Host.Back(list);
        OffloadBlock back = line.Terminate();
        await bench.Host.Back(back);
        back.Positions.ShouldBe(new StreamPositions(before + 100, before + 100, 0));
    }

    [Fact]
    public async Task A_fault_costs_one_connection_and_no_completion()
    {
        await using var bench = new KernelBench(new KernelTargetSettings { LoopsMax = 1 });
        Line bad = await bench.OffloadAsync(small: true);
        Line good = await bench.OffloadAsync();
        NetBufferList send = bad.Send(bench.MoreThanTheWireHolds)[0];
        NetBufferList receive = bad.Receive(noPush: true, 100)[0];
        await bad.SettledAsync();

        // A list whose memory vanishes under the target: against the contract, and noticed only when it is sent.
        NetBufferList broken = bad.Send(10)[0];
        broken.FirstNetBuffer.MdlChain!.Memory = default;
        await Task.WhenAll(bad.Peer.ReadToEndAsync(), BackAsync());

        new[] { send, receive, broken }.ShouldAllBe(list => list.Status == NdisStatus.RequestAborted);
        bench.Host.All.OfType<EventSaid>()
            .Where(said => said.Event.Type is TcpOffloadEventType.Retrieve or TcpOffloadEventType.Abort)
            .Select(said => (said.Event.Type, said.Event.Information)).ShouldBe(
            [
                (TcpOffloadEventType.Retrieve, (long)TcpUploadReason.HardwareFailure),
                (TcpOffloadEventType.Abort, 0L),
            ]);
        await bench.Host.Back(good.Send(10)[0]);

        async Task BackAsync()
        {
            await bench.Host.Back(broken);
            OffloadBlock block = bad.Terminate();
            (await bench.Host.Back(block)).Status.ShouldBe(NdisStatus.Failure);
            block.Socket.ShouldBeNull();
        }
    }

    [Fact]
    public async Task Removing_the_target_brings_everything_home()
    {
        var bench = new KernelBench();
        bench.Host.Answering = Answering.Refuse;
        Line[] lines = [.. await Task.WhenAll(Enumerable.Range(0, 6).Select(_ => bench.OffloadAsync(small: true)))];
        await lines[0].Peer.SendAsync(100);
        await bench.Host.Indicated(lines[0].Handle, 100);
        NetBufferList[] lists =
        [
            lines[1].Send(bench.MoreThanTheWireHolds)[0], lines[2].Receive(noPush: false, 10)[0],
            lines[3].Disconnect(DisconnectKind.Graceful, bench.MoreThanTheWireHolds),
        ];
        await lines[5].SettledAsync();
        await bench.KernelTarget.DisposeAsync();

        lists.ShouldAllBe(list => list.Status == NdisStatus.RequestAborted);
        foreach (Line line in lines)
            (await line.Peer.ReadToEndAsync()).ShouldBeFalse();
        lines[4].Send(1)[0].Status.ShouldBe(NdisStatus.RequestAborted);
        lines[4].Terminate().Status.ShouldBe(NdisStatus.Failure);
        bench.KernelTarget.Connections.ShouldBe(0);
        await bench.DisposeAsync();
        bench.Host.Breaches.ShouldBeEmpty();
        bench.Host.ReceivePool.Out.ShouldBe(0);
    }

    [Fact]
    public async Task A_user_who_disposes_of_an_offloaded_socket_harms_nobody_else()
    {
        await using var bench = new KernelBench(new KernelTargetSettings { LoopsMax = 1 });
        Line line = await bench.OffloadAsync();
        Line other = await bench.OffloadAsync();
        Socket socket = ((KernelPeer)line.Peer).Pair.Ours;
        var disposing = new Thread(socket.Dispose) { IsBackground = true };   // spins until the socket is given back
        disposing.Start();
        await bench.Host.Event(line.Handle, TcpOffloadEventType.Abort);
        disposing.Join(Limits.Patience).ShouldBeTrue();
        await bench.Host.Back(line.Terminate());
        await bench.Host.Back(other.Send(10)[0]);
    }

    [Fact]
    public async Task What_belongs_together_is_served_by_one_thread()
    {
        await using var bench = new KernelBench(new KernelTargetSettings { LoopsMax = 2 });
        var together = new HashSet<int>();
        for (int count = 0; count < 4; count++)
        {
            (OffloadBlock block, Peer peer) = bench.Connect();
            block.Affinity = 7;
            together.Add(bench.KernelTarget.LoopOf((await bench.OffloadAsync(block, peer)).Handle));
        }

        together.ShouldBe([1]);
    }

    [Theory]
    [InlineData(0, 1, 1)]
    [InlineData(1, 0, 1)]
    [InlineData(1, 17, 1)]
    [InlineData(1, 1, 0)]
    public void Settings_outside_their_range_are_named(int connections, int loops, int indications)
    {
        var settings = new KernelTargetSettings
        {
            ConnectionsMax = connections,
            LoopsMax = loops,
            IndicationsMax = indications,
        };
        Should.Throw<ArgumentOutOfRangeException>(() => new KernelTarget(settings)).ParamName.ShouldEndWith("Max");
    }

    private static void WaitReadable(Socket socket) =>
        socket.Poll(Limits.Patience, SelectMode.SelectRead).ShouldBeTrue();

    private static async Task<NdisStatus> Offload(KernelBench bench, Socket? socket)
    {
        OffloadBlock block = KernelBench.BlockOf(socket);
        await bench.OffloadAsync(block, null!);
        return block.Status;
    }

    [LibraryImport("libc", SetLastError = true)]
    private static partial int fcntl(int descriptor, int command, nint argument);
}
