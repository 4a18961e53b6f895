namespace ChimneyActors.Ndis;

/// <summary>TCP_OFFLOAD_STATS: what an adapter counted of offloaded connections of one address family since the last
/// reset of the counters. They wrap (CNT-03); null is what it cannot count.</summary>
/// <remarks>Source: ns-ndischimney-_tcp_offload_stats.md.</remarks>
public sealed record TcpOffloadStatistics
{
    /// <summary>Segments received, those with errors too.</summary>
    public ulong? InSegments { get; init; }

    /// <summary>Segments sent, but for those that only repeat old data (CNT-06).</summary>
    public ulong? OutSegments { get; init; }

    /// <summary>Connections in ESTABLISHED or CLOSE-WAIT now.</summary>
    public uint? CurrentlyEstablished { get; init; }

    /// <summary>Connections that went from there straight to CLOSED.</summary>
    public uint? ResetEstablished { get; init; }

    /// <summary>Segments sent with at least one byte that was sent before.</summary>
    public uint? RetransmittedSegments { get; init; }

    /// <summary>Segments received with errors.</summary>
    public uint? InErrors { get; init; }

    /// <summary>Segments with RST that were sent.</summary>
    public uint? OutResets { get; init; }
}

/// <summary>IP_OFFLOAD_STATS: what an adapter counted of packets of offloaded connections of one address family since
/// the last reset of the counters. They wrap (CNT-03); null is what it cannot count.</summary>
/// <remarks>Source: ns-ndischimney-_ip_offload_stats.md.</remarks>
public sealed record IpOffloadStatistics
{
    /// <summary>Packets received, those with errors too.</summary>
    public ulong? InReceives { get; init; }

    /// <summary>Bytes in them, IP headers included (CNT-07).</summary>
    public ulong? InOctets { get; init; }

    /// <summary>Packets given to TCP.</summary>
    public ulong? InDelivers { get; init; }

    /// <summary>Packets sent.</summary>
    public ulong? OutRequests { get; init; }

    /// <summary>Bytes in them, IP headers included.</summary>
    public ulong? OutOctets { get; init; }

    /// <summary>Packets dropped for a bad checksum, version, format or TTL.</summary>
    public uint? InHeaderErrors { get; init; }

    /// <summary>Packets with a good header and too little data.</summary>
    public uint? InTruncatedPackets { get; init; }

    /// <summary>Good packets dropped for lack of room.</summary>
    public uint? InDiscards { get; init; }

    /// <summary>The same on the way out.</summary>
    public uint? OutDiscards { get; init; }

    /// <summary>Packets without a route.</summary>
    public uint? OutNoRoutes { get; init; }
}
