using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using ChimneyActors.Embedding;
using ChimneyActors.Node.Verbs;
using ChimneyActors.Targets;
using Spectre.Console;

namespace ChimneyActors.Node.Stress;

/// <summary>What came of a run: a table, a file, a verdict.</summary>
internal sealed class StressReport(StressOptions options, StressCounts counts, StressStack stack)
{
    private const int LinesMax = 20;
    private const int OutstandingMax = 30;

    private static readonly JsonSerializerOptions Format = new(JsonSerializerDefaults.Web)
    {
        WriteIndented = true,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    /// <summary>What the clients waited for when the time was over; null if it was not.</summary>
    public string[]? Hung { get; set; }

    /// <summary>Whether every list was back and no connection left before the stack was stopped.</summary>
    public bool IsBalanced { get; private set; }

    /// <summary>What was outstanding when all should have been quiet.</summary>
    public string[] Outstanding { get; private set; } = [];

    /// <summary>Looks at the stack for the last time before it is stopped.</summary>
    public void Look()
    {
        IsBalanced = stack.Chimney.Ledger.PoolBalanced && stack.Chimney.Connections == 0;
        if (!IsBalanced)
            Outstanding = [.. Hung ?? [], .. stack.Chimney.DescribeOutstanding(OutstandingMax)];
    }

    /// <summary>Of the idle mode: what a connection costs.</summary>
    public IdleFigures? Idle { get; set; }

    /// <summary>Of a run of healing: how the load fared.</summary>
    public HealingFigures? Healing { get; set; }

    /// <summary>Prints it all.</summary>
    public ExitCode Finish(TimeSpan elapsed)
    {
        LedgerSnapshot ledger = stack.Chimney.Ledger;
        string[] reasons = [.. Reasons(ledger)];
        double rate = counts.Completed / Math.Max(0.001, elapsed.TotalSeconds);
        bool slow = options.RateMin > 0 && rate < options.RateMin;
        ExitCode code = reasons.Length > 0 ? ExitCode.PromiseBroken : slow ? ExitCode.Threshold : ExitCode.Good;
        PrintTable(ledger, elapsed, rate);
        PrintDetails();
        foreach (string reason in reasons)
            Console.Out.WriteLine($"broken: {reason}");
        if (slow)
            Console.Out.WriteLine(Line($"missed: {rate:0} completions a second, wanted {options.RateMin:0}"));
        Console.Out.WriteLine(code switch
        {
            ExitCode.Good => "verdict: every promise was kept",
            ExitCode.Threshold => "verdict: every promise was kept, but a threshold was missed",
            _ => "verdict: A PROMISE WAS BROKEN",
        });
        Console.Out.WriteLine($"again: {options.Command}");
        if (options.JsonFile is { } file)
            File.WriteAllText(file, Json(ledger, elapsed, rate, reasons));
        return code;
    }

    private IEnumerable<string> Reasons(LedgerSnapshot ledger)
    {
        if (Hung is not null)
            yield return Line($"the run did not end within {options.Timeout.TotalSeconds:0} s");
        if (counts.Lost > 0)
            yield return $"{counts.Lost} requests lost";
        if (counts.Doubled > 0)
            yield return $"{counts.Doubled} requests answered more than once";
        foreach (IGrouping<string, Buffers.Violation> driver in stack.Violations.GroupBy(one => one.Driver))
            yield return $"{driver.Key}: {driver.Count()} violations, first: {driver.First()}";
        if (counts.BrokenCount > 0)
            yield return $"{counts.BrokenCount} streams or answers were not as they had to be";
        if (ledger.Outstanding != 0)
            yield return $"{ledger.Outstanding} requests of the stack never came home";
        if (!IsBalanced)
            yield return "pools did not balance, or connections were left, when everything was over";
        if (stack.Faults.Open.Count > 0)
            yield return $"{stack.Faults.Open.Count} injected faults that nobody noticed";
    }

    private void PrintTable(LedgerSnapshot ledger, TimeSpan elapsed, double rate)
    {
        (long p50, long p99, long p999, long max) = counts.Latency();
        Table table = new Table { Border = TableBorder.Simple }.HideHeaders()
            .AddColumn("").AddColumn(new TableColumn("").RightAligned());
        void Row(string name, string value) => table.AddRow(Markup.Escape(name), Markup.Escape(value));
        Row("seed", Line($"{options.Seed}"));
        Row("elapsed", Line($"{elapsed.TotalSeconds:0.0} s"));
        Row("connections, sessions", Line($"{Math.Max(options.Connections, options.Idle)}, {counts.Sessions}"));
        Row("requests posted, completed", Line($"{counts.Posted}, {counts.Completed}"));
        Row("lost, doubled", Line($"{counts.Lost}, {counts.Doubled}"));
        Row("completions per second", Line($"{rate:0}"));
        Row("latency p50, p99, p99.9, max (us)", Line($"{p50}, {p99}, {p999}, {max}"));
        Row("in the stack: posted, completed", Line($"{ledger.Posted}, {ledger.Completed}"));
        Row("of these brought home, orphaned", Line($"{ledger.BroughtHome}, {ledger.Orphaned}"));
        Row("faults injected, seen, overtaken",
            Line($"{stack.Faults.Injected}, {stack.Faults.Observed}, {stack.Faults.Overtaken}"));
        foreach (FaultKind kind in Enum.GetValues<FaultKind>())
            if (stack.Faults.CountOf(kind) > 0)
                Row($"   {kind.ToString().ToLowerInvariant()}", Line($"{stack.Faults.CountOf(kind)}"));
        Row("crashes injected", Line($"{stack.Crashes.Count}"));
        foreach ((string driver, long count) in stack.Crashes.Crashes.Where(pair => !pair.Key.Contains("-shelf-",
            StringComparison.Ordinal)).OrderBy(pair => pair.Key, StringComparer.Ordinal))
            Row($"   {driver}", Line($"{count}"));
        if (Healing is not null)
            AddHealing(Healing, Row);
        Row("actors that died", Line($"{ledger.DriverDeaths}"));
        Row("connections taken back and offloaded again", Line($"{counts.Repairs}"));
        Row("violations", Line($"{ledger.Violations}"));
        Row("pools balanced", IsBalanced ? "yes" : "no");
        Idle?.AddTo(Row);
        AnsiConsole.Write(table);
    }

    private void AddHealing(HealingFigures healing, Action<string, string> row)
    {
        row("connection actors killed", Line($"{healing.Deaths}"));
        row("drivers killed", Line($"{healing.DriverDeaths}"));
        foreach ((string driver, long count) in stack.Deaths.Drivers)
            row($"   {driver}", Line($"{count}"));
        row("completions per second before, while, after",
            Line($"{healing.RateBefore:0}, {healing.RateWhile:0}, {healing.RateAfter:0}"));
        row("nine tenths of it again after (ms)", healing.BackAfter is { } after ? Line($"{after:0}") : "never");
    }

    private void PrintDetails()
    {
        foreach (string line in counts.Broken.Take(LinesMax))
            Console.Out.WriteLine($"seen: {line}");
        foreach (InjectedFault fault in stack.Faults.Open.Take(LinesMax))
            Console.Out.WriteLine($"not noticed: {fault}");
        foreach (InjectedFault fault in stack.Faults.OvertakenFaults.Take(LinesMax))
            Console.Out.WriteLine($"overtaken: {fault}");
        int more = stack.Faults.OvertakenFaults.Count - LinesMax;
        if (more > 0)
            Console.Out.WriteLine($"overtaken: and {more} more, listed by --json");
        foreach (string line in Outstanding)
            Console.Out.WriteLine($"outstanding: {line}");
    }

    private string Json(LedgerSnapshot ledger, TimeSpan elapsed, double rate, string[] reasons)
    {
        (long p50, long p99, long p999, long max) = counts.Latency();
        return JsonSerializer.Serialize(new
        {
            options.Seed,
            ElapsedSeconds = Math.Round(elapsed.TotalSeconds, 3),
            Connections = Math.Max(options.Connections, options.Idle),
            counts.Sessions,
            counts.Posted,
            counts.Completed,
            counts.Lost,
            counts.Doubled,
            ledger.Orphaned,
            Violations = ledger.Violations + counts.BrokenCount,
            FaultsInjected = stack.Faults.Injected,
            FaultsObserved = stack.Faults.Observed,
            FaultsOvertaken = stack.Faults.Overtaken,
            FaultsUnnoticed = stack.Faults.Open.Select(fault => fault.ToString()),
            OvertakenIds = stack.Faults.OvertakenFaults.Select(fault => fault.Id),
            CrashesInjected = stack.Crashes.Count,
            ActorsCrashed = ledger.DriverDeaths,
            counts.Repairs,
            CompletionsPerSecond = Math.Round(rate, 1),
            LatencyMicros = new { P50 = p50, P99 = p99, P999 = p999, Max = max },
            PoolBalanced = IsBalanced,
            Stack = new { ledger.Posted, ledger.Completed, ledger.BroughtHome, ledger.Outstanding },
            Idle,
            Healing,
            Outstanding,
            Reasons = reasons,
            Seen = counts.Broken,
            options.Command,
        }, Format);
    }

    private static string Line(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
