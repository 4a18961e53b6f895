using Akka.Actor;
using Akka.Configuration;
using ChimneyActors.Cluster.Nodes;
using ChimneyActors.Cluster.Wire;
using ChimneyActors.Embedding;

namespace ChimneyActors.Cluster.Tests.Nodes;

/// <summary>What comes from outside of the cluster, from another version, or from nobody knows where.</summary>
public sealed class StrangerSpecs : IAsyncLifetime
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private ClusterNode _host = null!;
    private ClusterNode _adapter = null!;
    private ActorSystem _stranger = null!;

    public async Task InitializeAsync()
    {
        _host = await ClusterNode.StartAsync(null, ["host"]);
        _adapter = await ClusterNode.StartAsync(_host, ["offload"]);
        await _host.HasAdaptersAsync(1);
        _stranger = ActorSystem.Create("chimney", ConfigurationFactory.ParseString(
            """
            akka {
              loglevel = OFF
              stdout-loglevel = OFF
              actor.provider = remote
              remote.dot-netty.tcp { hostname = "127.0.0.1", port = 0, applied-adapters = ["trttl"] }
            }
            """).WithFallback(ClusterSettings.Reference()));
    }

    public async Task DisposeAsync()
    {
        await _stranger.Terminate();
        await _host.DisposeAsync();
        await _adapter.DisposeAsync();
    }

    [Fact]
    public async Task A_link_from_outside_of_the_cluster_is_refused()
    {
        LinkMessage answer = await AskAsync(Hello(1, 1));
        answer.Refused.Reason.ShouldContain("no member of this cluster");
        _adapter.Adapter!.Refused.ShouldBe(1);
    }

    [Fact]
    public async Task A_message_of_another_kind_or_version_or_none_does_no_harm()
    {
        ActorSelection adapter = AdapterFrom(_stranger);
        adapter.Tell(new List<string> { "made by its name" });      // Akka's own serializer, with the name of a type
        adapter.Tell(new LinkMessage());                            // a kind that this version does not know
        adapter.Tell(new LinkMessage { Frame = new Frame { Host = 1, Epoch = 1, First = 9, Items = { new Item() } } });
        (await AskAsync(Hello(1, 1))).KindCase.ShouldBe(LinkMessage.KindOneofCase.Refused, "it still answers");

        await using var echo = new EchoServer();
        RemoteUser user = await RemoteUser.OpenAsync(_host, echo.Address);
        (await user.SendAsync(new byte[10])).BytesAcknowledged.ShouldBe(10);
        await user.CloseAsync();
    }

    [Fact]
    public async Task A_host_of_a_later_version_that_speaks_no_older_one_is_refused_and_told_why()
    {
        LinkMessage answer = await AskAsync(Hello(7, 9), _host.System);
        answer.Refused.Reason.ShouldContain("no common version");
        (answer.Refused.VersionMin, answer.Refused.VersionMax).ShouldBe((Protocol.VersionMin, Protocol.VersionMax));
    }

    [Fact]
    public async Task A_host_of_a_later_version_that_speaks_ours_too_is_welcome()
    {
        LinkMessage answer = await AskAsync(Hello(1, 9), _host.System);
        answer.Welcome.Version.ShouldBe(Protocol.VersionMax);
    }

    private static LinkMessage Hello(uint min, uint max) => new()
    {
        Hello = new Hello { Host = 99, Epoch = 1, VersionMin = min, VersionMax = max },
    };

    private ActorSelection AdapterFrom(ActorSystem system) =>
        system.ActorSelection(new RootActorPath(_adapter.Address) / "user" / Protocol.AdapterName);

    private async Task<LinkMessage> AskAsync(LinkMessage message, ActorSystem? from = null) =>
        await AdapterFrom(from ?? _stranger).Ask<LinkMessage>(message, Patience);
}
