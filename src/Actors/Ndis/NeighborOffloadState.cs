using System.Net.NetworkInformation;

namespace ChimneyActors.Ndis;

/// <summary>What never changes while a neighbor is offloaded.</summary>
/// <remarks>Source: ns-ndischimney-_neighbor_offload_state_const.md.</remarks>
public sealed record NeighborOffloadStateConst
{
    /// <summary>Largest id of a VLAN; 4095 is reserved (IEEE 802.1Q).</summary>
    public const int VlanIdMax = 4094;

    /// <summary>DlSourceAddress: source MAC address of every packet; null for the interface's own.</summary>
    public PhysicalAddress? SourceAddress { get; init; }

    /// <summary>VlanId of packets that use this neighbor: 1 to 4094; 0 for the interface's.</summary>
    public int VlanId { get; init; }

    /// <summary>Throws if a value is outside of its range.</summary>
    /// <exception cref="ArgumentException">Names the value and its lawful range.</exception>
    public void Check()
    {
        NeighborOffloadState.CheckAddress(SourceAddress, nameof(SourceAddress));
        if (VlanId is < 0 or > VlanIdMax)
            throw new ArgumentOutOfRangeException(nameof(VlanId), VlanId, $"0 to {VlanIdMax}.");
    }
}

/// <summary>What belongs to the host while a neighbor is offloaded. A null in an update leaves the value as it
/// is.</summary>
/// <remarks>Source: ns-ndischimney-_neighbor_offload_state_cached.md.</remarks>
public sealed record NeighborOffloadStateCached
{
    /// <summary>DlDestinationAddress: MAC address of the next hop.</summary>
    public PhysicalAddress? DestinationAddress { get; init; }

    /// <summary>HostReachabilityDelta: the host's now less its last confirmation that the neighbor can be reached.
    /// Zero or more.</summary>
    /// <remarks>In the structure 32 bits of ticks, and so the target keeps it: modulo 2 to the 32nd ticks
    /// (NRQ-02).</remarks>
    public TimeSpan? HostReachabilityDelta { get; init; }

    /// <summary>Throws if a value is outside of its range.</summary>
    /// <exception cref="ArgumentException">Names the value and its lawful range.</exception>
    public void Check()
    {
        NeighborOffloadState.CheckAddress(DestinationAddress, nameof(DestinationAddress));
        if (HostReachabilityDelta < TimeSpan.Zero)
            throw new ArgumentOutOfRangeException(
                nameof(HostReachabilityDelta), HostReachabilityDelta, "Zero or more.");
    }
}

/// <summary>What belongs to the target while a neighbor is offloaded.</summary>
/// <remarks>Source: ns-ndischimney-_neighbor_offload_state_delegated.md.</remarks>
public sealed record NeighborOffloadStateDelegated
{
    /// <summary>NicReachabilityDelta: the target's now less its last confirmation.</summary>
    public TimeSpan NicReachabilityDelta { get; init; }
}

/// <summary>The state of a neighbor, the framing layer of a connection: who the next hop is.</summary>
/// <remarks>An initiate brings const and cached, an update cached; a query fills in all three.</remarks>
public sealed record NeighborOffloadState
{
    /// <summary>What never changes.</summary>
    public NeighborOffloadStateConst Const { get; init; } = new();

    /// <summary>What the host may change.</summary>
    public NeighborOffloadStateCached Cached { get; init; } = new();

    /// <summary>What the target changes.</summary>
    public NeighborOffloadStateDelegated Delegated { get; init; } = new();

    internal static void CheckAddress(PhysicalAddress? address, string name)
    {
        if (address is not null && address.GetAddressBytes().Length != 6)
            throw new ArgumentException($"{address}: must have 6 bytes.", name);
    }
}
