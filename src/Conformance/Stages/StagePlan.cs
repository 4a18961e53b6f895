using ChimneyActors.Ndis;
using ChimneyActors.Targets.Simulated;

namespace ChimneyActors.Conformance.Stages;

/// <summary>How a stage is set up for a case.</summary>
internal sealed record StagePlan
{
    /// <summary>A stage like any.</summary>
    public static readonly StagePlan Usual = new();

    /// <summary>Settings over the defaults, in HOCON.</summary>
    public string Settings { get; init; } = "";

    /// <summary>How many connections the adapters have room for, all together.</summary>
    public int ConnectionsMax { get; init; } = 1_000;

    /// <summary>Other limits of a target that is simulated.</summary>
    public SimulatedTargetSettings Limits { get; init; } = new();

    /// <summary>What a driver between the driver under test and the adapter does to a request; null for
    /// nothing.</summary>
    public Action<OffloadRequest>? Below { get; init; }

    /// <summary>Most contexts of the driver under test; 0 for no limit.</summary>
    public int ContextsMax { get; init; }

    /// <summary>Adapters under the driver under test.</summary>
    public int Adapters { get; init; } = 1;
}
