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

    /// <summary>Adapters under the driver under test.</summary>
    public int Adapters { get; init; } = 1;
}
