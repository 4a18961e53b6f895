using ChimneyActors.Targets.Simulated;

namespace ChimneyActors.Conformance.Stages;

/// <summary>What a connection under test is like.</summary>
internal sealed record LinePlan
{
    /// <summary>A connection like any.</summary>
    public static readonly LinePlan Usual = new();

    /// <summary>Whose peer reads nothing, and whose way is full soon: what is sent waits there.</summary>
    public static readonly LinePlan Stuck = new() { PeerReads = false, IsNarrow = true };

    /// <summary>Whether its peer reads from the beginning.</summary>
    public bool PeerReads { get; init; } = true;

    /// <summary>Whether there is as little room on the way as possible.</summary>
    public bool IsNarrow { get; init; }

    /// <summary>Whether it is over IPv6; only with <see cref="Ability.BothFamilies"/>, or on a wire that only
    /// its packets know of, with <see cref="Ability.Wire"/>.</summary>
    public bool IsIPv6 { get; init; }

    /// <summary>Whether somebody takes indicated data; else the host refuses it.</summary>
    public bool Listens { get; init; } = true;

    /// <summary>Over which binding.</summary>
    public string Binding { get; init; } = Stage.Binding;

    /// <summary>On which VLAN its peer's packets come, where it is simulated; null for without a tag.</summary>
    public int? Vlan { get; init; }

    /// <summary>Limits of our TCP, where it is simulated.</summary>
    public TcpEngineSettings Ours { get; init; } = new();
}
