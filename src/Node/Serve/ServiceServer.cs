using System.Net;
using System.Net.Sockets;
using ChimneyActors.Embedding;
using ChimneyActors.Node.Hosting;
using ChimneyActors.Node.Network;
using ChimneyActors.Node.Sessions;
using Serilog;
using Serilog.Events;

namespace ChimneyActors.Node.Serve;

/// <summary>A built-in service on a port: its listener and its sessions.</summary>
internal sealed class ServiceServer : IAsyncDisposable
{
    /// <summary>The binding of the relay's own upstream.</summary>
    public const string EmbeddedBinding = "embedded";

    private readonly ServiceKind _kind;
    private readonly NodeHost _node;
    private readonly ConnectionListener _listener;
    private readonly SessionTable _sessions = new();
    private readonly SessionSweep _sweep;
    private readonly ServiceContext _context;
    private readonly CancellationTokenSource _stop = new();
    private readonly LogEventLevel _level;
    private readonly Task _accepting;

    /// <summary>Starts to serve.</summary>
    public ServiceServer(
        ServiceKind kind, ServeSettings settings, ConnectionListener listener, NodeHost node, Binding binding,
        LogEventLevel level)
    {
        _kind = kind;
        _node = node;
        _level = level;
        _listener = listener;
        _context = new ServiceContext(
            binding, (long)settings.IdleTimeout.TotalMilliseconds, (long)settings.LingerTimeout.TotalMilliseconds,
            OnEnded, () => _sessions.Drain is not null);
        TimeSpan shortest = new[] { settings.IdleTimeout, settings.LingerTimeout, settings.DrainTimeout }
            .Where(time => time > TimeSpan.Zero).Min();
        _sweep = new SessionSweep(_sessions, shortest, node.Clock);
        _accepting = listener.RunAsync(OnAccepted, _stop.Token);
    }

    /// <summary>Where it listens.</summary>
    public IPEndPoint Local => _listener.Local;

    /// <summary>Clients accepted.</summary>
    public long Accepted => _sessions.Begun;

    /// <summary>The sums.</summary>
    public ServiceStatistics Statistics { get; } = new();

    /// <summary>Done when it accepts no more.</summary>
    public Task Accepting => _accepting;

    /// <summary>A small HTTP server on any free loopback port, for a relay that was given no upstream.</summary>
    public static ServiceServer Embedded(NodeHost node)
    {
        ServeSettings settings = new(
            new ListenAddress(new IPEndPoint(IPAddress.Loopback, 0), "for the embedded upstream"),
            1024, 100_000, 1, TimeSpan.Zero, TimeSpan.FromSeconds(10), TimeSpan.Zero);
        return new ServiceServer(
            ServiceKind.Http, settings,
            ConnectionListener.Bind(settings.Listen, settings.Backlog, settings.ConnectionsMax),
            node, node.Chimney.Binding(EmbeddedBinding), LogEventLevel.Debug);
    }

    /// <summary>Stops accepting, drains and aborts.</summary>
    public async Task<DrainResult> StopAsync(TimeSpan drainTimeout)
    {
        await _stop.CancelAsync().ConfigureAwait(false);
        await _accepting.ConfigureAwait(false);
        DrainResult result =
            await Drain.RunAsync(_sessions, drainTimeout, _node.Signals, _node.Clock).ConfigureAwait(false);
        return result;
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await StopAsync(TimeSpan.Zero).ConfigureAwait(false);
        await _sweep.DisposeAsync().ConfigureAwait(false);
        _stop.Dispose();
        _sessions.Dispose();
    }

    private void OnAccepted(Socket client)
    {
        long id = _sessions.NextId();
        ServiceSession session = _kind switch
        {
            ServiceKind.Echo => new EchoSession(id, client, _context),
            ServiceKind.Discard => new DiscardSession(id, client, _context),
            _ => new HttpSession(id, client, _context),
        };
        _sessions.Add(session);
        _ = session.RunAsync();
    }

    private void OnEnded(ServiceSession session, ServiceRecord record)
    {
        _listener.Release();
        Statistics.Add(record);
        LogEventLevel level = record.End == SessionEnd.NotOffloaded ? LogEventLevel.Warning : _level;
        if (Log.IsEnabled(level))
        {
            Log.Write(level,
                "{Id} {Client} {Service}: {End:l}; received {Received}, client acked {Acknowledged}, "
                + "{Milliseconds} ms {Detail:l}",
                record.Id, record.Client, _kind, record.End.Text(), record.Received, record.Acknowledged,
                record.Milliseconds, record.Detail ?? "");
        }
        _sessions.Remove(session);
    }
}
