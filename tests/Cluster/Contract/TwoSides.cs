using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using Akka.Actor;
using Akka.Configuration;
using ChimneyActors.Cluster.Adapters;
using ChimneyActors.Cluster.Nodes;
using ChimneyActors.Embedding;
using ChimneyActors.Targets.Kernel;

namespace ChimneyActors.Cluster.Tests.Contract;

/// <summary>A host and an adapter in one actor system, with everything between them but the network: each message is
/// written and read as if it travelled.</summary>
internal sealed class TwoSides : IAsyncDisposable
{
    private static readonly Config Settings = ConfigurationFactory.ParseString(
        """
        akka {
          loglevel = OFF
          stdout-loglevel = OFF
          log-dead-letters = off
          coordinated-shutdown.run-by-clr-shutdown-hook = off
          actor.serialize-messages = on
        }
        chimney.cluster.hello-interval = 20 ms
        """);

    private readonly ActorSystem _system;
    private readonly Chimney _below;
    private readonly ConcurrentDictionary<int, Socket> _sockets = new();
    private int _lastPort;

    private TwoSides(ActorSystem system, Chimney below)
    {
        _system = system;
        _below = below;
        ClusterSettings settings = ClusterSettings.From(system.Settings.Config);
        var transport = new LinkTransport { Members = null };
        Adapter = new ClusterAdapter(system, new AdapterNode(below.Binding("adapter"),
            (remote, _) => Task.FromResult(_sockets[remote.Port]), 10_000), settings, transport);
        Target = new ClusterTarget(system, settings, transport);
        Target.Root.Tell(new MemberIsUp(((ExtendedActorSystem)system).Provider.DefaultAddress));
    }

    public ClusterTarget Target { get; }

    public ClusterAdapter Adapter { get; }

    public LedgerSnapshot LedgerBelow => _below.Ledger;

    public static TwoSides Start(Config? settings = null)
    {
        Config config = (settings ?? Config.Empty).WithFallback(Settings)
            .WithFallback(ClusterSettings.Reference()).WithFallback(ChimneySettings.Reference());
        var system = ActorSystem.Create("both", config);
        Chimney below = Chimney.StartAsync(system, stack => stack
            .Miniport("nic0", new KernelTarget(new KernelTargetSettings { LoopsMax = 1 }))
            .Intermediate("mux0", over: "nic0")
            .Binding("adapter", over: "mux0")).GetAwaiter().GetResult();
        var sides = new TwoSides(system, below);
        SpinWait.SpinUntil(() => sides.Target.Adapters.Any(one => one.IsOpen), TimeSpan.FromSeconds(30)).ShouldBeTrue();
        return sides;
    }

    /// <summary>Gives the adapter a socket that it has "connected", and the host its name.</summary>
    public Socket Name(Socket socket)
    {
        int port = Interlocked.Increment(ref _lastPort);
        _sockets[port] = socket;
        return Target.ConnectAsync(new IPEndPoint(IPAddress.Loopback, port)).WaitAsync(TimeSpan.FromSeconds(30))
            .GetAwaiter().GetResult();
    }

    public async ValueTask DisposeAsync()
    {
        await Target.DisposeAsync();
        await Adapter.DisposeAsync();
        await _below.DisposeAsync();
        await _system.Terminate();
    }
}
