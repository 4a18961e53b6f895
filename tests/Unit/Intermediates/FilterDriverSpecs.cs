using System.Net;
using System.Net.NetworkInformation;
using System.Net.Sockets;
using ChimneyActors.Buffers;
using ChimneyActors.Embedding;
using ChimneyActors.Intermediates;
using ChimneyActors.Supervision;
using ChimneyActors.Unit.Support;

namespace ChimneyActors.Unit.Intermediates;

/// <summary>Who is not let through hears why; who has gone leaves his place to others.</summary>
public sealed class FilterDriverSpecs : StackSpec, IDisposable
{
    private readonly PeerSockets _peers = new();

    public void Dispose() => _peers.Dispose();

    internal override void Build(StackBuilder stack) => stack.Crashes(Crashes)
        .Miniport("nic0", Target)
        .Intermediate("filter0", "nic0", FilterDriver.Of(new FilterSettings
        {
            Rules = [Rule("deny 127.0.0.66"), Rule("allow 127.0.0.0/24")],
            AllowsOthers = false,
            ConnectionsPerPeerMax = 2,
        }))
        .Binding("tcpip", over: "filter0");

    [Theory]
    [InlineData("127.0.0.66", "'deny 127.0.0.66/32'")]
    [InlineData("127.0.5.1", "no rule allows it")]
    public async Task Who_is_denied_is_rejected_and_told_why(string peer, string why)
    {
        OffloadException refused = await RefusedAsync(await _peers.ConnectAsync(peer));
        refused.Status.ShouldBe(NdisStatus.OffloadConnectionRejected);
        refused.Message.ShouldContain("filter0");
        refused.Message.ShouldContain(peer);
        refused.Message.ShouldContain(why);
        Chimney.Connections.ShouldBe(0);
    }

    [Fact]
    public async Task Who_is_denied_on_a_shared_path_takes_nobody_along()
    {
        Binding binding = Chimney.Binding("tcpip");
        Neighbor neighbor = binding.NewNeighbor(new PhysicalAddress([2, 0, 0, 0, 0, 9]));
        NetworkPath path = binding.NewPath(neighbor, IPAddress.Loopback, IPAddress.Loopback, 1_500);
        string[] peers = ["127.0.0.1", "127.0.0.2", "127.0.0.66", "127.0.0.3"];     // all but the first wait together
        var sockets = new List<Socket>();
        foreach (string peer in peers)      // in turn: a listener accepts in no order of ours
            sockets.Add(await _peers.ConnectAsync(peer));
        List<Task<OffloadedConnection>> offloads = [.. sockets.Select(socket => binding.OffloadAsync(socket, path))];
        OffloadException refused = await Should.ThrowAsync<OffloadException>(() => Within(offloads[2]));
        (refused.Status, refused.Message.Contains("deny 127.0.0.66")).ShouldBe(
            (NdisStatus.OffloadConnectionRejected, true));
        offloads.RemoveAt(2);
        OffloadedConnection[] offloaded = await Within(Task.WhenAll(offloads));
        Chimney.Connections.ShouldBe(3);
        foreach (OffloadedConnection connection in offloaded)
            await Within(connection.DisposeAsync().AsTask());
        await Until(() => Chimney.StateObjects == 0);
    }

    [Fact]
    public async Task A_socket_without_ends_is_one_of_the_others()
    {
        OffloadException refused = await RefusedAsync(NewSocket());
        refused.Status.ShouldBe(NdisStatus.OffloadConnectionRejected);
        refused.Message.ShouldContain("not known");
    }

