using ChimneyActors.Embedding;
using ChimneyActors.Supervision;

namespace ChimneyActors.TestKit;

/// <summary>Runs the production actors through one seed after the other, on this thread.</summary>
public sealed class Simulation : IDisposable
{
    private const int EventsMax = 400_000;
    private readonly StackSettings _defaults = ChimneySettings.From(ChimneySettings.Reference()).Stack;
    private SeededSystem _system = new();

    /// <summary>A break that is put into each world on purpose.</summary>
    public PlantedBreak Planted { get; init; }

    /// <summary>Runs one seed. The same seed gives the same run, on any machine.</summary>
    /// <param name="seed">The seed.</param>
    /// <param name="trace">Where every step is written, a line each; null for nowhere.</param>
    public SimulationResult Run(long seed, TextWriter? trace = null)
    {
        trace?.Write(FormattableString.Invariant($"seed {seed}\n"));
        return Run(seed, Choices.Draw(seed, keep: false), Planted, EventsMax, trace);
    }

    /// <summary>Runs one seed, and keeps what it chose.</summary>
    /// <param name="seed">The seed.</param>
    public SimulationRecord Record(long seed)
    {
        var choices = Choices.Draw(seed, keep: true);
        SimulationResult result = Run(seed, choices, Planted, EventsMax, null);
        return new SimulationRecord(seed, Planted, result, choices.Kept);
    }

    /// <summary>Runs again what was kept.</summary>
    /// <param name="record">What was kept of a run, or what shrinking made of it.</param>
    /// <param name="trace">Where every step is written, a line each; null for nowhere.</param>
    /// <returns>What it came to this time.</returns>
    public SimulationRecord Replay(SimulationRecord record, TextWriter? trace = null) =>
        Run(record, Choices.Play(record.Choices), EventsMax, trace);

    /// <summary>Makes a failing run smaller: fewer events, plainer choices, the same broken promise.</summary>
    /// <param name="failing">A run that broke a promise.</param>
    /// <param name="runsMax">How many runs it may take.</param>
    /// <returns>The smallest that was found; the given one, if none was smaller.</returns>
    /// <exception cref="ArgumentException">It broke none.</exception>
    public SimulationRecord Shrink(SimulationRecord failing, int runsMax = 3000)
    {
        if (failing.Result.Violations.Count == 0)
            throw new ArgumentException("A run that broke no promise cannot be shrunk.", nameof(failing));
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(runsMax);
        return new Shrinker(this, failing, runsMax).Run();
    }

    /// <inheritdoc/>
    public void Dispose() => _system.Dispose();

    /// <summary>Runs something like a record.</summary>
    internal SimulationRecord Run(SimulationRecord record, Choices choices, int eventsMax, TextWriter? trace = null)
    {
        SimulationResult result = Run(record.Seed, choices, record.Planted, eventsMax, trace);
        return new SimulationRecord(record.Seed, record.Planted, result, choices.Kept);
    }

    private SimulationResult Run(
        long seed, Choices choices, PlantedBreak planted, int eventsMax, TextWriter? trace)
    {
        WorldResult result = new SeededWorld(_system, _defaults, choices, planted, eventsMax, trace).Run();
        if (!result.IsRazed)
        {
            // What is left of this seed may not meet the next.
            _system.Dispose();
            _system = new SeededSystem();
        }
        return new SimulationResult(seed, result.Events, result.Faults, result.Deaths, result.Broken)
        {
            Held = result.Held,
        };
    }
}

/// <summary>What one seed came to.</summary>
/// <param name="Seed">The seed.</param>
/// <param name="Events">Steps that were taken while the world lived: handlers run, steps of the target, requests made,
/// moves of time. Start-up and the end are not counted.</param>
/// <param name="FaultsInjected">What the target did wrong on purpose.</param>
/// <param name="ActorsCrashed">Drivers that died.</param>
/// <param name="Violations">Promises that were broken; none if all is well.</param>
public sealed record SimulationResult(
    long Seed, long Events, long FaultsInjected, long ActorsCrashed, IReadOnlyList<string> Violations)
{
    /// <summary>Who held what when the first promise was broken: hosts that were not through, and every request on its
    /// way with its holder and the moves that brought it there.</summary>
    public IReadOnlyList<string> Held { get; init; } = [];
}
