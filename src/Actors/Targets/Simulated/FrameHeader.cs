using System.Net.NetworkInformation;

namespace ChimneyActors.Targets.Simulated;

/// <summary>What is around the packet of an offloaded connection that has a neighbor: IEEE 802.3, with the tag of
/// 802.1Q and 802.1p if there is one.</summary>
/// <param name="Source">MAC address of who sends it.</param>
/// <param name="Destination">MAC address of the next hop.</param>
/// <param name="VlanId">Id in the tag; 0 for a tag of priority alone, and without a tag.</param>
/// <param name="Priority">802.1p priority in the tag.</param>
internal sealed record FrameHeader(PhysicalAddress Source, PhysicalAddress Destination, int VlanId, int Priority)
{
    /// <summary>Whether there is a tag (PKT-07).</summary>
    internal bool IsTagged => VlanId != 0 || Priority != 0;

    /// <summary>One that the network has put on a VLAN.</summary>
    internal static FrameHeader OnVlan(int id) => new(PhysicalAddress.None, PhysicalAddress.None, id, 0);
}
