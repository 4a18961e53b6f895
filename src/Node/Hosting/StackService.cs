using Akka.Actor;
using Akka.Configuration;
using ChimneyActors.Embedding;
using ChimneyActors.Node.Verbs;
using Microsoft.Extensions.Hosting;

namespace ChimneyActors.Node.Hosting;

/// <summary>Keeps an actor system with a driver stack in it while the host runs.</summary>
internal sealed class StackService(Config actors, Action<StackBuilder> build) : IHostedService
{
    private static readonly TimeSpan LedgerSettles = TimeSpan.FromSeconds(5);
    private ActorSystem? _system;
    private Chimney? _chimney;
    private LedgerSnapshot? _last;

    /// <summary>The stack.</summary>
    public Chimney Chimney => _chimney ?? throw new InvalidOperationException("The stack has not been started.");

    /// <summary>The ledger: as it is, or as it was when the stack ended.</summary>
    public LedgerSnapshot Ledger => _last ?? Chimney.Ledger;

    /// <inheritdoc/>
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        try
        {
            _system = ActorSystem.Create("chimney", actors);
            _chimney = await Chimney.StartAsync(_system, build).ConfigureAwait(false);
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

    private static Exception? Settings(Exception e) => e switch
    {
        ChimneySettingsException or ConfigurationException or FormatException => e,
        { InnerException: { } inner } => Settings(inner),
        _ => null,
    };
}
