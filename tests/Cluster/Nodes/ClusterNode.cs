using System.Net;
using System.Net.Sockets;
using Akka.Actor;
using Akka.Actor.Setup;
using Akka.Configuration;
using Akka.Remote;
using Akka.Remote.Transport;
using ChimneyActors.Embedding;
using ChimneyActors.Targets.Kernel;
using AkkaCluster = Akka.Cluster.Cluster;

namespace ChimneyActors.Cluster.Tests.Nodes;

/// <summary>One member of a real cluster on loopback: a host, an adapter, or both, with real sockets.</summary>
internal sealed class ClusterNode : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private static readonly Config Settings = ConfigurationFactory.ParseString(
        """
        akka {
          loglevel = OFF
          stdout-loglevel = OFF
          log-dead-letters = off
          coordinated-shutdown { run-by-clr-shutdown-hook = off, exit-clr = off, run-by-actor-system-terminate = off }
          remote.dot-netty.tcp.applied-adapters = ["trttl"]
          cluster {
            split-brain-resolver.stable-after = 500 ms
            failure-detector { heartbeat-interval = 100 ms, acceptable-heartbeat-pause = 400 ms }
            gossip-interval = 100 ms
            leader-actions-interval = 100 ms
            unreachable-nodes-reaper-interval = 100 ms
          }
        }
        chimney.cluster.hello-interval = 100 ms
        """);

    private readonly KernelTarget _sockets = new(new KernelTargetSettings { LoopsMax = 1 });

    private ClusterNode(ActorSystem system) => System = system;

    public ActorSystem System { get; }

    public Address Address => AkkaCluster.Get(System).SelfAddress;

    public Chimney Stack { get; private set; } = null!;

    public ClusterTarget? Target { get; private set; }

    public ClusterAdapter? Adapter { get; private set; }

    public Binding Binding => Stack.Binding("tcpip");

    /// <summary>Starts a node and joins it to the first one.</summary>
    public static async Task<ClusterNode> StartAsync(
        ClusterNode? first, string[] roles, Config? more = null, Setup? setup = null)
    {
        Config config = ConfigurationFactory.ParseString(
                $"akka.cluster.roles = [{string.Join(", ", roles)}]")
            .WithFallback(more ?? Config.Empty).WithFallback(Settings)
            .WithFallback(ConfigurationFactory.ParseString(await File.ReadAllTextAsync(Conf)))
            .WithFallback(ClusterSettings.Reference()).WithFallback(ChimneySettings.Reference());
        BootstrapSetup bootstrap = BootstrapSetup.Create().WithConfig(config);
        var node = new ClusterNode(ActorSystem.Create(
            "chimney", setup is null ? ActorSystemSetup.Create(bootstrap) : bootstrap.And(setup)));
        await node.BuildAsync(roles);
        AkkaCluster.Get(node.System).Join(first?.Address ?? node.Address);
        return node;
    }

    /// <summary>Waits until it is a member like any other.</summary>
    public Task IsUpAsync() => EventuallyAsync(() => AkkaCluster.Get(System).SelfMember.Status
        == Akka.Cluster.MemberStatus.Up, "it is up");

    /// <summary>Waits until the host has so many adapters ready.</summary>
    public Task HasAdaptersAsync(int count) => EventuallyAsync(
        () => Target!.Adapters.Count(one => one.IsOpen && one.IsReachable) == count, $"{count} adapters");

    /// <summary>Cuts it off from another one, or mends the cut: nothing comes through, either way.</summary>
    public async Task CutAsync(ClusterNode other, bool cut)
    {
        foreach ((ClusterNode from, ClusterNode to) in new[] { (this, other), (other, this) })
        {
            var remote = (IRemoteActorRefProvider)((ExtendedActorSystem)from.System).Provider;
            await remote.Transport.ManagementCommand(new SetThrottle(
                to.Address, ThrottleTransportAdapter.Direction.Both,
                cut ? Blackhole.Instance : Unthrottled.Instance));
        }
    }

    /// <summary>Waits for what must come.</summary>
    public static async Task EventuallyAsync(Func<bool> condition, string what)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(20));
        long end = Environment.TickCount64 + (long)Patience.TotalMilliseconds;
        while (!condition())
        {
            if (Environment.TickCount64 > end)
                throw new TimeoutException($"never: {what}");
            await timer.WaitForNextTickAsync();
        }
    }

    public async ValueTask DisposeAsync()
    {
        await Stack.DisposeAsync();
        if (Adapter is not null)
            await Adapter.DisposeAsync();
        await System.Terminate();
        await _sockets.DisposeAsync();
    }

    private static string Conf
    {
        get
        {
            DirectoryInfo? folder = new(AppContext.BaseDirectory);
            while (!File.Exists(Path.Combine(folder!.FullName, "ChimneyActors.sln")))
                folder = folder.Parent;
            return Path.Combine(folder.FullName, "hocon", "cluster.conf");
        }
    }

    private async Task BuildAsync(string[] roles)
    {
        if (roles.Contains("host"))
            Target = new ClusterTarget(System);
        Stack = await Chimney.StartAsync(System, stack =>
        {
            stack.Miniport("nic", _sockets).Intermediate("mux", over: "nic").Binding("adapter", over: "mux");
            if (Target is not null)
                stack.Miniport("cluster", Target).Intermediate("filter", over: "cluster")
                    .Binding("tcpip", over: "filter");
        });
        if (roles.Contains("offload"))
            Adapter = ClusterAdapter.Start(System, Stack.Binding("adapter"), _sockets.ConnectAsync);
    }
}
