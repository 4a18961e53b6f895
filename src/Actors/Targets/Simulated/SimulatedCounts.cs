using ChimneyActors.Ndis;

namespace ChimneyActors.Targets.Simulated;

/// <summary>What an adapter counts of its offloaded connections of one address family (CNT-01). On the driver's thread
/// only.</summary>
/// <remarks>Packets that it leaves to the host are the host's to count.</remarks>
internal sealed class SimulatedCounts
{
    private readonly int _headerBytes;
    private TcpCounts _tcp;
    private IpCounts _ip;

    /// <summary>Counters at their beginning.</summary>
    /// <param name="headerBytes">Bytes of the headers of IP and TCP, without options.</param>
    /// <param name="beforeWrap">How much below nought they all begin: they wrap (CNT-03).</param>
    internal SimulatedCounts(int headerBytes, uint beforeWrap)
    {
        _headerBytes = headerBytes;
        ulong first = unchecked(0 - (ulong)beforeWrap);
        uint first32 = unchecked((uint)first);
        _tcp = new TcpCounts(first, first, first32, first32, first32, first32);
        _ip = new IpCounts(first, first, first, first);
    }

    /// <summary>What was counted of packets. Nothing of it is ever bad, too short or without a route here.</summary>
    internal IpOffloadStatistics Ip => new()
    {
        InReceives = _ip.InReceives,
        InOctets = _ip.InOctets,
        InDelivers = _ip.InReceives,
        OutRequests = _ip.OutRequests,
        OutOctets = _ip.OutOctets,
        InHeaderErrors = 0,
        InTruncatedPackets = 0,
        InDiscards = 0,
        OutDiscards = 0,
        OutNoRoutes = 0,
    };

    /// <summary>What was counted of segments.</summary>
    /// <param name="established">Connections in ESTABLISHED or CLOSE-WAIT now.</param>
    internal TcpOffloadStatistics Tcp(int established) => new()
    {
        InSegments = _tcp.InSegments,
        OutSegments = _tcp.OutSegments,
        CurrentlyEstablished = (uint)established,
        ResetEstablished = _tcp.ResetEstablished,
        RetransmittedSegments = _tcp.Retransmitted,
        InErrors = _tcp.InErrors,
        OutResets = _tcp.OutResets,
    };

    /// <summary>Those of TCP begin at nought again (CNT-02).</summary>
    internal void ResetTcp() => _tcp = default;

    /// <summary>Those of IP do.</summary>
    internal void ResetIp() => _ip = default;

    /// <summary>A segment has arrived; a bad one is an error, and counts as a segment too (CNT-05, CNT-06).</summary>
    internal void CountIn(in Segment segment, bool isBad)
    {
        _ip.InReceives++;
        _ip.InOctets += OctetsOf(segment);
        _tcp.InSegments++;
        if (isBad)
            _tcp.InErrors++;
    }

    /// <summary>A segment is sent; one that only repeats is counted apart (CNT-06).</summary>
    internal void CountOut(in Segment segment)
    {
        _ip.OutRequests++;
        _ip.OutOctets += OctetsOf(segment);
        if (segment.Repetition != Repetition.Wholly)
            _tcp.OutSegments++;
        if (segment.Repetition != Repetition.None)
            _tcp.Retransmitted++;
        if (segment.Has(SegmentFlags.Rst))
            _tcp.OutResets++;
    }

    /// <summary>A connection went straight from ESTABLISHED or CLOSE-WAIT to CLOSED.</summary>
    internal void CountReset() => _tcp.ResetEstablished++;

    /// <summary>With the IP header (CNT-07).</summary>
    private ulong OctetsOf(in Segment segment) =>
        (ulong)(_headerBytes + segment.Data.Length + (segment.Stamps is null ? 0 : Timestamps.OptionBytes));

    private record struct TcpCounts(
        ulong InSegments, ulong OutSegments, uint ResetEstablished, uint Retransmitted, uint InErrors, uint OutResets);

    private record struct IpCounts(ulong InReceives, ulong InOctets, ulong OutRequests, ulong OutOctets);
}
