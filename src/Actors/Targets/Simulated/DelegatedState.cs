using ChimneyActors.Ndis;

namespace ChimneyActors.Targets.Simulated;

/// <summary>The part of TCP_OFFLOAD_STATE_DELEGATED that an engine starts from and leaves behind.</summary>
/// <remarks>Source: ns-ndischimney-_tcp_offload_state_delegated.md. Segments behind a gap are not part of it: nobody
/// acknowledged them, so the peer sends them again.</remarks>
internal sealed record DelegatedState
{
    internal TcpConnectionState State { get; init; } = TcpConnectionState.Established;

    /// <summary>The oldest octet that is not acknowledged.</summary>
    internal SeqNumber SndUna { get; init; }

    /// <summary>The octets from there on that were sent, without the FIN.</summary>
    internal ReadOnlyMemory<byte> Unacknowledged { get; init; }

    /// <summary>The next octet expected.</summary>
    internal SeqNumber RcvNxt { get; init; }

    /// <summary>The window of the peer, counted from <see cref="SndUna"/>.</summary>
    internal int SndWnd { get; init; } = 65_535;

    /// <summary>The largest it ever had.</summary>
    internal int MaxSndWnd { get; init; } = 65_535;

    /// <summary>The window that the peer knows, counted from <see cref="RcvNxt"/>.</summary>
    internal int RcvWnd { get; init; } = 65_535;

    /// <summary>Congestion window; 0 for the initial one.</summary>
    internal long CWnd { get; init; }

    /// <summary>Slow start threshold; 0 for none.</summary>
    internal long SsThresh { get; init; }

    /// <summary>Smoothed round trip time; zero if never measured.</summary>
    internal TimeSpan SRtt { get; init; }

    internal TimeSpan RttVar { get; init; }

    /// <summary>Number of the segment that told the window last; null if none has yet.</summary>
    internal SeqNumber? SndWL1 { get; init; }

    /// <summary>Acknowledgements in a row that said nothing new.</summary>
    internal int DupAckCount { get; init; }

    /// <summary>Retransmit.Count: retransmissions of the oldest segment, or probes of this round.</summary>
    internal int RetransmitCount { get; init; }

    /// <summary>Retransmit.TimeoutDelta: until the next retransmission, window probe, or the end of FIN_WAIT_2 or
    /// TIME_WAIT; null if it does not run (TERM-27).</summary>
    internal TimeSpan? RetransmitDelta { get; init; }

    /// <summary>Rounds of probing a closed window (TMR-09).</summary>
    internal int SndWndProbeCount { get; init; }

    /// <summary>Time spent on the oldest segment; zero unless it was sent again (TMR-10).</summary>
    internal TimeSpan TotalRT { get; init; }

    /// <summary>KeepAlive.ProbeCount: probes that nobody has answered.</summary>
    internal int KeepAliveProbeCount { get; init; }

    /// <summary>KeepAlive.TimeoutDelta: until the next keepalive; null if it does not run.</summary>
    internal TimeSpan? KeepAliveDelta { get; init; }

    /// <summary>The stamp to echo; means something with timestamps alone, like the next two.</summary>
    internal uint TsRecent { get; init; }

    /// <summary>How old it is.</summary>
    internal TimeSpan TsRecentAge { get; init; }

    /// <summary>The clock of our own stamps, now (TMR-12).</summary>
    internal uint TsTime { get; init; }

    /// <summary>Whether the FIN was sent; only then is it part of the octets from <see cref="SndUna"/> on.</summary>
    internal bool FinSent => State is not (TcpConnectionState.Established or TcpConnectionState.CloseWait);

    /// <summary>Whether the FIN was acknowledged.</summary>
    internal bool FinAcknowledged =>
        State is TcpConnectionState.FinWait2 or TcpConnectionState.TimeWait or TcpConnectionState.Closed;

    /// <summary>Whether the peer's FIN was received; <see cref="RcvNxt"/> is behind it.</summary>
    internal bool PeerFinished => State is TcpConnectionState.CloseWait or TcpConnectionState.Closing
        or TcpConnectionState.LastAck or TcpConnectionState.TimeWait;
}
