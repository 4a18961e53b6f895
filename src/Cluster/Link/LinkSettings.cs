namespace ChimneyActors.Cluster.Link;

/// <summary>Windows and times of a link.</summary>
internal sealed record LinkSettings
{
    /// <summary>Items of one direction that were said and not acknowledged.</summary>
    public int WindowItems { get; init; } = 8192;

    /// <summary>Bytes of them.</summary>
    public long WindowBytes { get; init; } = 4 << 20;

    /// <summary>Most bytes of items in one frame; a single larger item goes alone.</summary>
    public int FrameBytesMax { get; init; } = 64 * 1024;

    /// <summary>Most items in one frame.</summary>
    public int FrameItemsMax { get; init; } = 1024;

    /// <summary>How long an acknowledgement waits for something to travel with.</summary>
    public TimeSpan AckAfter { get; init; } = TimeSpan.FromMilliseconds(20);

    /// <summary>How long the other side may be silent before what it has not acknowledged is said again; twice as long
    /// each time.</summary>
    public TimeSpan ResendAfter { get; init; } = TimeSpan.FromMilliseconds(500);

    /// <summary>The longest of these times.</summary>
    public TimeSpan ResendMax { get; init; } = TimeSpan.FromSeconds(5);
}
