namespace ChimneyActors.Buffers;

/// <summary>A series of yes and no that only a seed and a counter decide. Thread-safe, allocates nothing.</summary>
/// <remarks>Threads share the counter: the series is the same in each run, who draws which number of it is
/// not.</remarks>
internal class SeededChance(int seed)
{
    private readonly ulong _base = Mix((ulong)(uint)seed + 0x9E3779B97F4A7C15);
    private long _drawn;

    /// <summary>Draws: true with this probability.</summary>
    /// <param name="rate">0 to 1.</param>
    /// <param name="luck">When true, evenly distributed from 0 to below 1, for a further decision.</param>
    public virtual bool Hits(double rate, out double luck)
    {
        double value = Draw(Interlocked.Increment(ref _drawn));
        luck = rate > 0 ? value / rate : 0;
        return value < rate;
    }

    private double Draw(long number) => (Mix(_base ^ (ulong)number) >> 11) * (1.0 / (1UL << 53));

    /// <summary>SplitMix64's finaliser: neighbours become unrelated.</summary>
    private static ulong Mix(ulong value)
    {
        value = (value ^ (value >> 30)) * 0xBF58476D1CE4E5B9;
        value = (value ^ (value >> 27)) * 0x94D049BB133111EB;
        return value ^ (value >> 31);
    }
}
