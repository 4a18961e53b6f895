using System.Net.NetworkInformation;
using ChimneyActors.Buffers;
using ChimneyActors.Ndis;

namespace ChimneyActors.Targets.Simulated;

/// <summary>Limits of a <see cref="SimulatedTarget"/>.</summary>
internal sealed record SimulatedTargetSettings
{
    /// <summary>Most connections at once. At least 1.</summary>
    internal int ConnectionsMax { get; init; } = 10_000;

    /// <summary>Most indicated lists of one connection that the host has not returned yet. At least 1.</summary>
    internal int IndicationsMax { get; init; } = 8;

    /// <summary>Most neighbors at once.</summary>
    internal int NeighborsMax { get; init; } = 1024;

    /// <summary>Most paths at once.</summary>
    internal int PathsMax { get; init; } = 4096;

    /// <summary>MAC address of the interface.</summary>
    internal PhysicalAddress HardwareAddress { get; init; } = new([2, 0, 0, 0, 0, 1]);

    /// <summary>Most different source MAC addresses that hosts can give at once; 0 if none can be given (INIT-21).
    /// </summary>
    internal int HardwareAddressesMax { get; init; } = 4;

    /// <summary>VLAN ids of the interface, without 0; none if it has none of its own (INIT-22).</summary>
    internal IReadOnlyList<int> VlanIds { get; init; } = [];

    /// <summary>Most different VLAN ids at once, on an interface with ids of its own.</summary>
    internal int VlanIdsMax { get; init; } = 8;

    /// <summary>Largest path MTU (INIT-23).</summary>
    internal int PathMtuMax { get; init; } = 9000;

    /// <summary>Largest receive window of a connection (INIT-23).</summary>
    internal int ReceiveWindowMax { get; init; } = 1 << 30;

    /// <summary>Ticks of the times of neighbors in a second, while the host wants nothing else: 10, 100 or 1000.
    /// </summary>
    internal int TicksPerSecond { get; init; } = 1000;

    /// <summary>NceStaleTicks, while the host wants nothing else: nobody has heard of a neighbor for so long that the
    /// host is asked (NRQ-04).</summary>
    internal uint NceStaleTicks { get; init; } = 30_000;

    /// <summary>TcpDoubtReachabilityRetransmissions, while the host wants nothing else: so many repetitions of a
    /// segment are a reason to ask, too (NRQ-11).</summary>
    internal int DoubtRetransmissions { get; init; } = 3;

    /// <summary>How much below nought the counters begin: so they are seen to wrap (CNT-03).</summary>
    internal uint CountsBeforeWrap { get; init; }

    /// <summary>Whether a new neighbor can be taken.</summary>
    /// <param name="one">What it never changes.</param>
    /// <param name="others">Those that are here.</param>
    internal NdisStatus RoomFor(NeighborOffloadStateConst one, IReadOnlyList<NeighborOffloadStateConst> others)
    {
        if (one.SourceAddress is { } address && !address.Equals(HardwareAddress)
            && !IsRoom(others.Select(other => other.SourceAddress).OfType<PhysicalAddress>(), address,
                HardwareAddressesMax))
            return NdisStatus.OffloadHwAddressEntries;
        if (one.VlanId == 0 || VlanIds.Count == 0)
            return NdisStatus.Success;      // no reason to fail
        if (!VlanIds.Contains(one.VlanId))
            return NdisStatus.OffloadVlanMismatch;
        return IsRoom(others.Select(other => other.VlanId).Where(id => id != 0), one.VlanId, VlanIdsMax)
            ? NdisStatus.Success
            : NdisStatus.OffloadVlanEntries;
    }

    /// <summary>Answers itself if every value is lawful.</summary>
    /// <exception cref="ArgumentOutOfRangeException">Names the value and its lawful range.</exception>
    internal SimulatedTargetSettings Checked()
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(ConnectionsMax, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(IndicationsMax, 1);
        ArgumentOutOfRangeException.ThrowIfNegative(NeighborsMax);
        ArgumentOutOfRangeException.ThrowIfNegative(PathsMax);
        ArgumentOutOfRangeException.ThrowIfNegative(HardwareAddressesMax);
        ArgumentOutOfRangeException.ThrowIfNegative(VlanIdsMax);
        ArgumentOutOfRangeException.ThrowIfLessThan(PathMtuMax, PathOffloadStateCached.PathMtuMin);
        ArgumentOutOfRangeException.ThrowIfLessThan(ReceiveWindowMax, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(DoubtRetransmissions, 1);
        if (TicksPerSecond is not (10 or 100 or 1000))
            throw new ArgumentOutOfRangeException(nameof(TicksPerSecond), TicksPerSecond, "10, 100 or 1000.");
        return this;
    }

    private static bool IsRoom<T>(IEnumerable<T> used, T wanted, int max)
        where T : notnull
    {
        var different = used.ToHashSet();
        return different.Contains(wanted) || different.Count < max;
    }
}
