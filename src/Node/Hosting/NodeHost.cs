using System.CommandLine;
using Akka.Configuration;
using ChimneyActors.Embedding;
using ChimneyActors.Node.Admin;
using ChimneyActors.Node.Clustering;
using ChimneyActors.Node.Logging;
using ChimneyActors.Node.Settings;
using ChimneyActors.Node.Verbs;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Serilog;

namespace ChimneyActors.Node.Hosting;

/// <summary>What a running verb stands on: settings, log, signals, and a host with a driver stack in it.</summary>
internal sealed class NodeHost : IAsyncDisposable
{
    private readonly IHost _host;
    private readonly StackService _stack;
    private readonly NodeDrivers _drivers;
    private AdminServer? _admin;
    private bool _stopped;

    private NodeHost(
        ParseResult line, NodeConfiguration configuration, Adapters adapters, ClusterNodeSettings? cluster)
    {
        Cluster = ClusterMember.From(line, cluster);
        Config actors = Cluster?.Config ?? ActorConfiguration.Load(line);
        if (Cluster is { IsAdapter: true })
            adapters = adapters with { ForOthers = actors.GetInt("chimney.cluster.connections-max") };
        _drivers = adapters.Layout.Drivers;
        Kernels = adapters.MakeKernels();
        _stack = new StackService(
            adapters.Pools(actors), Cluster, stack => adapters.Build(stack, Kernels, Cluster));
        NodeLog.Open(line);
        // Not the default builder: it would read appsettings.json, the environment and the signals behind our back.
        HostApplicationBuilder builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings());
        builder.Configuration.AddConfiguration(configuration.Root);
        builder.Services.AddSerilog(dispose: false);
        builder.Services.AddSingleton<IHostLifetime, NoLifetime>();
        builder.Services.AddSingleton(TimeProvider.System);
        builder.Services.AddHostedService(_ => _stack);
        _host = builder.Build();
    }

    /// <summary>The stack.</summary>
    public Chimney Chimney => _stack.Chimney;

    /// <summary>The ledger of the stack; after <see cref="StopAsync"/> the final one.</summary>
    public LedgerSnapshot Ledger => _stack.Ledger;

    /// <summary>The targets below it.</summary>
    public KernelAdapters Kernels { get; }

    /// <summary>The cluster it is in; null for none.</summary>
    public ClusterMember? Cluster { get; }

    /// <summary>The clock.</summary>
    public TimeProvider Clock => _host.Services.GetRequiredService<TimeProvider>();

    /// <summary>The signals.</summary>
    public ShutdownSignals Signals { get; } = new();

    /// <summary>Whether it ended though nobody asked for it.</summary>
    public bool IsLost { get; private set; }

    /// <summary>Starts it.</summary>
    /// <param name="line">The command line.</param>
    /// <param name="configuration">The settings, already read and checked.</param>
    /// <param name="adapters">The driver stack.</param>
    /// <param name="cluster">The cluster it is to be in; null for none.</param>
    public static async Task<NodeHost> StartAsync(
        ParseResult line, NodeConfiguration configuration, Adapters adapters, ClusterNodeSettings? cluster = null)
    {
        NodeHost node = new(line, configuration, adapters, cluster);
        try
        {
            Descriptors.WarnIfShort(adapters.ConnectionsMax * adapters.Names.Length);
            await node._host.StartAsync().ConfigureAwait(false);
            node._admin = await AdminServer.StartAsync(line, node.Chimney, node.Signals, node.Cluster)
                .ConfigureAwait(false);
            node.Cluster?.Join(node.Chimney, node.Kernels, new NodeAnswers(node.Chimney, node.Cluster).AnswerAsync);
            _ = node.EndWithSystemAsync();
            _ = ServiceManager.FollowAsync(node.Cluster, node.Signals);
            return node;
        }
        catch
        {
            await node.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>Ends the stack; the ledger is final then.</summary>
    public async Task StopAsync()
    {
        if (_stopped)
            return;
        _stopped = true;
        if (_admin is not null)
            await _admin.DisposeAsync().ConfigureAwait(false);
        await _host.StopAsync().ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await StopAsync().ConfigureAwait(false);
        _host.Dispose();
        _drivers.Dispose();
        Signals.Dispose();
        await Log.CloseAndFlushAsync().ConfigureAwait(false);
    }

    /// <summary>A node that its cluster has removed has lost everything: it ends, and whoever watches it starts it
    /// anew.</summary>
    private async Task EndWithSystemAsync()
    {
        await _stack.Ended.ConfigureAwait(false);
        if (_stopped)
            return;
        IsLost = true;
        Log.Error("The actor system has ended; if it was in a cluster, it was removed from it. The node ends");
        Signals.Abort();
    }

    private sealed class NoLifetime : IHostLifetime
    {
        public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
