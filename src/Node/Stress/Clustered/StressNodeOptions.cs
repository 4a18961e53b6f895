namespace ChimneyActors.Node.Stress.Clustered;

/// <summary>What one node process of a stress run is told.</summary>
internal sealed record StressNodeOptions
{
    /// <summary>The seed of the run.</summary>
    public required int Seed { get; init; }

    /// <summary>Its port in the cluster.</summary>
    public required int Port { get; init; }

    /// <summary>Ports of the nodes to join.</summary>
    public required IReadOnlyList<int> Join { get; init; }

    /// <summary>Where the peers listen.</summary>
    public required int PeerPort { get; init; }

    /// <summary>Number of its first connection; those of each process are its own.</summary>
    public required int First { get; init; }

    /// <summary>Connections at a time.</summary>
    public required int Connections { get; init; }

    /// <summary>Bytes of a request.</summary>
    public required int Size { get; init; }

    /// <summary>Requests of a connection under way at a time.</summary>
    public required int Window { get; init; }
}
