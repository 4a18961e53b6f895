using ChimneyActors.Targets.Simulated;

namespace ChimneyActors.Simulation;

/// <summary>What the user of a <see cref="Station"/> does.</summary>
internal sealed record StationPlan
{
    internal int Seed { get; init; }

    internal TcpEngineSettings Settings { get; init; } = new();

    /// <summary>Bytes to write before the FIN.</summary>
    internal long Total { get; init; }

    internal int WriteBytesMax { get; init; } = 8_000;

    internal int ReadBytesMax { get; init; } = 8_192;

    internal double PauseMsMax { get; init; } = 20;

    /// <summary>Abort once so many bytes were written and read; null for never.</summary>
    internal long? AbortAfter { get; init; }

    /// <summary>How often the connection is uploaded and offloaded again instead of writing.</summary>
    internal double MoveRate { get; init; }
}
