namespace ChimneyActors.Node.Stress.Clustered;

/// <summary>When which kind of trouble is due: one at a time, and only for a cluster that has been whole for a while.
/// </summary>
/// <param name="every">How often, for each kind; zero for never.</param>
internal sealed class TroublePlan(params TimeSpan[] every)
{
    /// <summary>No trouble.</summary>
    public const int None = -1;

    /// <summary>How long it must have been whole: what a node told last may be older than its trouble, and others
    /// notice that only when they miss a heartbeat.</summary>
    public static readonly TimeSpan Settled = TimeSpan.FromSeconds(2);

    private readonly TimeSpan[] _next = [.. every];
    private TimeSpan? _wholeSince;

    /// <summary>The kind that has been due for longest, and is not again until its time has passed once more.</summary>
    /// <param name="now">Since the storm began.</param>
    /// <param name="isWhole">Whether every node is well.</param>
    public int Due(TimeSpan now, bool isWhole)
    {
        if (!isWhole)
        {
            _wholeSince = null;
            return None;
        }

        _wholeSince ??= now;
        if (now - _wholeSince < Settled)
            return None;
        int kind = Enumerable.Range(0, every.Length).Where(one => every[one] > TimeSpan.Zero && now >= _next[one])
            .OrderBy(one => _next[one]).FirstOrDefault(None);
        if (kind == None)
            return None;
        _next[kind] = now + every[kind];
        _wholeSince = null;
        return kind;
    }
}
