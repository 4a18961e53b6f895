using ChimneyActors.Embedding;
using ChimneyActors.Supervision;

namespace ChimneyActors.TestKit;

/// <summary>Runs the production actors through one seed after the other, on this thread.</summary>
public sealed class Simulation : IDisposable
{
    internal const int EventsMax = 50_000;
    internal const long StepsMax = 50_000;

    /// <summary>While a run is shrunk, most others break the same promise: if that is that the stack ends, a new actor
    /// system for each takes far too long. Stacks that have nothing to do any more are out of the way.</summary>
    private const int LeftMax = 100;
    private readonly StackSettings _defaults = ChimneySettings.From(ChimneySettings.Reference()).Stack;
    private SeededSystem _system = new();
    private int _leftMax;   // stacks that did not end, and may stay where they are
    private int _left;

    /// <summary>A break that is put into each world on purpose.</summary>
    public PlantedBreak Planted { get; init; }

    /// <summary>Whether adapters and bindings are led through their lives in every world, and all the time; else in one
    /// of four.</summary>
    public bool Lively { get; init; }

    /// <summary>Is told of each step in the life of an adapter or binding.</summary>
    internal Action<LifeSeen>? OnLifeStep { get; init; }

    /// <summary>Runs one seed. The same seed gives the same run, on any machine.</summary>
    /// <param name="seed">The seed.</param>
    /// <param name="trace">Where every step is written, a line each; null for nowhere.</param>
    /// <param name="capture">Where the segments on the wires are written, as a pcapng file; null for nowhere. Nothing
    /// is written for a seed that has no wire. Stays open.</param>
    public SimulationResult Run(long seed, TextWriter? trace = null, Stream? capture = null)
    {
        trace?.Write(FormattableString.Invariant($"seed {seed}\n"));
        return Run(seed, Choices.Draw(seed, keep: false, Lively), Planted, EventsMax, StepsMax, trace, capture);
    }

    /// <summary>Whether the world of a seed has wires, with TCP engines at their ends; else a scripted target takes
    /// their place.</summary>
    /// <param name="seed">The seed.</param>
    public static bool HasWire(long seed) =>
        new WorldPlan(Choices.Draw(seed, keep: false)[ChoiceRow.Plan]).HasEngines;

    /// <summary>Runs one seed, and keeps what it chose.</summary>
    /// <param name="seed">The seed.</param>
    public SimulationRecord Record(long seed)
    {
        var choices = Choices.Draw(seed, keep: true, Lively);
        SimulationResult result = Run(seed, choices, Planted, EventsMax, StepsMax, null);
        return new SimulationRecord(seed, Planted, result, choices.Kept);
    }

    /// <summary>Runs again what was kept.</summary>
    /// <param name="record">What was kept of a run, or what shrinking made of it.</param>
    /// <param name="trace">Where every step is written, a line each; null for nowhere.</param>
    /// <returns>What it came to this time.</returns>
    public SimulationRecord Replay(SimulationRecord record, TextWriter? trace = null) =>
        Run(record, Choices.Play(record.Choices), EventsMax, StepsMax, trace);

    /// <summary>Makes a failing run smaller: fewer events, plainer choices, the same broken promise.</summary>
    /// <param name="failing">A run that broke a promise.</param>
    /// <param name="runsMax">How many runs it may take.</param>
    /// <param name="enough">A run with fewer events is small enough, and not made smaller; 0: none is.</param>
    /// <param name="anyPromise">Whether another broken promise will do, too.</param>
    /// <returns>The smallest that was found; the given one, if none was smaller.</returns>
    /// <exception cref="ArgumentException">It broke none.</exception>
    public SimulationRecord Shrink(
        SimulationRecord failing, int runsMax = 3000, int enough = 0, bool anyPromise = false)
    {
        if (failing.Result.Violations.Count == 0)
            throw new ArgumentException("A run that broke no promise cannot be shrunk.", nameof(failing));
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(runsMax);
        try
        {
            _leftMax = LeftMax;
            return new Shrinker(this, failing, runsMax, enough, anyPromise).Run();
        }
        finally
        {
            _leftMax = 0;
            if (_left > 0)
                Renew();
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _system.Dispose();

    /// <summary>Runs something like a record.</summary>
    internal SimulationRecord Run(
        SimulationRecord record, Choices choices, int eventsMax, long stepsMax, TextWriter? trace = null)
    {
        SimulationResult result = Run(record.Seed, choices, record.Planted, eventsMax, stepsMax, trace);
        return new SimulationRecord(record.Seed, record.Planted, result, choices.Kept);
    }

    private SimulationResult Run(
        long seed, Choices choices, PlantedBreak planted, int eventsMax, long stepsMax, TextWriter? trace,
        Stream? capture = null)
    {
        WorldResult result =
            new SeededWorld(_system, _defaults, choices, planted, eventsMax, stepsMax, trace, capture, OnLifeStep)
                .RunGuarded();
        // What is left of this seed may not meet the next.
        if (!result.IsRazed && (_system.Loop.Count > 0 || ++_left > _leftMax))
            Renew();
        return new SimulationResult(seed, result.Events, result.Faults, result.Deaths, result.Broken)
        {
            Held = result.Held,
            Steps = result.Steps,
        };
    }

    private void Renew()
    {
        _left = 0;
        _system.Dispose();
        _system = new SeededSystem();
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

    /// <summary>Events, and what only time brought about.</summary>
    internal long Steps { get; init; }
}
