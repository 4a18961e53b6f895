using System.Net;
using System.Net.Sockets;
using ChimneyActors.Buffers;
using ChimneyActors.Embedding;
using ChimneyActors.Ndis;
using AkkaCluster = Akka.Cluster.Cluster;

namespace ChimneyActors.Cluster.Tests.Nodes;

/// <summary>A real cluster on loopback: Akka.Remote, Akka.Cluster, sockets.</summary>
public sealed class ClusterSpecs : IAsyncLifetime
{
    private EchoServer _echo = null!;
    private readonly List<ClusterNode> _nodes = [];

    public Task InitializeAsync()
    {
        _echo = EchoServer.Start();
        return Task.CompletedTask;
    }

    public async Task DisposeAsync()
    {
        foreach (ClusterNode node in _nodes)
            await node.DisposeAsync();
        await _echo.DisposeAsync();
        foreach (ClusterNode node in _nodes)
        {
            node.Stack.Ledger.Outstanding.ShouldBe(0);
            node.Stack.Ledger.Violations.ShouldBe(0);
        }
    }

    [Fact]
    public async Task What_is_sent_through_another_node_is_acknowledged_by_the_peer_and_comes_back()
    {
        (ClusterNode host, _) = await PairAsync();
        RemoteUser user = await RemoteUser.OpenAsync(host, _echo.Address);
        byte[] data = new byte[3_000_000];
        new Random(1).NextBytes(data);

        SendResult sent = await user.SendAsync(data);
        DisconnectResult end = await user.DisconnectAsync();
        await user.Closed;

        sent.ShouldBe(new SendResult(NdisStatus.Success, data.Length));
        end.ShouldBe(new DisconnectResult(NdisStatus.Success, data.Length));
        user.Received.ShouldBe(data);
        await user.CloseAsync();
    }

    [Fact]
    public async Task A_peer_that_refuses_is_told_as_a_socket_tells_it()
    {
        (ClusterNode host, _) = await PairAsync();
        using var nobody = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        nobody.Bind(new IPEndPoint(IPAddress.Loopback, 0));

        SocketException refused = await Should.ThrowAsync<SocketException>(
            host.Target!.ConnectAsync((IPEndPoint)nobody.LocalEndPoint!));
        refused.SocketErrorCode.ShouldBe(SocketError.ConnectionRefused);
    }

    [Fact]
    public async Task A_socket_of_this_machine_is_rejected()
    {
        (ClusterNode host, _) = await PairAsync();
        using var ours = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        await ours.ConnectAsync(_echo.Address);

        OffloadException rejected = await Should.ThrowAsync<OffloadException>(host.Binding.OffloadAsync(ours));
        rejected.Status.ShouldBe(NdisStatus.OffloadConnectionRejected);
        (await ours.SendAsync(new byte[1])).ShouldBe(1);
    }

    [Fact]
    public async Task A_name_is_offloaded_once_at_a_time()
    {
        (ClusterNode host, _) = await PairAsync();
        Socket name = await host.Target!.ConnectAsync(_echo.Address);
        OffloadedConnection first = await host.Binding.OffloadAsync(name);
        (await Should.ThrowAsync<OffloadException>(host.Binding.OffloadAsync(name))).Status
            .ShouldBe(NdisStatus.OffloadConnectionRejected);
        (await first.SendAsync(new byte[5])).Status.ShouldBe(NdisStatus.Success);
        await first.DisposeAsync();
        (await Should.ThrowAsync<OffloadException>(host.Binding.OffloadAsync(name))).Status
            .ShouldBe(NdisStatus.Failure, "it was disposed of");
    }

    [Fact]
    public async Task A_connection_that_was_taken_back_can_be_offloaded_again_and_its_name_disposed_of()
    {
        (ClusterNode host, ClusterNode adapter) = await PairAsync();
        RemoteUser user = await RemoteUser.OpenAsync(host, _echo.Address);
        await user.SendAsync("one"u8.ToArray());
        await user.HasReceivedAsync(3);
        UploadResult rest = await user.Connection.UploadAsync();
        rest.Positions.ShouldBe(new StreamPositions(3, 3, 3));

        OffloadedConnection again = await host.Binding.OffloadAsync(rest);
        (await again.SendAsync("two"u8.ToArray())).Status.ShouldBe(NdisStatus.Success);
        UploadResult last = await again.UploadAsync();
        last.Positions.Acknowledged.ShouldBe(6);

        adapter.Adapter!.Connections.ShouldBe(1);
        last.Socket!.Dispose();
        await ClusterNode.EventuallyAsync(() => adapter.Adapter.Connections == 0, "the adapter lets go");
        await ClusterNode.EventuallyAsync(() => _echo.Reset == 1, "the peer hears of it");
    }

