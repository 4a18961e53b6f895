using ChimneyActors.Buffers;

namespace ChimneyActors.Ndis;

/// <summary>What never changes while a connection is offloaded. Not handed back by a terminate.</summary>
/// <remarks>Source: ns-ndischimney-_tcp_offload_state_const.md.</remarks>
public sealed record TcpOffloadStateConst
{
    /// <summary>Whether every segment carries timestamps.</summary>
    public bool Timestamps { get; init; }

    /// <summary>Whether both sides agreed on selective acknowledgements.</summary>
    public bool SelectiveAck { get; init; }

    /// <summary>Whether the windows are scaled by the two factors below.</summary>
    public bool WindowScaling { get; init; }

    /// <summary>Our port; 0 where the wire has none.</summary>
    public int LocalPort { get; init; }

    /// <summary>The peer's port; 0 where the wire has none.</summary>
    public int RemotePort { get; init; }

    /// <summary>SndWindScale: the windows of the peer are shifted left by so much. 0 to 14.</summary>
    public int SendWindowScale { get; init; }

    /// <summary>RcvWindScale: ours are. 0 to 14.</summary>
    public int ReceiveWindowScale { get; init; }

    /// <summary>RemoteMss: largest segment, in bytes without options, that is sent to the peer.</summary>
    public int RemoteMss { get; init; }

    /// <summary>Receive-side-scaling hash of the connection, computed by the host.</summary>
    public uint HashValue { get; init; }
}

/// <summary>What belongs to the host while a connection is offloaded: changed by an update alone (UPD-06), not handed
/// back. A null in an update leaves the value as it is; a query fills in all that the target knows.</summary>
/// <remarks>Source: ns-ndischimney-_tcp_offload_state_cached.md. Durations are rounded up to ticks of the
/// target.</remarks>
public sealed record TcpOffloadStateCached
{
    /// <summary>TCP_FLAG_KEEP_ALIVE_ENABLED: whether an idle peer is asked if it is still there.</summary>
    public bool? KeepAlive { get; init; }

    /// <summary>TCP_FLAG_NAGLING_ENABLED: whether a small segment waits for the acknowledgement of what is before
    /// it.</summary>
    public bool? Nagle { get; init; }

    /// <summary>TCP_FLAG_KEEP_ALIVE_RESTART, update only: the keepalive timer and its count start anew
    /// (UPD-09).</summary>
    public bool RestartKeepAlive { get; init; }

    /// <summary>TCP_FLAG_MAX_RT_RESTART, update only: TotalRT starts anew (UPD-09).</summary>
    public bool RestartMaxRT { get; init; }

    /// <summary>InitialRcvWnd: receive window to offer, in bytes. In an update it is offered at once if it is larger
    /// than the window now (UPD-08); a window that the peer knows is not taken back. At least 1.</summary>
    public int? ReceiveWindowBytes { get; init; }

    /// <summary>RcvIndicationSize: bytes that an indication is best to have, so that what follows can be placed into
    /// what the host posts then (DLV-17). 0, and before it is said: as much as possible. At least 0.</summary>
    public int? IndicationBytes { get; init; }

    /// <summary>KaProbeCount: unanswered probes before the connection is given up. 1 to 255.</summary>
    public int? KeepAliveProbesMax { get; init; }

    /// <summary>KaTimeout: silence of the peer before the first probe. More than zero.</summary>
    public TimeSpan? KeepAliveTimeout { get; init; }

    /// <summary>KaInterval: from one unanswered probe to the next. More than zero.</summary>
    public TimeSpan? KeepAliveInterval { get; init; }

    /// <summary>MaxRT: longest time to spend on one segment. Zero: the target goes by its count of retransmissions;
    /// <see cref="Timeout.InfiniteTimeSpan"/>: no limit (UPD-11).</summary>
    public TimeSpan? MaxRT { get; init; }

    /// <summary>TtlOrHopLimit. 1 to 255.</summary>
    public int? TimeToLive { get; init; }

    /// <summary>TosOrTrafficClass. 0 to 255; Linux keeps the two bits of congestion notification to itself.</summary>
    public int? TypeOfService { get; init; }

    /// <summary>UserPriority of IEEE 802.1p. 0 to 7, of which Linux lets only a privileged process set the 7.</summary>
    public int? UserPriority { get; init; }

    /// <summary>Throws if a value is outside of its range.</summary>
    /// <exception cref="ArgumentOutOfRangeException">Names the value and its lawful range.</exception>
    public void Check()
    {
        Within(KeepAliveProbesMax, 1, 255, nameof(KeepAliveProbesMax));
        Within(ReceiveWindowBytes, 1, int.MaxValue, nameof(ReceiveWindowBytes));
        Within(IndicationBytes, 0, int.MaxValue, nameof(IndicationBytes));
        Within(TimeToLive, 1, 255, nameof(TimeToLive));
        Within(TypeOfService, 0, 255, nameof(TypeOfService));
        Within(UserPriority, 0, 7, nameof(UserPriority));
        Positive(KeepAliveTimeout, nameof(KeepAliveTimeout));
        Positive(KeepAliveInterval, nameof(KeepAliveInterval));
        if (MaxRT < TimeSpan.Zero && MaxRT != Timeout.InfiniteTimeSpan)
            throw new ArgumentOutOfRangeException(nameof(MaxRT), MaxRT, "Zero or more, or infinite.");
    }

