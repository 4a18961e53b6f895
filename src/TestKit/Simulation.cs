using ChimneyActors.Embedding;
using ChimneyActors.Supervision;

namespace ChimneyActors.TestKit;

/// <summary>Runs the production actors through one seed after the other, on this thread.</summary>
public sealed class Simulation : IDisposable
{
    private readonly StackSettings _defaults = ChimneySettings.From(ChimneySettings.Reference()).Stack;
    private SeededSystem _system = new();

    /// <summary>A break that is put into each world on purpose.</summary>
    public PlantedBreak Planted { get; init; }

    /// <summary>Runs one seed. The same seed gives the same run, on any machine.</summary>
    /// <param name="seed">The seed.</param>
    /// <param name="trace">Where every step is written, a line each; null for nowhere.</param>
    public SimulationResult Run(long seed, TextWriter? trace = null)
    {
        WorldResult result = new SeededWorld(_system, _defaults, seed, Planted, trace).Run();
        if (!result.IsRazed)
        {
            // What is left of this seed may not meet the next.
            _system.Dispose();
            _system = new SeededSystem();
        }
        return new SimulationResult(seed, result.Events, result.Faults, result.Deaths, result.Broken);
    }

    /// <inheritdoc/>
    public void Dispose() => _system.Dispose();
}

/// <summary>What one seed came to.</summary>
/// <param name="Seed">The seed.</param>
/// <param name="Events">Steps that were taken: handlers run, steps of the target, requests made.</param>
/// <param name="FaultsInjected">What the target did wrong on purpose.</param>
/// <param name="ActorsCrashed">Drivers that died.</param>
/// <param name="Violations">Promises that were broken, and who held what; none if all is well.</param>
public sealed record SimulationResult(
    long Seed, long Events, long FaultsInjected, long ActorsCrashed, IReadOnlyList<string> Violations);
