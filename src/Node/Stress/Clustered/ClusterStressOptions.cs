namespace ChimneyActors.Node.Stress.Clustered;

/// <summary>What a stress run over several processes is to do.</summary>
internal sealed record ClusterStressOptions
{
    /// <summary>Of everything that is random.</summary>
    public required int Seed { get; init; }

    /// <summary>Node processes.</summary>
    public required int Nodes { get; init; }

    /// <summary>How long.</summary>
    public TimeSpan Duration { get; init; }

    /// <summary>Connections of each node at a time.</summary>
    public int Connections { get; init; } = 20;

    /// <summary>Bytes of a request.</summary>
    public int Size { get; init; } = 256;

    /// <summary>Requests of a connection under way at a time.</summary>
    public int Window { get; init; } = 4;

    /// <summary>How often a process is killed; zero for never.</summary>
    public TimeSpan KillEvery { get; init; }

    /// <summary>How often one is stopped for a while; zero for never.</summary>
    public TimeSpan StopEvery { get; init; }

    /// <summary>How often one is cut off for a while; zero for never.</summary>
    public TimeSpan PartitionEvery { get; init; }

    /// <summary>Where the report goes as JSON.</summary>
    public string? JsonFile { get; init; }

    /// <summary>The command that does this again.</summary>
    public string Command { get; init; } = "";
}
