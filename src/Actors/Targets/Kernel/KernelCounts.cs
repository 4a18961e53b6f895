using ChimneyActors.Ndis;

namespace ChimneyActors.Targets.Kernel;

/// <summary>What one loop counts of its connections of one address family. On the loop's thread only.</summary>
/// <remarks>The kernel counts the segments of each socket from its birth. What it has counted when a connection is
/// offloaded is taken off the sum, and put on it when the connection ends: so no connection keeps a number. Everything
/// wraps (CNT-03).</remarks>
internal struct KernelCounts
{
    private ulong _inSegments;
    private ulong _outSegments;
    private uint _retransmitted;
    private uint _resetEstablished;
    private uint _outResets;
    private uint _established;

    /// <summary>A connection is here from now on.</summary>
    internal void Begin(in TcpInfo now) => Add(now, begins: true);

    /// <summary>A connection is here no more.</summary>
    internal void End(in TcpInfo now) => Add(now, begins: false);

    /// <summary>A connection is here, and counts until now.</summary>
    internal void Look(in TcpInfo now)
    {
        End(now);
        if ((KernelTcpState)now.State is KernelTcpState.Established or KernelTcpState.CloseWait)
            _established++;
    }

    /// <summary>A connection whose send half was open was reset.</summary>
    internal void CountReset() => _resetEstablished++;

    /// <summary>A RST was sent.</summary>
    internal void CountOutReset() => _outResets++;

    /// <summary>These and those of another loop.</summary>
    internal void Add(in KernelCounts other)
    {
        _inSegments += other._inSegments;
        _outSegments += other._outSegments;
        _retransmitted += other._retransmitted;
        _resetEstablished += other._resetEstablished;
        _outResets += other._outResets;
        _established += other._established;
    }

    /// <summary>The kernel counts each socket in 32 bits: when one begins anew, the sum is too small by as much. A sum
    /// never goes down, so that is seen if it was looked at less than 2^31 segments before, and put back.</summary>
    /// <remarks>To see it at the socket would take a number for each connection: the kernel is asked for these when one
    /// begins, ends, or its state is wanted, and else only how much is not acknowledged yet; and what it counts in 64
    /// bits, bytes, does not say in how many segments they went.</remarks>
    /// <param name="last">The sum when it was looked at last.</param>
    /// <param name="wrapped">What has been put back until now.</param>
    internal void Unwrap(in KernelCounts last, ref KernelCounts wrapped)
    {
        _inSegments += wrapped._inSegments;
        _outSegments += wrapped._outSegments;
        ulong inLost = LostBetween(last._inSegments, _inSegments);
        ulong outLost = LostBetween(last._outSegments, _outSegments);
        _inSegments += inLost;
        _outSegments += outLost;
        wrapped._inSegments += inLost;
        wrapped._outSegments += outLost;
    }

    /// <summary>As they are told, since they were so before. Errors a socket does not show.</summary>
    internal readonly TcpOffloadStatistics Since(in KernelCounts before) => new()
    {
        InSegments = _inSegments - before._inSegments,
        OutSegments = _outSegments - before._outSegments,
        RetransmittedSegments = _retransmitted - before._retransmitted,
        ResetEstablished = _resetEstablished - before._resetEstablished,
        OutResets = _outResets - before._outResets,
        CurrentlyEstablished = _established,
    };

    /// <returns>A multiple of 2^32: nought for whatever is not at least half of one, as it is no socket that began
    /// anew.</returns>
    private static ulong LostBetween(ulong before, ulong now)
    {
        long behind = (long)(before - now);
        return behind > 0 ? ((ulong)behind + (1UL << 31)) >> 32 << 32 : 0;
    }

    private void Add(in TcpInfo now, bool begins)
    {
        ulong sent = (ulong)now.SegmentsOut - now.Retransmissions;     // without repeats (CNT-06)
        _inSegments += begins ? 0 - (ulong)now.SegmentsIn : now.SegmentsIn;
        _outSegments += begins ? 0 - sent : sent;
        _retransmitted += begins ? 0 - now.Retransmissions : now.Retransmissions;
    }
}
