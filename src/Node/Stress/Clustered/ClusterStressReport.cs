using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using ChimneyActors.Node.Verbs;

namespace ChimneyActors.Node.Stress.Clustered;

/// <summary>What came of a clustered run: a table with a row for each node, a file, a verdict.</summary>
internal sealed class ClusterStressReport(
    ClusterStressOptions options, ClusterNodeState[] nodes, SessionJudge judge, NodeTroubles troubles,
    PeerServer peer, List<string> broken)
{
    private const int LinesMax = 20;

    private static readonly string[] Columns =
    [
        "node", "lives", "killed", "stopped", "cut", "removed", "posted", "completed", "sessions", "aborted", "late",
        "balanced", "p50 us", "p99 us",
    ];

    private static readonly JsonSerializerOptions Format = new(JsonSerializerDefaults.Web)
    {
        WriteIndented = true,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    /// <summary>Prints it all.</summary>
    public ExitCode Finish(TimeSpan elapsed)
    {
        string[] reasons = [.. Reasons()];
        PrintTable(elapsed);
        foreach (string line in judge.Broken.Take(LinesMax))
            Console.Out.WriteLine($"seen: {line}");
        foreach (string line in nodes.SelectMany(node => node.Current.Verdict?.Unanswered ?? []).Take(LinesMax))
            Console.Out.WriteLine($"outstanding: {line}");
        foreach (string reason in reasons)
            Console.Out.WriteLine($"broken: {reason}");
        Console.Out.WriteLine(reasons.Length == 0
            ? "verdict: every promise was kept, on every node"
            : "verdict: A PROMISE WAS BROKEN");
        Console.Out.WriteLine($"again: {options.Command}");
        if (options.JsonFile is { } file)
            File.WriteAllText(file, Json(elapsed, reasons));
        return reasons.Length == 0 ? ExitCode.Good : ExitCode.PromiseBroken;
    }

    private IEnumerable<string> Reasons()
    {
        foreach (string one in broken)
            yield return one;
        if (judge.Lost > 0)
            yield return Line($"{judge.Lost} requests lost");
        if (judge.Doubled > 0)
            yield return Line($"{judge.Doubled} requests answered more than once");
        if (judge.Broken.Count > 0)
            yield return Line($"{judge.Broken.Count} connections were not as their answers said");
        if (peer.Wrong > 0)
            yield return Line($"{peer.Wrong} peers got wrong bytes");
        foreach (ClusterNodeState node in nodes)
            foreach (string reason in Reasons(node))
                yield return $"node {node.Number}: {reason}";
    }

    private static IEnumerable<string> Reasons(ClusterNodeState node)
    {
        NodeProcess last = node.Current;
        if (last.Verdict is not { } verdict)
        {
            yield return "it gave no verdict";
            yield break;
        }

        if (last.Counts is { } counts && counts.Posted != counts.Completed)
            yield return Line($"{counts.Posted} requests posted, {counts.Completed} completed");
        if (verdict.Outstanding != 0)
            yield return Line($"{verdict.Outstanding} requests of its stack never came home");
        if (verdict.Violations > 0)
            yield return Line($"{verdict.Violations} violations");
        if (!verdict.IsBalanced || verdict.Connections > 0)
            yield return Line($"pools balanced: {verdict.IsBalanced}, connections left: {verdict.Connections}");
        if (last.Counts is not { Completed: > 0 })
            yield return "its last process did nothing";
    }

    private void PrintTable(TimeSpan elapsed)
    {
        Console.Out.WriteLine();
        Console.Out.WriteLine(Join(Columns));
        foreach (ClusterNodeState node in nodes)
            Console.Out.WriteLine(Join(Row(node)));
        Console.Out.WriteLine();
        double rate = nodes.Sum(node => node.Sum(one => one.Completed)) / Math.Max(1, elapsed.TotalSeconds);
        Console.Out.WriteLine(Line($"seed {options.Seed}, {elapsed.TotalSeconds:0.0} s, {rate:0} requests a second"));
        Console.Out.WriteLine(Line($"lost {judge.Lost}, doubled {judge.Doubled}, repaired {judge.Repairs}"));
        NodeLosses losses = NodeLosses.Of(troubles.Kills, judge.Aborted);
        if (losses.Connections > 0)
            Console.Out.WriteLine("kill to last answer of a connection that was there: "
                + Line($"p50 {losses.P50} ms, p99 {losses.P99} ms, of {losses.Connections}"));
    }

    private static string Join(string[] cells) =>
        string.Join(' ', cells.Select((cell, column) => cell.PadLeft(Math.Max(Columns[column].Length, 8))));

    private static string[] Row(ClusterNodeState node) =>
    [
        Line($"{node.Number}"), Line($"{node.Lives.Count}"), Line($"{node.Killed}"), Line($"{node.Stopped}"),
        Line($"{node.Cut}"), Line($"{node.Removed}"), Line($"{node.Sum(one => one.Posted)}"),
        Line($"{node.Sum(one => one.Completed)}"), Line($"{node.Sum(one => one.Sessions)}"),
        Line($"{node.Sum(one => one.Aborted)}"), Line($"{node.Sum(one => one.LateFenced)}"),
        node.Current.Verdict is { IsBalanced: true, Outstanding: 0, Connections: 0 } ? "yes" : "NO",
        Line($"{node.Current.Verdict?.P50Micros}"), Line($"{node.Current.Verdict?.P99Micros}"),
    ];

    private string Json(TimeSpan elapsed, string[] reasons)
    {
        NodeLosses losses = NodeLosses.Of(troubles.Kills, judge.Aborted);
        long completed = nodes.Sum(node => node.Sum(one => one.Completed));
        return JsonSerializer.Serialize(new
        {
            options.Seed,
            ElapsedSeconds = Math.Round(elapsed.TotalSeconds, 3),
            Connections = options.Connections * options.Nodes,
            Sessions = nodes.Sum(node => node.Sum(one => one.Sessions)),
            Aborted = nodes.Sum(node => node.Sum(one => one.Aborted)),
            Posted = nodes.Sum(node => node.Sum(one => one.Posted)),
            Completed = completed,
            judge.Lost,
            judge.Doubled,
            Orphaned = nodes.Sum(node => node.Current.Verdict?.Orphaned ?? 0),
            Violations = nodes.Sum(node => node.Current.Verdict?.Violations ?? 0) + judge.Broken.Count,
            judge.Repairs,
            CompletionsPerSecond = Math.Round(completed / Math.Max(0.001, elapsed.TotalSeconds), 1),
            LateFenced = nodes.Sum(node => node.Sum(one => one.LateFenced)),
            NodesKilled = nodes.Sum(node => node.Killed),
            NodesStopped = nodes.Sum(node => node.Stopped),
            Partitions = nodes.Sum(node => node.Cut),
            NodesRemoved = nodes.Sum(node => node.Removed),
            NodeLossMillis = losses,
            PoolBalanced = nodes.All(node => node.Current.Verdict is { IsBalanced: true }),
            Nodes = nodes.Select(node => new
            {
                node.Number,
                Lives = node.Lives.Count,
                node.Killed,
                node.Stopped,
                Partitions = node.Cut,
                node.Removed,
                Posted = node.Sum(one => one.Posted),
                Completed = node.Sum(one => one.Completed),
                Sessions = node.Sum(one => one.Sessions),
                Aborted = node.Sum(one => one.Aborted),
                LateFenced = node.Sum(one => one.LateFenced),
                node.Current.Verdict,
            }),
            Reasons = reasons,
            Seen = judge.Broken,
            options.Command,
        }, Format);
    }

    private static string Line(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
