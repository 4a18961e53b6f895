using System.CommandLine;
using System.Globalization;
using ChimneyActors.Embedding;
using ChimneyActors.Node.Hosting;
using ChimneyActors.Node.Network;
using ChimneyActors.Node.Sessions;
using ChimneyActors.Node.Settings;
using ChimneyActors.Node.Verbs;
using Serilog.Events;

namespace ChimneyActors.Node.Serve;

/// <summary>One run of a built-in service, from its first line to its summary.</summary>
internal static class ServeRun
{
    /// <summary>Runs it.</summary>
    public static async Task<ExitCode> RunAsync(ParseResult line, ServiceKind kind)
    {
        NodeConfiguration configuration = NodeConfiguration.Load(line);
        ServeSettings settings = ServeSettings.From(configuration);
        long seed = CommonOptions.Seed(line);
        string verb = $"serve {kind.ToString().ToLowerInvariant()}";
        NodeOutput output = new(line);
        using ConnectionListener listener =
            ConnectionListener.Bind(settings.Listen, settings.Backlog, settings.ConnectionsMax);
        Adapters adapters = new(
            [Adapters.Front], settings.ConnectionsMax, settings.WindowBuffers, StackLayout.From(configuration));
        await using NodeHost node = await NodeHost.StartAsync(line, configuration, adapters).ConfigureAwait(false);
        await using ServiceServer server = new(
            kind, settings, listener, node, node.Chimney.Binding(Adapters.Front), LogEventLevel.Information);
        output.Say(
            new { Event = "listening", Verb = verb, Address = server.Local.ToString(), Seed = seed },
            [
                $"chimney {verb}, seed {seed}",
                $"listening on {server.Local}",
                $"try: {Try(kind, server)}",
                "Ctrl+C or SIGTERM drains, a second one aborts",
            ]);
        await Task.WhenAny(server.Accepting, node.Signals.First).ConfigureAwait(false);
        DrainResult drain = await server.StopAsync(settings.DrainTimeout).ConfigureAwait(false);
        await node.StopAsync().ConfigureAwait(false);
        return Summarize(output, verb, seed, server, drain, node.Ledger);
    }

    private static string Try(ServiceKind kind, ServiceServer server) => kind == ServiceKind.Http
        ? $"curl http://{server.Local}/"
        : $"nc {server.Local.Address} {server.Local.Port}";

    private static ExitCode Summarize(
        NodeOutput output, string verb, long seed, ServiceServer server, DrainResult drain, LedgerSnapshot ledger)
    {
        ExitCode code = drain.Stuck == 0 ? ledger.Verdict() : ExitCode.PromiseBroken;
        ServiceStatistics sums = server.Statistics;
        output.Table(
            new
            {
                Event = "summary",
                Verb = verb,
                Seed = seed,
                server.Accepted,
                Ends = sums.Ends(),
                ReceivedBytes = sums.Received,
                AcknowledgedBytes = sums.Acknowledged,
                Drain = drain,
                Ledger = ledger,
                Balanced = ledger.IsBalanced(),
                ExitCode = (int)code,
            },
            $"chimney {verb}",
            [
                ("seed", Text(seed)),
                ("clients accepted", Text(server.Accepted)),
                .. sums.Ends().Select(end => ($"  {end.Key}", Text(end.Value))),
                ("bytes received", Text(sums.Received)),
                ("bytes acknowledged by clients", Text(sums.Acknowledged)),
                ("open at the drain, aborted, stuck", $"{drain.Open}, {drain.Aborted}, {drain.Stuck}"),
                .. ledger.Rows(),
            ]);
        return code;
    }

    private static string Text(long value) => value.ToString("N0", CultureInfo.InvariantCulture);
}
