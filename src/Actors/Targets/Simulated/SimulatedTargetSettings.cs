namespace ChimneyActors.Targets.Simulated;

/// <summary>Limits of a <see cref="SimulatedTarget"/>.</summary>
internal sealed record SimulatedTargetSettings
{
    /// <summary>Most connections at once. At least 1.</summary>
    internal int ConnectionsMax { get; init; } = 10_000;

    /// <summary>Most indicated lists of one connection that the host has not returned yet. At least 1.</summary>
    internal int IndicationsMax { get; init; } = 8;

    /// <summary>Answers itself if every value is lawful.</summary>
    /// <exception cref="ArgumentOutOfRangeException">Names the value and its lawful range.</exception>
    internal SimulatedTargetSettings Checked()
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(ConnectionsMax, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(IndicationsMax, 1);
        return this;
    }
}
