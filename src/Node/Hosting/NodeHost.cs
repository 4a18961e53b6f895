using System.CommandLine;
using ChimneyActors.Embedding;
using ChimneyActors.Node.Admin;
using ChimneyActors.Node.Logging;
using ChimneyActors.Node.Settings;
using ChimneyActors.Node.Verbs;
using ChimneyActors.Targets.Kernel;
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
    private AdminServer? _admin;
    private bool _stopped;

    private NodeHost(ParseResult line, NodeConfiguration configuration, Adapters adapters)
    {
        Target = adapters.MakeTarget();
        _stack = new StackService(
            adapters.Pools(ActorConfiguration.Load(line)), stack => adapters.Build(stack, Target));
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

    /// <summary>The target below it.</summary>
    public KernelTarget Target { get; }

    /// <summary>The clock.</summary>
    public TimeProvider Clock => _host.Services.GetRequiredService<TimeProvider>();

    /// <summary>The signals.</summary>
    public ShutdownSignals Signals { get; } = new();

    /// <summary>Starts it.</summary>
    /// <param name="line">The command line.</param>
    /// <param name="configuration">The settings, already read and checked.</param>
    /// <param name="adapters">The driver stack.</param>
    public static async Task<NodeHost> StartAsync(
        ParseResult line, NodeConfiguration configuration, Adapters adapters)
    {
        NodeHost node = new(line, configuration, adapters);
        try
        {
            Descriptors.WarnIfShort(adapters.ConnectionsMax * adapters.Names.Length);
            await node._host.StartAsync().ConfigureAwait(false);
            node._admin = await AdminServer.StartAsync(line, node.Chimney, node.Signals).ConfigureAwait(false);
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
        Signals.Dispose();
        await Log.CloseAndFlushAsync().ConfigureAwait(false);
    }

    private sealed class NoLifetime : IHostLifetime
    {
        public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
