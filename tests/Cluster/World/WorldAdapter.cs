using System.Net;
using Akka.Actor;
using ChimneyActors.Cluster.Adapters;
using ChimneyActors.Cluster.Nodes;
using ChimneyActors.Embedding;
using ChimneyActors.TestKit;

namespace ChimneyActors.Cluster.Tests.World;

/// <summary>A simulated node with an adapter over a stack of its own.</summary>
internal sealed class WorldAdapter
{
    private readonly SeededActorSystem _world;
    private readonly ClusterSettings _settings;
    private readonly BadTransport _transport;
    private readonly Func<IPEndPoint, InMemoryPeer> _find;
    private int _life;

    public WorldAdapter(
        SeededActorSystem world, ClusterSettings settings, BadTransport transport, int number, double crashes,
        Func<IPEndPoint, WorldAdapter, InMemoryPeer> find)
    {
        (_world, _settings, _transport) = (world, settings, transport);
        _find = remote => find(remote, this);
        Target = new InMemoryTarget(world);
        Address = new Address("akka.tcp", "world", $"node{number}", 1);
        Chimney = world.Start(stack => stack
            .Miniport("nic", Target)
            .Intermediate("mux", over: "nic")
            .Binding("adapter", over: "mux")
            .Crashes(world.NewCrashPlan(crashes)));
        Adapter = Start();
    }

    public Address Address { get; }

    public InMemoryTarget Target { get; }

    public Chimney Chimney { get; }

    public ClusterAdapter Adapter { get; private set; }

    private string Name => $"adapter-of-{Address.Host}-{_life}";

    public void Cut() => _transport.Cut(Name, holds: _world.Draw(2) == 0);

    public void Mend() => _transport.Mend(Name);

    /// <summary>The process ends and another one begins: what the hosts had here is aborted.</summary>
    public void Restart()
    {
        _world.System.Stop(Adapter.Service);
        Adapter = Start();
    }

    private ClusterAdapter Start()
    {
        _life++;
        var node = new AdapterNode(Chimney.Binding("adapter"),
            (remote, _) => Task.FromResult(_find(remote).Socket), 1000);
        var adapter = new ClusterAdapter(_world.System, node, _settings, _transport, Name);
        _transport.Place(Address, adapter.Service);
        return adapter;
    }
}
