using ChimneyActors.Ndis;

namespace ChimneyActors.Cluster.Wire;

/// <summary>The state of a connection, as it travels.</summary>
internal static class StateText
{
    private const long Unlimited = -1;

    internal static Cached Write(TcpOffloadStateCached from)
    {
        var to = new Cached { RestartKeepAlive = from.RestartKeepAlive, RestartMaxRt = from.RestartMaxRT };
        if (from.KeepAlive is { } keepAlive)
            to.KeepAlive = keepAlive;
        if (from.Nagle is { } nagle)
            to.Nagle = nagle;
        if (from.ReceiveWindowBytes is { } window)
            to.ReceiveWindowBytes = window;
        if (from.KeepAliveProbesMax is { } probes)
            to.KeepAliveProbesMax = probes;
        if (from.KeepAliveTimeout is { } timeout)
            to.KeepAliveTimeout = timeout.Ticks;
        if (from.KeepAliveInterval is { } interval)
            to.KeepAliveInterval = interval.Ticks;
        if (from.MaxRT is { } maxRT)
            to.MaxRt = maxRT == Timeout.InfiniteTimeSpan ? Unlimited : maxRT.Ticks;
        if (from.TimeToLive is { } timeToLive)
            to.TimeToLive = timeToLive;
        if (from.TypeOfService is { } service)
            to.TypeOfService = service;
        if (from.UserPriority is { } priority)
            to.UserPriority = priority;
        return to;
    }

    internal static TcpOffloadStateCached Read(Cached from) => new()
    {
        KeepAlive = from.HasKeepAlive ? from.KeepAlive : null,
        Nagle = from.HasNagle ? from.Nagle : null,
        RestartKeepAlive = from.RestartKeepAlive,
        RestartMaxRT = from.RestartMaxRt,
        ReceiveWindowBytes = from.HasReceiveWindowBytes ? from.ReceiveWindowBytes : null,
        KeepAliveProbesMax = from.HasKeepAliveProbesMax ? from.KeepAliveProbesMax : null,
        KeepAliveTimeout = from.HasKeepAliveTimeout ? new TimeSpan(from.KeepAliveTimeout) : null,
        KeepAliveInterval = from.HasKeepAliveInterval ? new TimeSpan(from.KeepAliveInterval) : null,
        MaxRT = !from.HasMaxRt ? null : from.MaxRt < 0 ? Timeout.InfiniteTimeSpan : new TimeSpan(from.MaxRt),
        TimeToLive = from.HasTimeToLive ? from.TimeToLive : null,
        TypeOfService = from.HasTypeOfService ? from.TypeOfService : null,
        UserPriority = from.HasUserPriority ? from.UserPriority : null,
    };

    internal static State Write(TcpOffloadState from) => new()
    {
        Known = true,
        Const = Write(from.Const),
        Cached = Write(from.Cached),
        Delegated = Write(from.Delegated),
    };

    internal static TcpOffloadState Read(State from) =>
        new(Read(from.Const ?? new Const()), Read(from.Cached ?? new Cached()),
            Read(from.Delegated ?? new Delegated()));

    private static Const Write(TcpOffloadStateConst from) => new()
    {
        Timestamps = from.Timestamps,
        SelectiveAck = from.SelectiveAck,
        WindowScaling = from.WindowScaling,
        LocalPort = from.LocalPort,
        RemotePort = from.RemotePort,
        SendWindowScale = from.SendWindowScale,
        ReceiveWindowScale = from.ReceiveWindowScale,
        RemoteMss = from.RemoteMss,
        HashValue = from.HashValue,
    };

    private static TcpOffloadStateConst Read(Const from) => new()
    {
        Timestamps = from.Timestamps,
        SelectiveAck = from.SelectiveAck,
        WindowScaling = from.WindowScaling,
        LocalPort = from.LocalPort,
        RemotePort = from.RemotePort,
        SendWindowScale = from.SendWindowScale,
        ReceiveWindowScale = from.ReceiveWindowScale,
        RemoteMss = from.RemoteMss,
        HashValue = from.HashValue,
    };

    private static Delegated Write(TcpOffloadStateDelegated from)
    {
        var to = new Delegated
        {
            State = (uint)from.State,
            ReceiveNext = from.ReceiveNext,
            ReceiveWindow = from.ReceiveWindow,
            SendUnacknowledged = from.SendUnacknowledged,
            SendNext = from.SendNext,
            SendMax = from.SendMax,
            SendWindow = from.SendWindow,
            SendWindowMax = from.SendWindowMax,
            CongestionWindow = from.CongestionWindow,
            SlowStartThreshold = from.SlowStartThreshold,
            SmoothedRoundTrip = from.SmoothedRoundTrip.Ticks,
            RoundTripVariation = from.RoundTripVariation.Ticks,
            TimestampRecent = from.TimestampRecent,
            TotalRetransmissionTime = from.TotalRetransmissionTime.Ticks,
            DuplicateAcks = from.DuplicateAcks,
            WindowProbeRounds = from.WindowProbeRounds,
            KeepAliveProbes = from.KeepAliveProbes,
            Retransmissions = from.Retransmissions,
            SendBacklogSize = from.SendBacklogSize,
            ReceiveBacklogSize = from.ReceiveBacklogSize,
        };
        if (from.KeepAliveDelta is { } keepAlive)
            to.KeepAliveDelta = keepAlive.Ticks;
        if (from.RetransmitDelta is { } retransmit)
            to.RetransmitDelta = retransmit.Ticks;
        return to;
    }

    private static TcpOffloadStateDelegated Read(Delegated from) => new()
    {
        State = (TcpConnectionState)from.State,
        ReceiveNext = from.ReceiveNext,
        ReceiveWindow = from.ReceiveWindow,
        SendUnacknowledged = from.SendUnacknowledged,
        SendNext = from.SendNext,
        SendMax = from.SendMax,
        SendWindow = from.SendWindow,
        SendWindowMax = from.SendWindowMax,
        CongestionWindow = from.CongestionWindow,
        SlowStartThreshold = from.SlowStartThreshold,
        SmoothedRoundTrip = new TimeSpan(from.SmoothedRoundTrip),
        RoundTripVariation = new TimeSpan(from.RoundTripVariation),
        TimestampRecent = from.TimestampRecent,
        TotalRetransmissionTime = new TimeSpan(from.TotalRetransmissionTime),
        DuplicateAcks = from.DuplicateAcks,
        WindowProbeRounds = from.WindowProbeRounds,
        KeepAliveProbes = from.KeepAliveProbes,
        KeepAliveDelta = from.HasKeepAliveDelta ? new TimeSpan(from.KeepAliveDelta) : null,
        Retransmissions = from.Retransmissions,
        RetransmitDelta = from.HasRetransmitDelta ? new TimeSpan(from.RetransmitDelta) : null,
        SendBacklogSize = from.SendBacklogSize,
        ReceiveBacklogSize = from.ReceiveBacklogSize,
    };
}
