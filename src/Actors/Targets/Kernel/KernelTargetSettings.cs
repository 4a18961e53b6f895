namespace ChimneyActors.Targets.Kernel;

/// <summary>Limits of a <see cref="KernelTarget"/>.</summary>
public sealed record KernelTargetSettings
{
    /// <summary>Most connections at once; each holds a file descriptor. At least 1.</summary>
    public int ConnectionsMax { get; init; } = 10_000;

    /// <summary>Threads that watch sockets; a connection stays with one of them. They run the drivers too, so one for
    /// two cores is enough: more would only wake each other. 1 to 16; half the cores, at most 4, if not set.</summary>
    public int LoopsMax { get; init; } = Math.Clamp(Environment.ProcessorCount / 2, 1, 4);

    /// <summary>Most indicated lists of one connection that the host has not returned yet. At least 1.</summary>
    public int IndicationsMax { get; init; } = 8;

    /// <summary>Most for <see cref="SpinMax"/>: 1 ms.</summary>
    public static TimeSpan SpinMaxMost { get; } = TimeSpan.FromMilliseconds(1);

    /// <summary>How long a thread looks for events before it sleeps, while that pays: it does when they come one after
    /// another and no other thread wants the core; an idle thread sleeps at once. Zero, for never, to 1 ms; 100 us if
    /// not set, about what it takes to wake the cores of both sides.</summary>
    public TimeSpan SpinMax { get; init; } = TimeSpan.FromMicroseconds(100);

    /// <summary>Answers itself if every value is lawful.</summary>
    /// <exception cref="ArgumentOutOfRangeException">Names the value and its lawful range.</exception>
    internal KernelTargetSettings Checked()
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(ConnectionsMax, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(LoopsMax, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(LoopsMax, 16);
        ArgumentOutOfRangeException.ThrowIfLessThan(IndicationsMax, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(SpinMax, TimeSpan.Zero);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(SpinMax, SpinMaxMost);
        return this;
    }
}
