using ChimneyActors.TestKit;

namespace ChimneyActors.Mutants.Tests;

/// <summary>Runs seeds with one mutant active. Loaded a second time beside the woven product, and used only
/// there.</summary>
public static class Hunt
{
    /// <summary>Seeds from 1 on, until one shows that something is wrong.</summary>
    /// <param name="mutant">Its number; 0 for none.</param>
    /// <param name="seedsMax">So many.</param>
    /// <returns>The seed that found it, or 0, and what it found.</returns>
    public static (long Seed, string Finding) Run(int mutant, int seedsMax)
    {
        Activate(mutant);
        try
        {
            using var simulation = new Simulation();
            for (int seed = 1; seed <= seedsMax; seed++)
                if (Finding(simulation, seed) is { } finding)
                    return (seed, finding);
            return (0, "");
        }
        finally
        {
            Activate(0);
        }
    }

    private static string? Finding(Simulation simulation, long seed)
    {
        try
        {
            IReadOnlyList<string> violations = simulation.Run(seed).Violations;
            return violations.Count > 0 ? violations[0] : null;
        }
        catch (Exception exception)
        {
            return exception.ToString();    // a world that breaks down has noticed, too
        }
    }

    private static void Activate(int mutant) =>
        typeof(Embedding.Chimney).Assembly.GetType(Woven.Switch)!.GetField("Active")!.SetValue(null, mutant);
}
