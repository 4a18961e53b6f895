using System.Net.Sockets;
using Akka.Actor;
using Akka.Actor.Setup;
using Akka.Configuration;
using ChimneyActors.Embedding;
using ChimneyActors.Node.Clustering;
using ChimneyActors.Node.Verbs;
using Microsoft.Extensions.Hosting;

namespace ChimneyActors.Node.Hosting;

/// <summary>Keeps an actor system with a driver stack in it while the host runs.</summary>
/// <param name="actors">What the actors read.</param>
/// <param name="cluster">The cluster it is in; null for none.</param>
/// <param name="build">Names the drivers.</param>
internal sealed class StackService(Config actors, ClusterMember? cluster, Action<StackBuilder> build) : IHostedService
{
    private static readonly TimeSpan LedgerSettles = TimeSpan.FromSeconds(5);
    private ActorSystem? _system;
    private Chimney? _chimney;
    private LedgerSnapshot? _last;

    /// <summary>The stack.</summary>
    public Chimney Chimney => _chimney ?? throw new InvalidOperationException("The stack has not been started.");

    /// <summary>Ends when the actor system has ended; by itself too, as it does when its cluster has removed the
    /// node.</summary>
    public Task Ended => _system?.WhenTerminated ?? Task.CompletedTask;

    /// <summary>The ledger: as it is, or as it was when the stack ended.</summary>
    public LedgerSnapshot Ledger => _last ?? Chimney.Ledger;

    /// <inheritdoc/>
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        try
        {
            BootstrapSetup bootstrap = BootstrapSetup.Create().WithConfig(actors);
            _system = ActorSystem.Create(ClusterMember.SystemName, cluster?.Tls is { } tls
                ? bootstrap.And(tls)
                : ActorSystemSetup.Create(bootstrap));
            cluster?.Begin(_system);
            _chimney = await Chimney.StartAsync(_system, build).ConfigureAwait(false);
        }
        catch (Exception e) when (Bind(e) is { } taken)
        {
            throw NodeException.Environment("cannot listen for the cluster", "in --cluster or the settings",
                VerbLine.OneLine(taken.Message));
        }
        catch (Exception e) when (Settings(e) is { } setting)
        {
            throw NodeException.Usage("bad actor setting", "in hocon/node.conf, --hocon or --set",
                VerbLine.OneLine(setting.Message));
        }
    }

    /// <inheritdoc/>
    public async Task StopAsync(CancellationToken cancellationToken)
    {
        if (cluster is not null)
            await cluster.DisposeAsync().ConfigureAwait(false);
        if (_chimney is not null)
        {
            await SettleAsync(_chimney).ConfigureAwait(false);
            await _chimney.DisposeAsync().ConfigureAwait(false);
            _last = _chimney.Ledger;
        }
        if (_system is not null)
            await _system.Terminate().ConfigureAwait(false);
    }

    // What was asked to end may still be on its way home.
    private static async Task SettleAsync(Chimney chimney)
    {
        using PeriodicTimer timer = new(TimeSpan.FromMilliseconds(10));
        long end = Environment.TickCount64 + (long)LedgerSettles.TotalMilliseconds;
        while (chimney.Ledger.Outstanding > 0 && Environment.TickCount64 < end)
            await timer.WaitForNextTickAsync(CancellationToken.None).ConfigureAwait(false);
    }

    private static SocketException? Bind(Exception e) => e switch
    {
        SocketException taken => taken,
        AggregateException { InnerExceptions: { } all } => all.Select(Bind).FirstOrDefault(one => one is not null),
        { InnerException: { } inner } => Bind(inner),
        _ => null,
    };

    private static Exception? Settings(Exception e) => e switch
    {
        ChimneySettingsException or ConfigurationException or FormatException => e,
        { InnerException: { } inner } => Settings(inner),
        _ => null,
    };
}
