using ChimneyActors.Ndis;

namespace ChimneyActors.Targets.Simulated;

/// <summary>The limits of a <see cref="TcpEngine"/>; the defaults are those of the RFCs and of the timers of the
/// chimney.</summary>
/// <remarks>They are the const and cached part of the state, and the parameters of the adapter, as far as the engine
/// uses them.</remarks>
internal sealed record TcpEngineSettings
{
    /// <summary>Largest payload of a segment without options.</summary>
    internal int SegmentBytesMax { get; init; } = 1460;

    /// <summary>Largest payload that fits through the path, with the options; without a path as large as any.</summary>
    internal int PathBytesMax { get; init; } = int.MaxValue;

    /// <summary>Largest payload of a segment of ours.</summary>
    internal int PayloadBytesMax =>
        Math.Min(SegmentBytesMax, PathBytesMax) - (Timestamps ? Simulated.Timestamps.OptionBytes : 0);

    /// <summary>Room for received data.</summary>
    internal int ReceiveBytesMax { get; init; } = 65_535;

    /// <summary>Ticks of every timer and of the timestamps in a second: 10, 100 or 1000 (TMR-02).</summary>
    internal int TicksPerSecond { get; init; } = 1000;

    /// <summary>Shortest time-out (RFC 6298 section 2.4).</summary>
    internal TimeSpan RetransmitMin { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>Longest time-out (RFC 6298 section 2.5).</summary>
    internal TimeSpan RetransmitMax { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>Time-outs, or probes that nobody answers, in a row before the engine gives up (TMR-10):
    /// TcpMaximumRetransmissions.</summary>
    internal int RetransmissionsMax { get; init; } = 15;

    /// <summary>MaxRT: longest time to spend on one segment, instead of <see cref="RetransmissionsMax"/> (UPD-11). Null
    /// to go by the count, <see cref="Timeout.InfiniteTimeSpan"/> for no limit.</summary>
    internal TimeSpan? RetransmitTimeMax { get; init; }

    /// <summary>How long an acknowledgement may wait; less than 0.5 s (RFC 9293 section 3.8.6.3):
    /// TcpDelayedAckTicks.</summary>
    internal TimeSpan DelayedAck { get; init; } = TimeSpan.FromMilliseconds(200);

    /// <summary>Segments with data of which the last is acknowledged at once: TcpAckFrequency.</summary>
    internal int AckFrequency { get; init; } = 2;

    /// <summary>Duplicate acknowledgements that trigger a fast retransmit: TcpDuplicateAckThreshold.</summary>
    internal int DuplicateAcks { get; init; } = 3;

    /// <summary>How long a segment waits that is too small to be worth it (TMR-11); nought for not at all:
    /// TcpSwsPreventionTicks.</summary>
    internal TimeSpan SwsPrevention { get; init; } = TimeSpan.FromMilliseconds(200);

    /// <summary>How long a request that is filled in part waits for more (TMR-05): TcpPushTicks.</summary>
    internal TimeSpan Push { get; init; } = TimeSpan.FromMilliseconds(500);

    /// <summary>How long the peer may be silent in FIN_WAIT_2 (TMR-06).</summary>
    internal TimeSpan FinWait2 { get; init; } = TimeSpan.FromSeconds(120);

    /// <summary>Twice the life of a segment (RFC 9293 section 3.4.2).</summary>
    internal TimeSpan TimeWait { get; init; } = TimeSpan.FromSeconds(240);

    /// <summary>Whether an idle peer is asked if it is still there (TMR-08). Off by default (RFC 9293
    /// section 3.8.4).</summary>
    internal bool KeepAlive { get; init; }

    /// <summary>KaTimeout: how long the peer is silent before it is asked.</summary>
    internal TimeSpan KeepAliveTimeout { get; init; } = TimeSpan.FromHours(2);

    /// <summary>KaInterval: from one unanswered probe to the next.</summary>
    internal TimeSpan KeepAliveInterval { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>KaProbeCount: unanswered probes before the engine gives up.</summary>
    internal int KeepAliveProbesMax { get; init; } = 10;

    /// <summary>Whether a small segment waits until everything before it is acknowledged (RFC 9293
    /// section 3.7.4).</summary>
    internal bool Nagle { get; init; }

    /// <summary>Whether the handshake has agreed on timestamps: they are on every segment, both ways (RFC 7323).
    /// </summary>
    internal bool Timestamps { get; init; }

    /// <summary>TTL of every packet.</summary>
    internal int TimeToLive { get; init; } = 64;

    /// <summary>TOS of every packet.</summary>
    internal int TypeOfService { get; init; }

    /// <summary>802.1p priority of every packet, on a path (PKT-07).</summary>
    internal int UserPriority { get; init; }

    /// <summary>What a query says that never changes.</summary>
    internal TcpOffloadStateConst Const => new() { Timestamps = Timestamps, RemoteMss = SegmentBytesMax };

    /// <summary>What a query says of the host's values.</summary>
    internal TcpOffloadStateCached Cached => new()
    {
        KeepAlive = KeepAlive,
        Nagle = Nagle,
        ReceiveWindowBytes = ReceiveBytesMax,
        KeepAliveProbesMax = KeepAliveProbesMax,
        KeepAliveTimeout = KeepAliveTimeout,
        KeepAliveInterval = KeepAliveInterval,
        MaxRT = RetransmitTimeMax ?? TimeSpan.Zero,
        TimeToLive = TimeToLive,
        TypeOfService = TypeOfService,
        UserPriority = UserPriority,
    };

    /// <summary>The same with what an update changes.</summary>
    internal TcpEngineSettings With(TcpOffloadStateCached change) => this with
    {
        KeepAlive = change.KeepAlive ?? KeepAlive,
        Nagle = change.Nagle ?? Nagle,
        ReceiveBytesMax = change.ReceiveWindowBytes ?? ReceiveBytesMax,
        KeepAliveProbesMax = change.KeepAliveProbesMax ?? KeepAliveProbesMax,
        KeepAliveTimeout = change.KeepAliveTimeout ?? KeepAliveTimeout,
        KeepAliveInterval = change.KeepAliveInterval ?? KeepAliveInterval,
        RetransmitTimeMax = change.MaxRT is not { } most ? RetransmitTimeMax : most == TimeSpan.Zero ? null : most,
        TimeToLive = change.TimeToLive ?? TimeToLive,
        TypeOfService = change.TypeOfService ?? TypeOfService,
        UserPriority = change.UserPriority ?? UserPriority,
    };

    /// <summary>The same with what the host wants of the TCP of an adapter (CAP-10).</summary>
    internal TcpEngineSettings With(TcpConnectionOffloadParameters wanted) => this with
    {
        TicksPerSecond = wanted.TicksPerSecond,
        AckFrequency = wanted.TcpAckFrequency,
        DelayedAck = wanted.TimeOf(wanted.TcpDelayedAckTicks),
        RetransmissionsMax = wanted.TcpMaximumRetransmissions,
        DuplicateAcks = wanted.TcpDuplicateAckThreshold,
        SwsPrevention = wanted.TimeOf(wanted.TcpSwsPreventionTicks),
        Push = wanted.TimeOf(wanted.TcpPushTicks),
    };

    /// <summary>IPv4 identification values to use (SEND-19).</summary>
    internal IpIdRange IpIds { get; init; } = IpIdRange.OfTarget;
}
