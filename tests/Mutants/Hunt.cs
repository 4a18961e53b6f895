using ChimneyActors.TestKit;

namespace ChimneyActors.Mutants.Tests;

/// <summary>Runs seeds with one mutant active. Loaded a second time beside the woven product, and used only
/// there.</summary>
public static class Hunt
{
    /// <summary>Not every seed that finds a mutant shrinks to a small one: so many are tried.</summary>
    private const int SeedsToShrink = 3;

    /// <summary>Seeds from 1 on, until one shows that something is wrong.</summary>
    /// <param name="mutant">Its number; 0 for none.</param>
    /// <param name="seedsMax">So many.</param>
    /// <param name="runsMax">How many runs it may take to shrink one of them; 0 to shrink none.</param>
    /// <param name="eventsMax">What is shrunk below this is small enough.</param>
    /// <returns>The first seed that found it, or 0; what was found, of the smallest run if any was shrunk; and how many
    /// events that has, or 0.</returns>
    public static (long Seed, string Finding, long Events) Run(int mutant, int seedsMax, int runsMax, int eventsMax)
    {
        using var simulation = new Simulation();
        (long Seed, string Finding, long Events) found = (0, "", 0);
        int seed = 0;
        Activate(mutant);
        try
        {
            for (int tries = SeedsToShrink; tries > 0 && seed < seedsMax;)
            {
                seed++;
                if (Finding(simulation, seed) is not { } finding)
                    continue;
                if (found.Seed == 0)
                    found = (seed, finding, 0);
                if (runsMax == 0)
                    break;
                tries--;
                SimulationResult small = simulation
                    .Shrink(simulation.Record(seed), runsMax, eventsMax, anyPromise: true).Result;
                if (found.Events == 0 || small.Events < found.Events)
                    found = (found.Seed, small.Violations[0], small.Events);
                if (small.Events < eventsMax)
                    break;
            }
            return found;
        }
        catch (Exception exception)
        {
            // A world that breaks down has noticed, too; it cannot be shrunk.
            return found.Seed > 0 ? found : (seed, exception.ToString(), 0);
        }
        finally
        {
            Activate(0);
        }
    }

    /// <summary>Turns a mutant on, or with 0 all of them off.</summary>
    public static void Activate(int mutant) =>
        typeof(Embedding.Chimney).Assembly.GetType(Woven.Switch)!.GetField("Active")!.SetValue(null, mutant);

    private static string? Finding(Simulation simulation, long seed)
    {
        IReadOnlyList<string> violations = simulation.Run(seed).Violations;
        return violations.Count > 0 ? violations[0] : null;
    }
}
