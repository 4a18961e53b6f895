using System.Net;

namespace ChimneyActors.Ndis;

/// <summary>What never changes while a path is offloaded.</summary>
/// <param name="SourceAddress">Source IP address.</param>
/// <param name="DestinationAddress">Destination IP address, of the same family.</param>
/// <remarks>Source: ns-ndischimney-_path_offload_state_const.md.</remarks>
public sealed record PathOffloadStateConst(IPAddress SourceAddress, IPAddress DestinationAddress)
{
    /// <summary>Throws if the addresses are not of one family.</summary>
    /// <exception cref="ArgumentException">Names both.</exception>
    public void Check()
    {
        ArgumentNullException.ThrowIfNull(SourceAddress);
        ArgumentNullException.ThrowIfNull(DestinationAddress);
        if (SourceAddress.AddressFamily != DestinationAddress.AddressFamily)
            throw new ArgumentException(
                $"From {SourceAddress} to {DestinationAddress}: must be both IPv4 or both IPv6.");
    }
}

/// <summary>What belongs to the host while a path is offloaded. A null in an update leaves the value as it
/// is.</summary>
/// <remarks>Source: ns-ndischimney-_path_offload_state_cached.md.</remarks>
public sealed record PathOffloadStateCached
{
    /// <summary>Smallest path MTU: what every host must take in one piece (RFC 1122 section 3.3.3).</summary>
    public const int PathMtuMin = 576;

    /// <summary>PathMtu: bytes of the largest IP packet that reaches the other end unfragmented. 576 to
    /// 65,535.</summary>
    public int? PathMtu { get; init; }

    /// <summary>Throws if a value is outside of its range.</summary>
    /// <exception cref="ArgumentOutOfRangeException">Names the value and its lawful range.</exception>
    public void Check()
    {
        if (PathMtu is < PathMtuMin or > ushort.MaxValue)
            throw new ArgumentOutOfRangeException(nameof(PathMtu), PathMtu, $"{PathMtuMin} to {ushort.MaxValue}.");
    }
}

/// <summary>The state of a path, the network layer of a connection: from which address to which.</summary>
/// <remarks>An initiate brings const and cached, an update cached; a query fills in both. There is no delegated state
/// (ns-ndischimney-_path_offload_state_delegated.md).</remarks>
public sealed record PathOffloadState
{
    /// <summary>What never changes; null in an update.</summary>
    public PathOffloadStateConst? Const { get; init; }

    /// <summary>What the host may change.</summary>
    public PathOffloadStateCached Cached { get; init; } = new();
}
