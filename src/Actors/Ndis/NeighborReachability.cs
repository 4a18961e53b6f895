using ChimneyActors.Buffers;

namespace ChimneyActors.Ndis;

/// <summary>The target has not heard of a neighbor for too long, and neither has the host as far as the target knows:
/// what does the host know now? (INDICATE_OFFLOAD_EVENT, NeighborReachabilityQuery.)</summary>
/// <param name="Connection">The neighbor.</param>
/// <param name="Flight">An <see cref="OffloadBlock"/> with all of the neighbor's state (NRQ-05).</param>
/// <remarks>Travels up from the target; answered by exactly one <see cref="NeighborReachabilityAnswer"/>, by who owns
/// the neighbor, at once. Sending goes on meanwhile. Source: nf-ndischimney-ndismoffloadeventindicate.md.</remarks>
public sealed record NeighborReachabilityQuery(OffloadHandle Connection, Flight Flight)
    : OffloadIndication(Connection)
{
    /// <summary>The block.</summary>
    public OffloadBlock Block => (OffloadBlock)Flight.Head;

    internal override Flight Carried => Flight;

    /// <summary>Sends a query on its way.</summary>
    /// <param name="neighbor">Whose state.</param>
    /// <param name="state">All of it, as it is now.</param>
    /// <param name="holder">The holder id of the neighbor.</param>
    public static NeighborReachabilityQuery Make(OffloadHandle neighbor, NeighborOffloadState state, HolderId holder)
    {
        var block = new OffloadBlock
        {
            Layer = OffloadLayer.Neighbor,
            Neighbor = state,
            Operation = OffloadOperation.ReachabilityQuery,
            Connection = neighbor,
        };
        return new NeighborReachabilityQuery(neighbor, Flight.Depart(block, holder));
    }
}

/// <summary>The host's answer: SUCCESS with its HostReachabilityDelta in the block (NRQ-06); FAILURE if the query never
/// came to it.</summary>
/// <remarks>Travels down to the target, like the return of received data.</remarks>
public sealed record NeighborReachabilityAnswer : OffloadCompletion
{
    internal NeighborReachabilityAnswer(Flight flight)
        : base(flight)
    {
    }

    /// <summary>The block that asked.</summary>
    public OffloadBlock Block => (OffloadBlock)Flight.Head;
}

/// <summary>A target doubts that a neighbor can be reached (NeighborReachabilityInDoubt): reserved in the
/// documentation, and said by none of our targets (NRQ-10, NRQ-11).</summary>
/// <param name="Connection">The neighbor.</param>
/// <remarks>Travels up, carries nothing and wants no answer.
/// Source: nf-ndischimney-ndismoffloadeventindicate.md.</remarks>
public sealed record NeighborReachabilityInDoubt(OffloadHandle Connection) : OffloadIndication(Connection);
