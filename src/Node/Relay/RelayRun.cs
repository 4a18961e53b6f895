using System.CommandLine;
using System.Diagnostics;
using System.Net.Sockets;
using ChimneyActors.Cluster;
using ChimneyActors.Node.Clustering;
using ChimneyActors.Node.Hosting;
using ChimneyActors.Node.Network;
using ChimneyActors.Node.Serve;
using ChimneyActors.Node.Sessions;
using ChimneyActors.Node.Settings;
using ChimneyActors.Node.Verbs;
using Serilog;
using Serilog.Events;

namespace ChimneyActors.Node.Relay;

/// <summary>One run of the relay, from its first line to its summary.</summary>
internal sealed class RelayRun : IDisposable
{
    // Its clients are gone with the relay's pairs; the last of them may still be saying goodbye.
    private static readonly TimeSpan EmbeddedDrain = TimeSpan.FromSeconds(2);

    private readonly RelaySettings _settings;
    private readonly NodeHost _node;
    private readonly ConnectionListener _listener;
    private readonly SessionTable _pairs = new();
    private readonly RelayStatistics _statistics = new();
    private readonly RelayContext _context;
    private readonly RelayHost _front;
    private readonly RelayHost _back;

    private RelayRun(RelaySettings settings, NodeHost node, ConnectionListener listener, HostAndPort upstream)
    {
        _settings = settings;
        _node = node;
        _listener = listener;
        ClusterTarget? elsewhere = node.Cluster?.Target;
        Connect connect = elsewhere is null
            ? (remote, _, cancellation) => node.Kernels.ConnectAsync(remote, cancellation)
            : elsewhere.ConnectAsync;
        _front = new RelayHost(node.Chimney, Adapters.Front, settings.Offload);
        _back = new RelayHost(node.Chimney, Adapters.Back, settings.Offload);
        _context = new RelayContext(
            _front.OpenAsync, _back.OpenAsync,
            new UpstreamConnector(upstream, settings.ConnectTimeout, node.Clock, connect),
            (long)settings.IdleTimeout.TotalMilliseconds, (long)settings.LingerTimeout.TotalMilliseconds,
            (long)settings.DrainTimeout.TotalMilliseconds, socket => elsewhere?.IsDraining(socket) == true,
            _statistics.Moves.Add, OnEnded, _pairs.Aborting);
    }

    /// <summary>Runs it.</summary>
    public static async Task<ExitCode> RunAsync(ParseResult line)
    {
        NodeConfiguration configuration = NodeConfiguration.Load(line);
        RelaySettings settings = RelaySettings.From(configuration);
        ClusterNodeSettings? cluster = ClusterNodeSettings.From(configuration);
        if (settings.To is null && cluster is { IsLocal: false })
            throw NodeException.Usage($"bad To '{RelaySettings.Embedded}'", "in --to or the settings",
                "an upstream that adapters on other machines can reach");
        if (settings.Offload is not null && cluster is not null)
            throw NodeException.Usage("bad Policy 'busy'", "in --offload or the settings",
                "all: in a cluster, upstream connections are on adapters elsewhere, and none of them can come home");
        long seed = CommonOptions.Seed(line);
        NodeOutput output = new(line);
        using ConnectionListener listener =
            ConnectionListener.Bind(settings.Listen, settings.Backlog, settings.ConnectionsMax);
        if (settings.To is { } to && to.Reaches(listener.Local))
            throw NodeException.Usage($"bad To '{to}'", "in --to or the settings", "not the address it listens on");
        Adapters adapters = AdaptersOf(settings, StackLayout.From(configuration, hasUpstreams: true));
        await using NodeHost node = await NodeHost.StartAsync(line, configuration, adapters, cluster)
            .ConfigureAwait(false);
        await using ServiceServer? embedded = settings.To is null ? ServiceServer.Embedded(node) : null;
        HostAndPort upstream = settings.To ?? HostAndPort.Of(embedded!.Local);
        using RelayRun run = new(settings, node, listener, upstream);
        run.SayWhatToTry(output, upstream, seed);
        long began = Stopwatch.GetTimestamp();
        DrainResult drain = await run.ServeAsync().ConfigureAwait(false);
        if (node.Cluster is { } member)
            await member.DrainAsync(settings.DrainTimeout, node.Signals.Second, node.Clock).ConfigureAwait(false);
        if (embedded is not null)
            await embedded.StopAsync(EmbeddedDrain).ConfigureAwait(false);
        await node.StopAsync().ConfigureAwait(false);
        RelaySummary summary = new(seed, run._pairs.Begun, run._statistics, drain, node.Ledger,
            node.Clock.GetElapsedTime(began))
        {
            IsLost = node.IsLost, Front = run._front.Counts, Back = run._back.Counts,
        };
        summary.Say(output);
        return summary.ExitCode;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _front.Dispose();
        _back.Dispose();
        _pairs.Dispose();
    }

