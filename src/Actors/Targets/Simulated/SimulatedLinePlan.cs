using System.Net;
using ChimneyActors.Buffers;
using ChimneyActors.Captures;

namespace ChimneyActors.Targets.Simulated;

/// <summary>What a <see cref="SimulatedLine"/> is made of.</summary>
internal sealed record SimulatedLinePlan
{
    /// <summary>What its wire does; may be changed later at the wire.</summary>
    internal WireFaults Faults { get; init; } = WireFaults.None;

    /// <summary>Decides what the wire does; null for luck from the network's seed.</summary>
    internal SeededChance? Luck { get; init; }

    /// <summary>Where what our end sends and receives is written down; null for nowhere.</summary>
    internal PcapngWriter? Capture { get; init; }

    /// <summary>Which line it is in the capture, from 0.</summary>
    internal int Number { get; init; }

    /// <summary>IP address of the end that is offloaded: of those kept for documentation.</summary>
    internal IPAddress Source { get; init; } = new([192, 0, 2, 1]);

    /// <summary>IP address of the peer.</summary>
    internal IPAddress Destination { get; init; } = new([198, 51, 100, 2]);

    /// <summary>Id of the VLAN on which the peer's packets come; null for packets without a tag.</summary>
    internal int? Vlan { get; init; }

    /// <summary>Limits of the end that is offloaded.</summary>
    internal TcpEngineSettings Ours { get; init; } = new();

    /// <summary>Limits of the peer.</summary>
    internal TcpEngineSettings Theirs { get; init; } = new();
}
