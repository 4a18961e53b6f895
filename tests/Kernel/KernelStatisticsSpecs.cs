using System.Net;
using System.Net.Sockets;
using System.Threading.Channels;
using Akka.Actor;
using Akka.Configuration;
using ChimneyActors.Buffers;
using ChimneyActors.Contract;
using ChimneyActors.Embedding;
using ChimneyActors.Ndis;
using ChimneyActors.Targets.Kernel;

namespace ChimneyActors.Kernel;

/// <summary>CNT on real sockets: what the kernel shows is counted, for offloaded connections only; what it does not is
/// said to be unknown.</summary>
public sealed class KernelStatisticsSpecs : IAsyncLifetime
{
    private ActorSystem _system = null!;
    private Chimney _chimney = null!;

    private Adapter Nic => _chimney.Adapter("nic0");

    public async Task InitializeAsync()
    {
        _system = ActorSystem.Create("counts", ConfigurationFactory.ParseString("akka.stdout-loglevel = OFF"));
        _chimney = await Chimney.StartAsync(_system, stack => stack
            .Miniport("nic0", new KernelTarget(new KernelTargetSettings { LoopsMax = 2 }))
            .Binding("tcpip", over: "nic0"));
    }

    public async Task DisposeAsync()
    {
        await _chimney.DisposeAsync();
        await _system.Terminate();
        _chimney.Violations.ShouldBeEmpty();
    }

    [Fact]
    public async Task Segments_are_counted_while_a_connection_is_offloaded()
    {
        using SocketPair pair = SocketPair.Connect();
        await EchoAsync(pair.Ours, pair.Peer, 5);       // not offloaded yet
        OffloadedConnection connection = await _chimney.Binding("tcpip").OffloadAsync(pair.Ours);
        TcpOffloadStatistics none = await Nic.TcpStatisticsAsync();
        (none.InSegments, none.OutSegments, none.CurrentlyEstablished).ShouldBe((0ul, 0ul, 1u));
        (none.InErrors, none.RetransmittedSegments, none.OutResets).ShouldBe((null, 0u, 0u));

        for (int number = 0; number < 10; number++)
            (await connection.SendAsync(new byte[10])).Status.ShouldBe(NdisStatus.Success);

        TcpOffloadStatistics some = await Nic.TcpStatisticsAsync();
        some.OutSegments!.Value.ShouldBeInRange(10ul, 40ul);
        some.InSegments!.Value.ShouldBeInRange(1ul, 40ul);
        (await Nic.TcpStatisticsAsync(AddressFamily.InterNetworkV6)).CurrentlyEstablished.ShouldBe(0u);

        UploadResult rest = await connection.UploadAsync();
        await EchoAsync(rest.Socket!, pair.Peer, 5);    // not offloaded any more
        TcpOffloadStatistics after = await Nic.TcpStatisticsAsync();
        after.OutSegments!.Value.ShouldBeInRange(some.OutSegments.Value, 40ul);
        after.CurrentlyEstablished.ShouldBe(0u);

        await Nic.ResetTcpStatisticsAsync();
        (await Nic.TcpStatisticsAsync()).OutSegments.ShouldBe(0ul);
    }

    [Fact]
    public async Task Resets_are_counted_from_both_sides()
    {
        using SocketPair ours = SocketPair.Connect();
        using SocketPair theirs = SocketPair.Connect();
        OffloadedConnection aborting = await _chimney.Binding("tcpip").OffloadAsync(ours.Ours);
        OffloadedConnection aborted = await _chimney.Binding("tcpip").OffloadAsync(theirs.Ours);

        (await aborting.DisconnectAsync(DisconnectKind.Abortive)).Status.ShouldBe(NdisStatus.Success);
        NativeTcp.Abort(theirs.PeerDescriptor).ShouldBe(0);
        await aborted.Aborted.WaitAsync(Limits.Patience);

        TcpOffloadStatistics counted = await Nic.TcpStatisticsAsync();
        (counted.ResetEstablished, counted.OutResets, counted.CurrentlyEstablished).ShouldBe((2u, 1u, 0u));
        await aborting.DisposeAsync();
        await aborted.DisposeAsync();
    }

