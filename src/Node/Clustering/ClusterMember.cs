using System.CommandLine;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Akka.Actor;
using Akka.Actor.Setup;
using Akka.Configuration;
using ChimneyActors.Cluster;
using ChimneyActors.Embedding;
using ChimneyActors.Node.Hosting;
using ChimneyActors.Node.Network;
using ChimneyActors.Node.Settings;
using Serilog;
using AkkaCluster = Akka.Cluster.Cluster;
using MemberStatus = Akka.Cluster.MemberStatus;

namespace ChimneyActors.Node.Clustering;

/// <summary>The node as a member of a cluster: what it may use of others, and what it does for them.</summary>
internal sealed class ClusterMember : IAsyncDisposable
{
    /// <summary>Name of the actor system, the same on every node: else they would not be one cluster.</summary>
    public const string SystemName = "chimney";

    /// <summary>The binding of the adapter.</summary>
    public const string AdapterBinding = "adapter";

    private const string ConfPath = "hocon/cluster.conf";
    private readonly TaskCompletionSource _up = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly ClusterNodeSettings _settings;
    private ActorSystem? _system;
    private ClusterQuestions? _questions;

    private ClusterMember(ClusterNodeSettings settings, Config config, Setup? tls)
    {
        _settings = settings;
        Config = config;
        Tls = tls;
    }

    /// <summary>What the actors read.</summary>
    public Config Config { get; }

    /// <summary>Certificates; null for none.</summary>
    public Setup? Tls { get; }

    /// <summary>Whether it has connections on adapters of others.</summary>
    public bool IsHost => _settings.Roles.Contains(ClusterNodeSettings.HostRole);

    /// <summary>Whether others have connections here.</summary>
    public bool IsAdapter => _settings.Roles.Contains(ClusterNodeSettings.AdapterRole);

    /// <summary>The adapters of the cluster, as a target; null if it is no host.</summary>
    public ClusterTarget? Target { get; private set; }

    /// <summary>What others have here; null if it is no adapter.</summary>
    public ClusterAdapter? Adapter { get; private set; }

    /// <summary>Whether it is a member like any other.</summary>
    public bool IsUp => _system is { WhenTerminated.IsCompleted: false } system
        && AkkaCluster.Get(system).SelfMember.Status == MemberStatus.Up;

    /// <summary>Done when it became one.</summary>
    public Task Up => _up.Task;

    /// <summary>Its address in the cluster.</summary>
    public Address Address => AkkaCluster.Get(_system!).SelfAddress;

    /// <summary>Reads the settings.</summary>
    /// <returns>Null for a node on its own.</returns>
    public static ClusterMember? From(ParseResult line, ClusterNodeSettings? settings)
    {
        if (settings is null)
            return null;
        Setup? tls = ClusterTlsFiles.Load(settings);
        Config flags = Own(settings).WithFallback(tls is null ? Config.Empty : ClusterTls.Config);
        Config below = ActorConfiguration.LoadFile(null, ConfPath).WithFallback(ClusterSettings.Reference());
        return new ClusterMember(settings, ActorConfiguration.Load(line, flags, below), tls);
    }

    /// <summary>Before the stack is built.</summary>
    public void Begin(ActorSystem system)
    {
        _system = system;
        if (IsHost)
            Target = new ClusterTarget(system);
    }

    /// <summary>The stack is there: serves others, and joins.</summary>
    /// <param name="chimney">The stack.</param>
    /// <param name="kernel">What connects for others.</param>
    /// <param name="answer">Answers what operators ask of all nodes.</param>
    public void Join(Chimney chimney, KernelAdapters kernel, Func<string, Task<string>> answer)
    {
        if (IsAdapter)
            Adapter = ClusterAdapter.Start(_system!, chimney.Binding(AdapterBinding),
                (remote, cancellation) => ConnectAsync(kernel, remote, cancellation));
        _questions = ClusterQuestions.Start(_system!, answer);
        AkkaCluster cluster = AkkaCluster.Get(_system!);
        cluster.RegisterOnMemberUp(() => _up.TrySetResult());
        if (_settings.Join.Count == 0)
            cluster.Join(cluster.SelfAddress);
        else
            cluster.JoinSeedNodes(_settings.Join.Select(At));
        Log.Information("In the cluster as {Address}, roles {Roles:l}; {Tls:l}", cluster.SelfAddress,
            string.Join(", ", _settings.Roles), Tls is null ? "no TLS" : "TLS with certificates");
    }

    /// <summary>Asks every node of the cluster.</summary>
    public Task<IReadOnlyList<NodeAnswer>> AskAllAsync(string question, TimeSpan within) =>
        _questions!.AskAllAsync(question, within);

    /// <summary>Takes nothing more of others, and waits until they have nothing here any more.</summary>
    /// <returns>Connections of others that were left.</returns>
    public async Task<int> DrainAsync(TimeSpan within, Task hurry, TimeProvider clock)
    {
        if (Adapter is null)
            return 0;
        Adapter.Drain();
        long begin = clock.GetTimestamp();
        using PeriodicTimer tick = new(TimeSpan.FromMilliseconds(50), clock);
        while (Adapter.Connections > 0 && clock.GetElapsedTime(begin) < within && !hurry.IsCompleted)
            await tick.WaitForNextTickAsync().ConfigureAwait(false);
        return Adapter.Connections;
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (_questions is not null)
            await _questions.DisposeAsync().ConfigureAwait(false);
        if (Adapter is not null)
            await Adapter.DisposeAsync().ConfigureAwait(false);
    }

    private static async Task<Socket> ConnectAsync(
        KernelAdapters kernel, IPEndPoint remote, CancellationToken cancellation)
    {
        Socket socket = await kernel.ConnectAsync(remote, cancellation).ConfigureAwait(false);
        try
        {
            socket.NoDelay = true;
        }
        catch (SocketException)
        {
            // Reset already; whoever serves it will see.
        }

        return socket;
    }

    private Address At(HostAndPort member) =>
        new(AkkaCluster.Get(_system!).SelfAddress.Protocol, SystemName, member.Host, member.Port);

    private static Config Own(ClusterNodeSettings settings)
    {
        string address = settings.Listen.EndPoint.Address.ToString();
        string name = settings.Name ?? address;
        return ConfigurationFactory.ParseString(string.Create(CultureInfo.InvariantCulture,
            $$"""
            akka {
              remote.dot-netty.tcp {
                hostname = "{{address}}"
                public-hostname = "{{name}}"
                port = {{settings.Listen.EndPoint.Port}}
              }
              cluster.roles = [{{string.Join(", ", settings.Roles)}}]
            }
            """));
    }
}
