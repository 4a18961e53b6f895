using ChimneyActors.TestKit;

namespace ChimneyActors.Node.Simulate;

/// <summary>What a simulation is to do.</summary>
internal sealed record SimulateOptions
{
    /// <summary>The first seed.</summary>
    public required long From { get; init; }

    /// <summary>How many seeds at most.</summary>
    public required long Seeds { get; init; }

    /// <summary>How long at most; null: until all seeds are through.</summary>
    public TimeSpan? Duration { get; init; }

    /// <summary>Where the report goes as JSON.</summary>
    public string? JsonFile { get; init; }

    /// <summary>Whether every world is a lively one.</summary>
    public bool IsLively { get; init; }

    /// <summary>Where every step is written.</summary>
    public string? TraceFile { get; init; }

    /// <summary>Where the choices of the one seed are written.</summary>
    public string? RecordFile { get; init; }

    /// <summary>Where the segments on the wires of the one seed are written.</summary>
    public string? CaptureFile { get; init; }

    /// <summary>A break on purpose.</summary>
    public PlantedBreak Planted { get; init; }
}