    [Fact]
    public async Task IPv6_is_counted_apart_and_a_socket_for_both_by_what_it_speaks()
    {
        using var listener = new Socket(AddressFamily.InterNetworkV6, SocketType.Stream, ProtocolType.Tcp);
        listener.DualMode = true;
        listener.Bind(new IPEndPoint(IPAddress.IPv6Any, 0));
        listener.Listen(2);
        int port = ((IPEndPoint)listener.LocalEndPoint!).Port;
        foreach (IPAddress address in (IPAddress[])[IPAddress.IPv6Loopback, IPAddress.Loopback])
        {
            using var peer = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
            peer.Connect(address, port);
            OffloadedConnection connection =
                await _chimney.Binding("tcpip").OffloadAsync(await listener.AcceptAsync());
            (await connection.SendAsync(new byte[10])).Status.ShouldBe(NdisStatus.Success);
            AddressFamily other = address.AddressFamily == AddressFamily.InterNetwork
                ? AddressFamily.InterNetworkV6
                : AddressFamily.InterNetwork;

            (await Nic.TcpStatisticsAsync(address.AddressFamily)).CurrentlyEstablished.ShouldBe(1u);
            (await Nic.TcpStatisticsAsync(other)).CurrentlyEstablished.ShouldBe(0u);

            await connection.DisposeAsync();
        }
        (await Nic.TcpStatisticsAsync()).OutSegments!.Value.ShouldBeGreaterThan(0ul);
        (await Nic.TcpStatisticsAsync(AddressFamily.InterNetworkV6)).OutSegments!.Value.ShouldBeGreaterThan(0ul);
    }

    [Fact]
    public async Task A_reset_ends_behind_what_was_asked_before()
    {
        await using var target = new KernelTarget(new KernelTargetSettings { LoopsMax = 2 });
        var heard = new Listening();
        target.Initialize(heard);
        for (int round = 1; round <= 500; round++)
        {
            target.Request(new OidBlock(Oid.Tcp4OffloadStatistics, OidMethod.Query, null))
                .ShouldBe(NdisStatus.Pending);
            if (target.Reset() == NdisStatus.Pending)
                (await heard.Resets.Reader.ReadAsync().AsTask().WaitAsync(Limits.Patience)).ShouldBe(round);
            heard.Answers.ShouldBe(round, "each was answered before the reset ended");
        }
    }

    [Fact]
    public async Task What_a_socket_does_not_show_it_does_not_count()
    {
        (await Should.ThrowAsync<OidException>(() => Nic.IpStatisticsAsync())).Status.ShouldBe(NdisStatus.NotSupported);
        Nic.Capabilities.Honours.ShouldBe(OffloadParameters.None);
        Nic.Parameters.ShouldNotBeNull();
    }

    private static async Task EchoAsync(Socket one, Socket other, int times)
    {
        byte[] buffer = new byte[16];
        for (int number = 0; number < times; number++)
        {
            await one.SendAsync(buffer.AsMemory(0, 10));
            await other.ReceiveAsync(buffer);
        }
    }

    private sealed class Listening : IAdapterUpcalls
    {
        private int _answers;

        public int Answers => Volatile.Read(ref _answers);

        /// <summary>How many had been answered when a reset ended.</summary>
        public Channel<int> Resets { get; } = Channel.CreateUnbounded<int>();

        public void PauseComplete() => throw new NotSupportedException();

        public void RestartComplete(NdisStatus status) => throw new NotSupportedException();

        public void OidComplete(OidBlock request, NdisStatus status) => Interlocked.Increment(ref _answers);

        public void IndicateStatus(NdisStatus status, object? information = null) => throw new NotSupportedException();

        public void ResetComplete(NdisStatus status) => Resets.Writer.TryWrite(Answers);
    }
}
