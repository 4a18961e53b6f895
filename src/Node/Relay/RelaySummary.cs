using System.Globalization;
using ChimneyActors.Embedding;
using ChimneyActors.Node.Hosting;
using ChimneyActors.Node.Sessions;
using ChimneyActors.Node.Verbs;

namespace ChimneyActors.Node.Relay;

/// <summary>What a run of the relay came to.</summary>
/// <param name="Seed">Its seed.</param>
/// <param name="Accepted">Clients accepted.</param>
/// <param name="Statistics">The sums.</param>
/// <param name="Drain">What the drain did.</param>
/// <param name="Ledger">The final ledger.</param>
/// <param name="Lasted">How long it ran.</param>
internal sealed record RelaySummary(
    long Seed, long Accepted, RelayStatistics Statistics, DrainResult Drain, LedgerSnapshot Ledger, TimeSpan Lasted)
{
    /// <summary>Whether the node ended because its cluster had removed it.</summary>
    public bool IsLost { get; init; }

    /// <summary>How the host of clients' connections stood; null if everything was offloaded at once.</summary>
    public HostCounts? Front { get; init; }

    /// <summary>The same of upstream connections.</summary>
    public HostCounts? Back { get; init; }

    /// <summary>The verdict.</summary>
    public ExitCode ExitCode => Drain.Stuck > 0 || !Ledger.IsBalanced() ? ExitCode.PromiseBroken
        : IsLost ? ExitCode.Environment : ExitCode.Good;

    /// <summary>Prints it.</summary>
    public void Say(NodeOutput output) => output.Table(
        new
        {
            Event = "summary",
            Verb = "relay",
            Seed,
            Accepted,
            Ends = Statistics.Ends(),
            UpstreamAcknowledgedBytes = Statistics.ToUpstream,
            ClientAcknowledgedBytes = Statistics.ToClient,
            DiscardedBytes = Statistics.Discarded,
            Moves = Statistics.Moves.Summarize(),
            Front,
            Back,
            Drain,
            Ledger,
            Balanced = Ledger.IsBalanced(),
            Seconds = Lasted.TotalSeconds,
            ExitCode = (int)ExitCode,
        },
        "chimney relay",
        [
            ("seed", Text(Seed)),
            ("clients accepted", Text(Accepted)),
            .. Statistics.Ends().Select(end => ($"  {end.Key}", Text(end.Value))),
            ("bytes acknowledged by upstreams", Text(Statistics.ToUpstream)),
            ("bytes acknowledged by clients", Text(Statistics.ToClient)),
            ("bytes discarded after a close", Text(Statistics.Discarded)),
            ("moves to another adapter or driver, 50 / 99 % / max", $"{Statistics.Moves.Summarize()}"),
            ("open at the drain, aborted, stuck", $"{Drain.Open}, {Drain.Aborted}, {Drain.Stuck}"),
            .. Row("clients'", Front),
            .. Row("upstreams'", Back),
            .. Ledger.Rows(),
        ]);

    private static IEnumerable<(string, string)> Row(string whose, HostCounts? counts)
    {
        if (counts is { } host)
            yield return ($"{whose} offloaded, taken back, came home",
                $"{Text(host.Promoted)}, {Text(host.Demoted)}, {Text(host.CameHome)}");
    }

    private static string Text(long value) => value.ToString("N0", CultureInfo.InvariantCulture);
}