    [Fact]
    public async Task Losing_the_adapter_is_surprise_removal_and_everything_outstanding_is_completed_once()
    {
        await using var silent = new EchoServer { IsSilent = true };
        (ClusterNode host, ClusterNode adapter) = await PairAsync();
        RemoteUser[] users = await Task.WhenAll(Enumerable.Range(0, 10)
            .Select(_ => RemoteUser.OpenAsync(host, silent.Address)));
        Task<ReceiveResult>[] waiting = [.. users.Select(user =>
            user.Connection.ReceiveAsync(new byte[100]).AsTask())];

        await host.CutAsync(adapter, cut: true);
        Task<SendResult>[] sends = [.. users.Select(user => user.SendAsync(new byte[1000]))];
        AkkaCluster.Get(host.System).Down(adapter.Address);

        (await Task.WhenAll(sends)).ShouldAllBe(result => result.Status == NdisStatus.RequestAborted);
        (await Task.WhenAll(waiting)).ShouldAllBe(result => result.Status == NdisStatus.RequestAborted);
        await Task.WhenAll(users.Select(user => user.Aborted));
        await Task.WhenAll(users.Select(user => user.CloseAsync()));
        host.Target!.Connections.ShouldBe(0);
    }

    [Fact]
    public async Task A_cut_that_is_mended_in_time_costs_nothing()
    {
        (ClusterNode host, ClusterNode adapter) = await PairAsync(NoDowning);
        RemoteUser user = await RemoteUser.OpenAsync(host, _echo.Address);
        await host.CutAsync(adapter, cut: true);
        Task<SendResult> send = user.SendAsync(new byte[10_000]);
        await ClusterNode.EventuallyAsync(
            () => host.Target!.Adapters.All(one => !one.IsReachable), "the cut is noticed");
        send.IsCompleted.ShouldBeFalse();

        await host.CutAsync(adapter, cut: false);
        (await send).Status.ShouldBe(NdisStatus.Success);
        (await user.DisconnectAsync()).Status.ShouldBe(NdisStatus.Success);
        await user.Closed;
        await user.CloseAsync();
    }

    [Fact]
    public async Task Losing_the_host_aborts_and_frees_what_it_had()
    {
        (ClusterNode host, ClusterNode adapter) = await PairAsync();
        RemoteUser[] users = await Task.WhenAll(Enumerable.Range(0, 10)
            .Select(_ => RemoteUser.OpenAsync(host, _echo.Address)));
        adapter.Adapter!.Connections.ShouldBe(10);

        await host.CutAsync(adapter, cut: true);
        AkkaCluster.Get(adapter.System).Down(host.Address);

        await ClusterNode.EventuallyAsync(() => adapter.Adapter.Connections == 0, "all is freed");
        await ClusterNode.EventuallyAsync(() => _echo.Reset == 10, "the peers hear of it");
        await Task.WhenAll(users.Select(user => user.CloseAsync()));
    }

    [Fact]
    public async Task Connections_are_spread_and_a_draining_adapter_gets_no_more()
    {
        ClusterNode host = await AddAsync(["host"]);
        ClusterNode[] adapters = [await AddAsync(["offload"]), await AddAsync(["offload"])];
        await host.HasAdaptersAsync(2);
        List<RemoteUser> users = [];
        for (int i = 0; i < 40; i++)
            users.Add(await RemoteUser.OpenAsync(host, _echo.Address, $"client {i}"));
        adapters.ShouldAllBe(one => one.Adapter!.Connections >= 10);

        adapters[0].Adapter!.Drain();
        await ClusterNode.EventuallyAsync(() => host.Target!.Adapters.Any(one => one.IsDraining), "the host hears");
        int before = adapters[0].Adapter!.Connections;
        for (int i = 0; i < 10; i++)
            users.Add(await RemoteUser.OpenAsync(host, _echo.Address, $"later {i}"));

        adapters[0].Adapter!.Connections.ShouldBe(before);
        (await Task.WhenAll(users.Select(user => user.SendAsync(new byte[10]))))
            .ShouldAllBe(result => result.Status == NdisStatus.Success, "what is there goes on");
        await Task.WhenAll(users.Select(user => user.CloseAsync()));
    }

    [Fact]
    public async Task Without_an_adapter_there_is_no_way_out()
    {
        ClusterNode host = await AddAsync(["host"]);
        SocketException none = await Should.ThrowAsync<SocketException>(host.Target!.ConnectAsync(_echo.Address));
        none.SocketErrorCode.ShouldBe(SocketError.HostUnreachable);
        none.Message.ShouldContain("no adapter");
    }

    private const string NoDowning = "akka.cluster.downing-provider-class = \"Akka.Cluster.NoDowning, Akka.Cluster\"";

    private async Task<(ClusterNode Host, ClusterNode Adapter)> PairAsync(string more = "")
    {
        ClusterNode host = await AddAsync(["host"], more);
        ClusterNode adapter = await AddAsync(["offload"], more);
        await host.HasAdaptersAsync(1);
        return (host, adapter);
    }

    private async Task<ClusterNode> AddAsync(string[] roles, string more = "")
    {
        ClusterNode node = await ClusterNode.StartAsync(_nodes.FirstOrDefault(), roles,
            Akka.Configuration.ConfigurationFactory.ParseString(more));
        _nodes.Add(node);
        await node.IsUpAsync();
        return node;
    }
}
