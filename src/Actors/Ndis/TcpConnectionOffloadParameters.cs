namespace ChimneyActors.Ndis;

/// <summary>NDIS_TCP_CONNECTION_OFFLOAD_PARAMETERS: what the host wants of the TCP of an adapter (CAP-10).</summary>
/// <remarks>Ticks are of <see cref="TicksPerSecond"/>. The defaults stand in reference.conf, under
/// <c>chimney.offload-parameters</c>. Source: ns-ndischimney-_ndis_tcp_connection_offload_parameters.md.</remarks>
public sealed record TcpConnectionOffloadParameters
{
    /// <summary>Granularity of all timers: 10, 100 or 1000.</summary>
    public required int TicksPerSecond { get; init; }

    /// <summary>Segments with data of which the last is acknowledged at once. 1 to 255.</summary>
    public required int TcpAckFrequency { get; init; }

    /// <summary>How long an acknowledgement waits for further segments, in ticks. 0 to 255.</summary>
    public required int TcpDelayedAckTicks { get; init; }

    /// <summary>Most retransmissions of one segment. 1 to 255.</summary>
    public required int TcpMaximumRetransmissions { get; init; }

    /// <summary>Retransmissions after which the reachability of the next hop is in doubt. 1 to 255.</summary>
    public required int TcpDoubtReachabilityRetransmissions { get; init; }

    /// <summary>How long a segment that is too small to be worth it waits, in ticks. 0 for not at all, to
    /// 2,147,483,647.</summary>
    public required int TcpSwsPreventionTicks { get; init; }

    /// <summary>Duplicate acknowledgements that trigger a fast retransmit. 1 to 2,147,483,647.</summary>
    public required int TcpDuplicateAckThreshold { get; init; }

    /// <summary>How long a request that is filled in part waits for more, in ticks. 1 to 2,147,483,647.</summary>
    public required int TcpPushTicks { get; init; }

    /// <summary>Time without a sign of life after which a neighbor is stale, in ticks. 1 to 2,147,483,647.</summary>
    public required int NceStaleTicks { get; init; }

    /// <summary>So many ticks as a time.</summary>
    public TimeSpan TimeOf(int ticks) => TimeSpan.FromSeconds((double)ticks / TicksPerSecond);

    /// <summary>Throws if a value is outside of its range.</summary>
    /// <exception cref="ArgumentOutOfRangeException">Names the value and its range.</exception>
    internal void Check()
    {
        if (TicksPerSecond is not (10 or 100 or 1000))
            throw new ArgumentOutOfRangeException(
                nameof(TicksPerSecond), TicksPerSecond, "Must be 10, 100 or 1000 (TMR-02).");
        CheckRange(nameof(TcpAckFrequency), TcpAckFrequency, 1, byte.MaxValue);
        CheckRange(nameof(TcpDelayedAckTicks), TcpDelayedAckTicks, 0, byte.MaxValue);
        CheckRange(nameof(TcpMaximumRetransmissions), TcpMaximumRetransmissions, 1, byte.MaxValue);
        CheckRange(nameof(TcpDoubtReachabilityRetransmissions), TcpDoubtReachabilityRetransmissions, 1, byte.MaxValue);
        CheckRange(nameof(TcpSwsPreventionTicks), TcpSwsPreventionTicks, 0, int.MaxValue);
        CheckRange(nameof(TcpDuplicateAckThreshold), TcpDuplicateAckThreshold, 1, int.MaxValue);
        CheckRange(nameof(TcpPushTicks), TcpPushTicks, 1, int.MaxValue);
        CheckRange(nameof(NceStaleTicks), NceStaleTicks, 1, int.MaxValue);
    }

    private static void CheckRange(string name, int value, int min, int max)
    {
        if (value < min || value > max)
            throw new ArgumentOutOfRangeException(name, value, $"Must be from {min} to {max}.");
    }
}

/// <summary>The <see cref="TcpConnectionOffloadParameters"/> by name.</summary>
[Flags]
public enum OffloadParameters
{
    /// <summary>None of them.</summary>
    None = 0,

    /// <summary><see cref="TcpConnectionOffloadParameters.TicksPerSecond"/>.</summary>
    TicksPerSecond = 0x001,

    /// <summary><see cref="TcpConnectionOffloadParameters.TcpAckFrequency"/>.</summary>
    TcpAckFrequency = 0x002,

    /// <summary><see cref="TcpConnectionOffloadParameters.TcpDelayedAckTicks"/>.</summary>
    TcpDelayedAckTicks = 0x004,

    /// <summary><see cref="TcpConnectionOffloadParameters.TcpMaximumRetransmissions"/>.</summary>
    TcpMaximumRetransmissions = 0x008,

    /// <summary><see cref="TcpConnectionOffloadParameters.TcpDoubtReachabilityRetransmissions"/>.</summary>
    TcpDoubtReachabilityRetransmissions = 0x010,

    /// <summary><see cref="TcpConnectionOffloadParameters.TcpSwsPreventionTicks"/>.</summary>
    TcpSwsPreventionTicks = 0x020,

    /// <summary><see cref="TcpConnectionOffloadParameters.TcpDuplicateAckThreshold"/>.</summary>
    TcpDuplicateAckThreshold = 0x040,

    /// <summary><see cref="TcpConnectionOffloadParameters.TcpPushTicks"/>.</summary>
    TcpPushTicks = 0x080,

    /// <summary><see cref="TcpConnectionOffloadParameters.NceStaleTicks"/>.</summary>
    NceStaleTicks = 0x100,

    /// <summary>All of them.</summary>
    All = 0x1FF,
}

/// <summary>Which parts of the chimney of an adapter are enabled: NDIS_TASK_TCP_CONNECTION_OFFLOAD, whose layout is no
/// longer published.</summary>
/// <param name="IPv4">Connections over IPv4.</param>
/// <param name="IPv6">Connections over IPv6.</param>
/// <remarks>Only what the last set names is enabled (CAP-13). Source: oid-tcp-task-offload.md.</remarks>
public sealed record TcpTaskOffload(bool IPv4, bool IPv6)
{
    /// <summary>What both name.</summary>
    internal TcpTaskOffload And(TcpTaskOffload other) => new(IPv4 && other.IPv4, IPv6 && other.IPv6);

    /// <summary>Whether it names connections of this socket's address family.</summary>
    internal bool Names(System.Net.Sockets.Socket? socket) => FourTuple.IsIPv6(socket) ? IPv6 : IPv4;
}
