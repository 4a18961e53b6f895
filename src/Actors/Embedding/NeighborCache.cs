namespace ChimneyActors.Embedding;

/// <summary>What a host knows of whether a neighbor can be reached: an entry of its neighbor cache (RFC 4861
/// section 7.3.2).</summary>
public enum NeighborReachability
{
    /// <summary>It was heard of not long ago.</summary>
    Reachable,

    /// <summary>Not for a while; nobody has asked since.</summary>
    Stale,

    /// <summary>Something is being sent to it; if nothing shows that it arrives, it is probed.</summary>
    Delay,

    /// <summary>It is being probed.</summary>
    Probe,
}

/// <summary>When the host heard of a neighbor last, and what it does about it. Pure but for the clock; guarded by its
/// user.</summary>
internal sealed class NeighborCache(TimeProvider clock, TimeSpan reachableTime)
{
    private long _heardAt = clock.GetTimestamp();
    private TimeSpan _before;       // it was heard of so long before that
    private NeighborReachability _doubt;

    /// <summary>Since the last confirmation.</summary>
    public TimeSpan Age => _before + clock.GetElapsedTime(_heardAt);

    /// <summary>The state of the entry.</summary>
    public NeighborReachability State => Age <= reachableTime ? NeighborReachability.Reachable
        : _doubt == NeighborReachability.Reachable ? NeighborReachability.Stale : _doubt;

    /// <summary>It was heard of, so long ago; an older confirmation than the last one tells nothing.</summary>
    public void Confirm(TimeSpan ago)
    {
        if (ago > Age)
            return;
        (_heardAt, _before) = (clock.GetTimestamp(), ago);
        if (Age <= reachableTime)
            _doubt = NeighborReachability.Reachable;
    }

    /// <summary>The target asks, because it sends (NRQ-07).</summary>
    /// <param name="isNews">Whether the host must find out now.</param>
    /// <returns>What to answer.</returns>
    public TimeSpan Answer(out bool isNews)
    {
        NeighborReachability state = State;
        isNews = state == NeighborReachability.Stale;
        if (isNews)
            _doubt = NeighborReachability.Delay;
        return state == NeighborReachability.Reachable ? Age : TimeSpan.Zero;
    }

    /// <summary>Nothing showed that what was sent arrives: the neighbor itself is asked.</summary>
    public void BeginProbe()
    {
        if (State != NeighborReachability.Reachable)
            _doubt = NeighborReachability.Probe;
    }

    /// <summary>It cannot be asked.</summary>
    public void GiveUp() => _doubt = NeighborReachability.Stale;
}
