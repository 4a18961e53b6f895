using System.Diagnostics;
using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using ChimneyActors.TestKit;

namespace ChimneyActors.Node.Simulate;

/// <summary>Counts what the seeds came to.</summary>
internal sealed class SimulateReport(PlantedBreak planted, bool isLively)
{
    private const int FailuresMax = 20;

    private static readonly JsonSerializerOptions Format = new(JsonSerializerDefaults.Web)
    {
        WriteIndented = true,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    private readonly long _start = Stopwatch.GetTimestamp();
    private readonly List<SimulationResult> _failures = [];
    private long _seeds;
    private long _events;
    private long _faults;
    private long _crashes;
    private long _violations;

    /// <summary>Whether every promise was kept.</summary>
    public bool IsGood => _violations == 0;

    /// <summary>How long it has been running.</summary>
    public TimeSpan Elapsed => Stopwatch.GetElapsedTime(_start);

    /// <summary>Adds a seed, and says so at once if it failed.</summary>
    public void Add(SimulationResult result)
    {
        _seeds++;
        _events += result.Events;
        _faults += result.FaultsInjected;
        _crashes += result.ActorsCrashed;
        _violations += result.Violations.Count;
        if (result.Violations.Count == 0)
            return;
        if (_failures.Count < FailuresMax)
        {
            _failures.Add(result);
            Console.Out.WriteLine(Line($"seed {result.Seed} failed after {result.Events} events"));
            foreach (string violation in result.Violations)
                Console.Out.WriteLine($"  {violation}");
            foreach (string held in result.Held)
                Console.Out.WriteLine($"    {held}");
            Console.Out.WriteLine($"  again: {CommandOf(result.Seed)}");
            Console.Out.WriteLine($"  smaller: {RecordCommandOf(result.Seed)}");
        }
    }

    /// <summary>The last lines, and the file.</summary>
    public void Print(string? jsonFile)
    {
        double seconds = Math.Max(Elapsed.TotalSeconds, 0.001);
        Console.Out.WriteLine(Line(
            $"{_seeds} seeds, {_events} events, {_faults} faults, {_crashes} crashes, {_violations} violations"));
        Console.Out.WriteLine(Line($"{_seeds / seconds:F1} seeds/s, {_events / seconds:F0} events/s"));
        if (jsonFile is null)
            return;
        File.WriteAllText(jsonFile, JsonSerializer.Serialize(new
        {
            Seeds = _seeds,
            Events = _events,
            FaultsInjected = _faults,
            ActorsCrashed = _crashes,
            Violations = _violations,
            SeedsPerSecond = Math.Round(_seeds / seconds, 1),
            EventsPerSecond = Math.Round(_events / seconds),
            FirstFailingSeed = _failures.Count > 0 ? _failures[0].Seed : (long?)null,
            ElapsedSeconds = Math.Round(seconds, 3),
            Failures = _failures.Select(failure => new
            {
                failure.Seed,
                failure.Events,
                failure.Violations,
                failure.Held,
                Command = CommandOf(failure.Seed),
            }),
        }, Format));
    }

    private string CommandOf(long seed) =>
        Line($"chimney simulate --seed {seed}{Plant}{Lively} --trace trace-{seed}.txt");

    private string RecordCommandOf(long seed) => Line(
        $"chimney simulate --seed {seed}{Plant}{Lively} --record {seed}.json; chimney shrink {seed}.json");

    private string Plant =>
        planted == default ? "" : $" --plant {SimulateFiles.NameOf(planted)}";

    private string Lively => isLively ? " --lively" : "";

    private static string Line(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