    private static Adapters AdaptersOf(RelaySettings settings, StackLayout layout) => new(
        settings.To is null
            ? [Adapters.Front, Adapters.Back, ServiceServer.EmbeddedBinding]
            : [Adapters.Front, Adapters.Back],
        settings.ConnectionsMax, settings.WindowBuffers, layout) { Offload = settings.Offload };

    private async Task<DrainResult> ServeAsync()
    {
        using CancellationTokenSource stop = new();
        TimeSpan shortest = new[] { _settings.IdleTimeout, _settings.LingerTimeout, _settings.DrainTimeout }
            .Where(time => time > TimeSpan.Zero).Min();
        SessionSweep sweep = new(_pairs, shortest, _node.Clock);
        await using (sweep.ConfigureAwait(false))
        {
            Task accepting = _listener.RunAsync(OnAccepted, stop.Token);
            await Task.WhenAny(accepting, _node.Signals.First).ConfigureAwait(false);
            _node.Cluster?.Adapter?.Drain();    // others hear of it while our own sessions finish
            await stop.CancelAsync().ConfigureAwait(false);
            await accepting.ConfigureAwait(false);
            return await Drain.RunAsync(_pairs, _settings.DrainTimeout, _node.Signals, _node.Clock)
                .ConfigureAwait(false);
        }
    }

    private void OnAccepted(Socket client)
    {
        RelayPair pair = new(_pairs.NextId(), client, _context);
        _pairs.Add(pair);
        _ = pair.RunAsync();
    }

    private void OnEnded(RelayPair pair, RelayRecord record)
    {
        _listener.Release();
        _statistics.Add(record);
        LogEventLevel level = record.End is SessionEnd.UpstreamRefused or SessionEnd.UpstreamUnreachable
            or SessionEnd.UpstreamTimeout or SessionEnd.NotOffloaded ? LogEventLevel.Warning
            : LogEventLevel.Information;
        if (Log.IsEnabled(level))
        {
            Log.Write(level,
                "{Id} {Client} -> {Upstream}: {End:l}; upstream acked {UpstreamAcked}/{FromClient}, client acked "
                + "{ClientAcked}/{FromUpstream}, discarded {Discarded}, {Milliseconds} ms {Detail:l}",
                record.Id, record.Client, record.Upstream, record.End.Text(), record.UpstreamAcknowledged,
                record.FromClient, record.ClientAcknowledged, record.FromUpstream, record.Discarded,
                record.Milliseconds, record.Detail ?? "");
        }
        _pairs.Remove(pair);
    }

    private void SayWhatToTry(NodeOutput output, HostAndPort upstream, long seed)
    {
        bool embedded = _settings.To is null;
        string? cluster = _node.Cluster?.Address.ToString();
        output.Say(
            new { Event = "listening", Verb = "relay", Address = _listener.Local.ToString(), To = upstream.ToString(),
                Embedded = embedded, Cluster = cluster, Seed = seed },
            [
                $"chimney relay, seed {seed}",
                $"listening on {_listener.Local}, relaying to {upstream}{(embedded ? " (embedded)" : "")}",
                .. cluster is null ? Array.Empty<string>() : [$"in the cluster as {cluster}"],
                .. embedded
                    ? new[]
                    {
                        $"try: curl http://{_listener.Local}/",
                        $"     curl -o /dev/null http://{_listener.Local}/bytes/100000000",
                        "with --to HOST:PORT it stands before any other server",
                    }
                    : [],
                "Ctrl+C or SIGTERM drains, a second one aborts",
            ]);
    }
}
