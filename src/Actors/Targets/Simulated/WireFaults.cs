namespace ChimneyActors.Targets.Simulated;

/// <summary>What a wire does to segments. Rates are from 0 to 1.</summary>
internal sealed record WireFaults
{
    /// <summary>A wire that only takes its time.</summary>
    internal static readonly WireFaults None = new();

    /// <summary>The shortest way through the wire.</summary>
    internal TimeSpan Delay { get; init; } = TimeSpan.FromMilliseconds(10);

    /// <summary>By how much a segment may come later; who follows waits behind it.</summary>
    internal TimeSpan Jitter { get; init; }

    /// <summary>How often a segment never arrives.</summary>
    internal double Loss { get; init; }

    /// <summary>How often it arrives twice.</summary>
    internal double Duplication { get; init; }

    /// <summary>How often a bit of it is turned over.</summary>
    internal double Corruption { get; init; }

    /// <summary>How often others may overtake it.</summary>
    internal double Reordering { get; init; }

    /// <summary>How often it travels in a packet with IPv4 options, which a target leaves to the host. No
    /// fault.</summary>
    internal double Options { get; init; }

    /// <summary>How long an overtaken segment is held back at most.</summary>
    internal TimeSpan HeldBack { get; init; } = TimeSpan.FromMilliseconds(50);
}
