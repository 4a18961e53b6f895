namespace ChimneyActors.Cluster.Hosts;

/// <summary>What one connection may hold at a time.</summary>
internal sealed record HostSettings
{
    /// <summary>Bytes that the adapter has and the peer has not acknowledged.</summary>
    public int SendWindowBytes { get; init; } = 256 * 1024;

    /// <summary>Received bytes that the host has not taken.</summary>
    public int ReceiveWindowBytes { get; init; } = 256 * 1024;

    /// <summary>Most bytes in one item.</summary>
    public int PieceBytesMax { get; init; } = 32 * 1024;

    /// <summary>Indicated lists that the host has not returned.</summary>
    public int IndicationsMax { get; init; } = 16;

    /// <summary>How long a connection that is severed waits for its adapter.</summary>
    public TimeSpan SeverAfter { get; init; } = TimeSpan.FromSeconds(5);
}
