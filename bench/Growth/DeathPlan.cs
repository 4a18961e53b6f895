using System.Collections.Concurrent;
using ChimneyActors.Supervision;

namespace ChimneyActors.Bench.Growth;

/// <summary>Kills drivers by name, each once, at its next message.</summary>
internal sealed class DeathPlan : ICrashPlan
{
    private readonly ConcurrentDictionary<string, byte> _doomed = new();
    private int _count;

    public void Doom(IEnumerable<string> drivers)
    {
        foreach (string driver in drivers)
            if (_doomed.TryAdd(driver, 0))
                Interlocked.Increment(ref _count);
    }

    /// <inheritdoc/>
    public void At(string driver, CrashStep step)
    {
        if (Volatile.Read(ref _count) == 0 || step != CrashStep.Between || !_doomed.TryRemove(driver, out _))
            return;
        Interlocked.Decrement(ref _count);
        throw new DoomedException(driver);
    }
}

/// <summary>A death on purpose.</summary>
internal sealed class DoomedException(string driver) : Exception($"{driver} was to die");