    [Fact]
    public async Task A_peer_has_as_many_connections_as_it_may_and_others_have_theirs()
    {
        OffloadedConnection first = await OffloadAsync(await _peers.ConnectAsync("127.0.0.1"), null);
        OffloadedConnection second = await OffloadAsync(await _peers.ConnectAsync("127.0.0.1"), null);
        OffloadException full = await RefusedAsync(await _peers.ConnectAsync("127.0.0.1"));
        full.Status.ShouldBe(NdisStatus.OffloadTcpEntries);
        full.Message.ShouldContain("127.0.0.1 has 2 connections");
        OffloadedConnection other = await OffloadAsync(await _peers.ConnectAsync("127.0.0.2"), null);
        (await Named("send", first.SendAsync(new byte[5]).AsTask())).BytesAcknowledged.ShouldBe(5);

        await Named("dispose", first.DisposeAsync().AsTask());
        OffloadedConnection third = await OffloadAsync(await _peers.ConnectAsync("127.0.0.1"), null);

        foreach (OffloadedConnection connection in (OffloadedConnection[])[second, third, other])
            await Named("dispose", connection.DisposeAsync().AsTask());
    }

    [Fact]
    public async Task Who_comes_back_from_a_lost_adapter_is_let_in_though_others_took_the_places()
    {
        OffloadedConnection first = await OffloadAsync(await _peers.ConnectAsync("127.0.0.1"), null);
        await Named("send", first.SendAsync(new byte[5]).AsTask());
        UploadResult moved = await Named("upload", first.UploadAsync());
        OffloadedConnection second = await OffloadAsync(await _peers.ConnectAsync("127.0.0.1"), null);
        OffloadedConnection third = await OffloadAsync(await _peers.ConnectAsync("127.0.0.1"), null);

        OffloadedConnection again = await Within(Chimney.Binding("tcpip").OffloadAsync(moved));

        (await RefusedAsync(await _peers.ConnectAsync("127.0.0.1"))).Status.ShouldBe(NdisStatus.OffloadTcpEntries);
        foreach (OffloadedConnection connection in (OffloadedConnection[])[second, third, again])
            await Named("dispose", connection.DisposeAsync().AsTask());
    }

    [Fact]
    public async Task What_the_target_refuses_takes_no_place()
    {
        Target.InitiateStatus = NdisStatus.OffloadTcpEntries;
        for (int i = 0; i < 3; i++)
            (await RefusedAsync(await _peers.ConnectAsync("127.0.0.1"))).Message.ShouldNotContain("filter0");
        Target.InitiateStatus = NdisStatus.Success;
        OffloadedConnection connection = await OffloadAsync(await _peers.ConnectAsync("127.0.0.1"), null);
        await Named("dispose", connection.DisposeAsync().AsTask());
    }

    [Theory]
    [InlineData(CrashStep.Before)]
    [InlineData(CrashStep.Between)]
    [InlineData(CrashStep.After)]
    public async Task A_place_outlives_the_filter_and_one_whose_end_it_missed_is_free(CrashStep step)
    {
        OffloadedConnection first = await OffloadAsync(await _peers.ConnectAsync("127.0.0.1"), null);
        OffloadedConnection second = await OffloadAsync(await _peers.ConnectAsync("127.0.0.1"), null);
        Crashes.Arm("filter0", step, 1);        // over the completion of the terminate
        await Named("dispose", first.DisposeAsync().AsTask());
        await Until(() => Chimney.Connections == 1);

        OffloadedConnection third = await OffloadAsync(await _peers.ConnectAsync("127.0.0.1"), null);
        (await RefusedAsync(await _peers.ConnectAsync("127.0.0.1"))).Status.ShouldBe(NdisStatus.OffloadTcpEntries);

        await Named("dispose", second.DisposeAsync().AsTask());
        await Named("dispose", third.DisposeAsync().AsTask());
        Chimney.Ledger.DriverDeaths.ShouldBe(1);
    }

    [Fact]
    public void A_limit_that_is_none_is_refused() => Should.Throw<ArgumentOutOfRangeException>(
        () => FilterDriver.Of(new FilterSettings { ConnectionsPerPeerMax = -1 }));

    private static FilterRule Rule(string text) =>
        FilterRule.TryParse(text, out FilterRule? rule) ? rule : throw new ArgumentException(text);

    private async Task<OffloadException> RefusedAsync(Socket socket) => await Should.ThrowAsync<OffloadException>(
        () => Within(Chimney.Binding("tcpip").OffloadAsync(socket)));
}
