using System.Net;
using System.Net.Sockets;
using Akka.Actor;
using ChimneyActors.Cluster.Adapters;
using ChimneyActors.Cluster.Nodes;
using ChimneyActors.Embedding;

namespace ChimneyActors.Cluster;

/// <summary>What serves connections of other nodes with this node's own stack: the other side of
/// <see cref="ClusterTarget"/>.</summary>
/// <remarks>One in an actor system, on a node with the role that hosts look for. A host that is lost, or that begins
/// anew, loses what it had here: its connections are aborted and freed.</remarks>
public sealed class ClusterAdapter : IAsyncDisposable
{
    private readonly IActorRef _service;
    private long _fenced;
    private long _refused;

    internal ClusterAdapter(
        ActorSystem system, AdapterNode node, ClusterSettings settings, LinkTransport transport,
        string name = Protocol.AdapterName)
    {
        Settings = settings;
        Transport = transport;
        Node = node;
        _service = system.ActorOf(Props.Create(() => new AdapterServiceActor(this)), name);
    }

    /// <summary>Connections of all hosts, offloaded or not.</summary>
    public int Connections => Node.Connections;

    /// <summary>Words of hosts about links that were over.</summary>
    public long LateFenced => Interlocked.Read(ref _fenced);

    /// <summary>Links and words that were refused: of strangers, or of another version.</summary>
    public long Refused => Interlocked.Read(ref _refused);

    internal ClusterSettings Settings { get; }

    internal LinkTransport Transport { get; }

    internal AdapterNode Node { get; }

    /// <summary>The actor that hosts say hello to.</summary>
    internal IActorRef Service => _service;

    /// <summary>Starts to serve.</summary>
    /// <param name="system">Made with <see cref="ClusterSettings.Reference"/> as a fallback of its
    /// configuration.</param>
    /// <param name="binding">Of a stack in the same system, over a target that takes what is connected.</param>
    /// <param name="connect">Connects a socket, for example
    /// <see cref="Targets.Kernel.KernelTarget.ConnectAsync"/>.</param>
    /// <exception cref="ChimneySettingsException">A setting is not lawful.</exception>
    public static ClusterAdapter Start(
        ActorSystem system, Binding binding, Func<IPEndPoint, CancellationToken, Task<Socket>> connect)
    {
        ArgumentNullException.ThrowIfNull(system);
        ArgumentNullException.ThrowIfNull(binding);
        ArgumentNullException.ThrowIfNull(connect);
        ClusterSettings settings = ClusterSettings.From(system.Settings.Config);
        return new ClusterAdapter(
            system, new AdapterNode(binding, connect, settings.ConnectionsMax), settings, new LinkTransport());
    }

    /// <summary>From now on no new connection is taken; hosts hear of it.</summary>
    public void Drain() => Node.Drain();

    /// <summary>Ends all links: what is still here is aborted.</summary>
    public async ValueTask DisposeAsync()
    {
        try
        {
            await _service.GracefulStop(TimeSpan.FromSeconds(10)).ConfigureAwait(false);
        }
        catch (TaskCanceledException)
        {
            // The system is overloaded, or over, and takes it down itself.
        }
    }

    internal void CountFenced(int items) => Interlocked.Add(ref _fenced, items);

    internal void CountRefused() => Interlocked.Increment(ref _refused);
}