    private static void Within(int? value, int min, int max, string name)
    {
        if (value < min || value > max)
            throw new ArgumentOutOfRangeException(name, value, $"{min} to {max}.");
    }

    private static void Positive(TimeSpan? value, string name)
    {
        if (value <= TimeSpan.Zero || value > TimeSpan.FromSeconds(short.MaxValue))
            throw new ArgumentOutOfRangeException(name, value, $"More than zero, at most {short.MaxValue} s.");
    }
}

/// <summary>What belongs to the target while a connection is offloaded; a snapshot, as of the completion of the
/// query.</summary>
/// <remarks>
/// Source: ns-ndischimney-_tcp_offload_state_delegated.md. Sequence numbers are those of the wire where the target has
/// a wire of its own; a socket of Linux does not show them, there they count from the first byte of the first offload.
/// Times are as they are, not multiplied by eight and four as the old structure had them.
/// </remarks>
public sealed record TcpOffloadStateDelegated
{
    /// <summary>SendBacklogSize or ReceiveBacklogSize of a target that does not count it (QRY-06).</summary>
    public const uint Unsupported = uint.MaxValue;

    /// <summary>State of the connection.</summary>
    public TcpConnectionState State { get; init; }

    /// <summary>RcvNxt: next sequence number expected.</summary>
    public uint ReceiveNext { get; init; }

    /// <summary>RcvWnd: bytes from there on that the peer may send.</summary>
    public long ReceiveWindow { get; init; }

    /// <summary>SndUna: first sequence number that is not acknowledged.</summary>
    public uint SendUnacknowledged { get; init; }

    /// <summary>SndNxt: next sequence number to send.</summary>
    public uint SendNext { get; init; }

    /// <summary>SndMax: behind everything that was ever sent.</summary>
    public uint SendMax { get; init; }

    /// <summary>SndWnd: bytes from SndUna on that the peer lets us send.</summary>
    public long SendWindow { get; init; }

    /// <summary>MaxSndWnd: the largest that it ever was.</summary>
    public long SendWindowMax { get; init; }

    /// <summary>CWnd: bytes that congestion control lets us have on the way.</summary>
    public long CongestionWindow { get; init; }

    /// <summary>SsThresh, in bytes; <see cref="long.MaxValue"/> for none.</summary>
    public long SlowStartThreshold { get; init; }

    /// <summary>SRtt: smoothed round trip; zero if never measured.</summary>
    public TimeSpan SmoothedRoundTrip { get; init; }

    /// <summary>RttVar: its variation.</summary>
    public TimeSpan RoundTripVariation { get; init; }

    /// <summary>TsRecent: the stamp that is echoed.</summary>
    public uint TimestampRecent { get; init; }

    /// <summary>TotalRT: time spent on the oldest segment; zero unless it was sent again.</summary>
    public TimeSpan TotalRetransmissionTime { get; init; }

    /// <summary>DupAckCount: acknowledgements in a row that said nothing new.</summary>
    public int DuplicateAcks { get; init; }

    /// <summary>SndWndProbeCount: rounds of probing a closed window.</summary>
    public int WindowProbeRounds { get; init; }

    /// <summary>KeepAlive.ProbeCount: probes that nobody has answered.</summary>
    public int KeepAliveProbes { get; init; }

    /// <summary>KeepAlive.TimeoutDelta: until the next event of the keepalive timer; null if it does not run
    /// (QRY-07).</summary>
    public TimeSpan? KeepAliveDelta { get; init; }

    /// <summary>Retransmit.Count: retransmissions of the oldest segment, or probes of this round.</summary>
    public int Retransmissions { get; init; }

    /// <summary>Retransmit.TimeoutDelta: until the next retransmission, window probe, or the end of FIN_WAIT_2; null if
    /// it does not run (QRY-07), or cannot be seen.</summary>
    public TimeSpan? RetransmitDelta { get; init; }

    /// <summary>SendBacklogSize: bytes of sends that are best outstanding.</summary>
    public uint SendBacklogSize { get; init; } = Unsupported;

    /// <summary>ReceiveBacklogSize: received bytes that wait in the target; so many bytes of receives drain it
    /// (QRY-09).</summary>
    public uint ReceiveBacklogSize { get; init; } = Unsupported;
}

/// <summary>All three classes of the state of an offloaded connection.</summary>
/// <param name="Const">What never changes.</param>
/// <param name="Cached">What the host may change.</param>
/// <param name="Delegated">What the target changes.</param>
public sealed record TcpOffloadState(
    TcpOffloadStateConst Const, TcpOffloadStateCached Cached, TcpOffloadStateDelegated Delegated);
