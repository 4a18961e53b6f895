namespace ChimneyActors.Targets.Kernel;

/// <summary>Limits of a <see cref="KernelTarget"/>.</summary>
public sealed record KernelTargetSettings
{
    /// <summary>Most connections at once; each holds a file descriptor. At least 1.</summary>
    public int ConnectionsMax { get; init; } = 10_000;

    /// <summary>Threads that watch sockets; a connection stays with one of them. 1 to 16.</summary>
    public int LoopsMax { get; init; } = 2;

    /// <summary>Most indicated lists of one connection that the host has not returned yet. At least 1.</summary>
    public int IndicationsMax { get; init; } = 8;

    /// <summary>Answers itself if every value is lawful.</summary>
    /// <exception cref="ArgumentOutOfRangeException">Names the value and its lawful range.</exception>
    internal KernelTargetSettings Checked()
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(ConnectionsMax, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(LoopsMax, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(LoopsMax, 16);
        ArgumentOutOfRangeException.ThrowIfLessThan(IndicationsMax, 1);
        return this;
    }
}
