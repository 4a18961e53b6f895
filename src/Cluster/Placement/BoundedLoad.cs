namespace ChimneyActors.Cluster.Placement;

/// <summary>How busy a node may be before a key goes to the next one on the ring: a quarter more than all have on the
/// average, the new connection counted.</summary>
internal static class BoundedLoad
{
    /// <summary>A node with fewer connections than this may get one more.</summary>
    /// <param name="connections">Of all nodes.</param>
    /// <param name="nodes">How many there are; at least 1.</param>
    public static int Of(long connections, int nodes) => (int)Math.Ceiling((connections + 1) * 1.25 / nodes);
}
