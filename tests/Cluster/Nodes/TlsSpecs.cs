using Akka.Actor.Setup;
using Akka.Cluster;
using ChimneyActors.Buffers;
using AkkaCluster = Akka.Cluster.Cluster;

namespace ChimneyActors.Cluster.Tests.Nodes;

/// <summary>Nodes with certificates, with wrong ones, and without.</summary>
public sealed class TlsSpecs : IAsyncLifetime
{
    private readonly List<ClusterNode> _nodes = [];

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync()
    {
        foreach (ClusterNode node in _nodes)
            await node.DisposeAsync();
    }

    [Fact]
    public async Task Nodes_with_certificates_of_one_authority_serve_each_other()
    {
        using var ours = new Certificates("ours");
        await using var echo = new EchoServer();
        ClusterNode host = await AddAsync(["host"], ours, ours);
        ClusterNode adapter = await AddAsync(["offload"], ours, ours);
        await adapter.IsUpAsync();
        await host.HasAdaptersAsync(1);

        RemoteUser user = await RemoteUser.OpenAsync(host, echo.Address);
        (await user.SendAsync(new byte[100_000])).Status.ShouldBe(NdisStatus.Success);
        await user.CloseAsync();
    }

    [Fact]
    public async Task A_node_of_another_authority_or_without_a_certificate_cannot_join()
    {
        using var ours = new Certificates("ours");
        using var theirs = new Certificates("theirs");
        ClusterNode first = await AddAsync(["host"], ours, ours);
        await first.IsUpAsync();
        ClusterNode[] strangers =
        [
            await AddAsync(["offload"], theirs, theirs),    // trusts others, and others trust it
            await AddAsync(["offload"], theirs, ours),      // trusts us, and we do not trust it
            await AddAsync(["offload"], null, null),        // speaks no TLS at all
        ];

        // One of ours comes after them, and is let in: the others have had their chance by then.
        ClusterNode second = await AddAsync(["offload"], ours, ours);
        await second.IsUpAsync();
        await first.HasAdaptersAsync(1);
        strangers.ShouldAllBe(node => AkkaCluster.Get(node.System).SelfMember.Status != MemberStatus.Up);
        AkkaCluster.Get(first.System).State.Members.Count.ShouldBe(2);
    }

    [Fact]
    public void A_certificate_without_its_key_or_nobody_to_trust_is_said_at_once()
    {
        using var ours = new Certificates("ours");
        Should.Throw<ArgumentException>(() => ClusterTls.Mutual(ours.Authorities[0], ours.Authorities))
            .Message.ShouldContain("private key");
        Should.Throw<ArgumentException>(() => ClusterTls.Mutual(ours.Issue("node"), []))
            .Message.ShouldContain("authority");
    }

    private async Task<ClusterNode> AddAsync(string[] roles, Certificates? own, Certificates? trusted)
    {
        Setup? tls = own is null ? null : ClusterTls.Mutual(own.Issue("node"), trusted!.Authorities);
        ClusterNode node = await ClusterNode.StartAsync(
            _nodes.FirstOrDefault(), roles, tls is null ? null : ClusterTls.Config, tls);
        _nodes.Add(node);
        return node;
    }
}
