using System.Diagnostics;

namespace ChimneyActors.Node.Stress;

/// <summary>How many requests may still be posted, or for how long. Thread-safe.</summary>
internal sealed class StressBudget(StressOptions options, Stopwatch watch)
{
    private long _left = options.Requests > 0 ? options.Requests : long.MaxValue;

    /// <summary>Whether there is anything left.</summary>
    public bool IsLeft => Interlocked.Read(ref _left) > 0
        && (options.Requests > 0 || watch.Elapsed < options.Load);

    /// <summary>Takes one request.</summary>
    public bool TryTake() => IsLeft && Interlocked.Decrement(ref _left) >= 0;
}
