namespace ChimneyActors.Supervision;

/// <summary>The drivers that a connection goes through above its own actor, from the protocol down. Never changed, and
/// one for all connections that go the same way: connections are many.</summary>
internal sealed class WayDown
{
    private readonly Edge[] _drivers;
    private WayDown? _longer;     // how the last one went on from here

    /// <summary>Where every way of a stack begins.</summary>
    public WayDown()
        : this([])
    {
    }

    private WayDown(Edge[] drivers) => _drivers = drivers;

    /// <summary>From the protocol down.</summary>
    public ReadOnlySpan<Edge> Drivers => _drivers;

    /// <summary>This way, and one driver more.</summary>
    // Two that go on at once to different drivers make each its own; whichever is kept here, both are right.
    public WayDown To(Edge driver)
    {
        if (_longer is { } known && ReferenceEquals(known._drivers[^1], driver))
            return known;
        return _longer = new WayDown([.. _drivers, driver]);
    }

    /// <summary>The place of a driver; -1 if the way does not lead through it.</summary>
    // Every request asks twice, and an edge is only itself.
    public int IndexOf(Edge driver)
    {
        for (int i = 0; i < _drivers.Length; i++)
            if (ReferenceEquals(_drivers[i], driver))
                return i;
        return -1;
    }
}
