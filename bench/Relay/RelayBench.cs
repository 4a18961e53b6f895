using System.Globalization;
using System.Text.RegularExpressions;
using ChimneyActors.Bench.Measuring;

namespace ChimneyActors.Bench.Relay;

/// <summary>The relay against no relay and against others, all before the same nginx.</summary>
internal static partial class RelayBench
{
    private const int TicksPerSecond = 100;     // of /proc, on every Linux that .NET runs on
    private const int Megabyte = 1_000_000;

    public static async Task RunAsync(BenchOptions options, Action<CaseResult> tell)
    {
        long bulk = options.Count(500, 10) * (long)Megabyte;
        using RelayField field = await RelayField.StartAsync(bulk).ConfigureAwait(false);
        foreach ((string name, string[] words) in Requests)
            if (options.Wants("requests"))
                await ContestAsync(way => RequestsAsync(options, name, way, words)).ConfigureAwait(false);
        if (options.Wants("bulk"))
            await ContestAsync(way => BulkAsync(way, bulk), isBulk: true).ConfigureAwait(false);

        Task ContestAsync(Func<Way, Task<Sample>> run, bool isBulk = false) => Contest.RunAsync(options, tell,
        [
            .. field.Ways.Where(way => isBulk || !way.ForBulk).Select((way, index) => new Contestant(
                way.Name, index > 0, async () => [await run(way).ConfigureAwait(false)])),
        ]);
    }

    private static readonly (string Name, string[] Words)[] Requests =
    [
        ("1 KiB requests on 50 kept connections", []),
        ("1 KiB requests, a connection each, 50 at a time", ["-H", "Connection: close"]),
    ];

    private static async Task<Sample> RequestsAsync(BenchOptions options, string name, Way way, string[] words)
    {
        double before = CpuNanos(way);
        string output = await Child.OutputOfAsync("wrk",
        [
            "-t1", "-c50", options.IsQuick ? "-d1s" : "-d4s", "--latency", .. words,
            $"http://127.0.0.1:{way.Port}/small",
        ]).ConfigureAwait(false);
        double cpu = CpuNanos(way) - before;
        double requests = Number(RequestCount().Match(output));
        var sample = new Sample(name, [new(Metric.Nanos, 1e9 / Number(Rate().Match(output)))]);
        if (way.Process is not null)
            sample = sample.With(Metric.CpuNanos, cpu / requests);
        return sample.With(Metric.Median, Micros(output, "50")).With(Metric.P99, Micros(output, "99"));
    }

    private static async Task<Sample> BulkAsync(Way way, long bytes)
    {
        double before = CpuNanos(way);
        string speed = await Child.OutputOfAsync("curl",
            "-fsS", "-o", "/dev/null", "-w", "%{speed_download}", $"http://127.0.0.1:{way.Port}/bulk")
            .ConfigureAwait(false);
        double cpu = CpuNanos(way) - before;
        var sample = new Sample("bulk, one connection: an operation is 1 MB",
            [new(Metric.Nanos, 1e9 * Megabyte / double.Parse(speed, CultureInfo.InvariantCulture))]);
        return way.Process is null ? sample : sample.With(Metric.CpuNanos, cpu * Megabyte / bytes);
    }

    /// <summary>CPU time of all threads of the relay's process so far.</summary>
    private static double CpuNanos(Way way)
    {
        if (way.Process is not { } process)
            return 0;
        string line = File.ReadAllText($"/proc/{process.Id}/stat");
        string[] words = line[(line.LastIndexOf(')') + 2)..].Split(' ');    // its name may have blanks
        long ticks = long.Parse(words[11], CultureInfo.InvariantCulture)
            + long.Parse(words[12], CultureInfo.InvariantCulture);
        return ticks * (1e9 / TicksPerSecond);
    }

    private static double Micros(string output, string percentile)
    {
        Match found = Regex.Match(output, $@"^\s+{percentile}%\s+([\d.]+)(us|ms|s)\s*$", RegexOptions.Multiline);
        return Number(found) * found.Groups[2].Value switch { "us" => 1, "ms" => 1e3, _ => 1e6 };
    }

    private static double Number(Match found) => found.Success
        ? double.Parse(found.Groups[1].Value, CultureInfo.InvariantCulture)
        : throw new BenchException("wrk said something else than expected");

    [GeneratedRegex(@"Requests/sec:\s+([\d.]+)")]
    private static partial Regex Rate();

    [GeneratedRegex(@"(\d+) requests in ")]
    private static partial Regex RequestCount();
}
