using ChimneyActors.Ndis;

namespace ChimneyActors.Targets.Simulated;

/// <summary>What the host may ask and change while it does not have the connection: query, update,
/// invalidate.</summary>
internal sealed partial class TcpEngine
{
    private bool _isInvalid;

    /// <summary>How often the oldest segment was said again because of a time-out.</summary>
    internal int Retransmissions => _timeouts;

    /// <summary>All that is delegated as it is now, without the octets that were sent. Changes nothing.</summary>
    internal DelegatedState Snapshot(TimeSpan now) => new()
    {
        State = State,
        SndUna = _sendBase + _una,
        RcvNxt = _receiveBase + Received,
        SndWnd = (int)Math.Max(0, _right - _una),
        MaxSndWnd = (int)_rightMax,
        RcvWnd = (int)Math.Max(0, _window.Right - Received),
        CWnd = _congestion.Window,
        SsThresh = _congestion.Threshold,
        SRtt = _timeout.Smoothed,
        RttVar = _timeout.Variation,
        SndWL1 = _lastWindowSeq == long.MinValue ? null : _receiveBase + _lastWindowSeq,
        DupAckCount = _congestion.Duplicates,
        RetransmitCount = _persistAt is null ? _timeouts : _probes,
        RetransmitDelta = Left(_lingerAt ?? _persistAt ?? _retransmitAt, now),
        SndWndProbeCount = _rounds,
        TotalRT = now - _retransmittingSince ?? default,
        KeepAliveProbeCount = _keepAliveProbes,
        KeepAliveDelta = Left(_keepAliveAt, now),
        TsRecent = _recent,
        TsRecentAge = _settings.Timestamps ? now - _recentAt : default,
        TsTime = _settings.Timestamps ? Stamp(now) : 0,
    };

    /// <summary>The state in the words of the contract (QRY-02).</summary>
    internal TcpOffloadState Query(TimeSpan now)
    {
        DelegatedState state = Snapshot(now);
        var delegated = new TcpOffloadStateDelegated
        {
            State = state.State,
            ReceiveNext = state.RcvNxt.Value,
            ReceiveWindow = state.RcvWnd,
            SendUnacknowledged = state.SndUna.Value,
            SendNext = (_sendBase + _nxt).Value,
            SendMax = (_sendBase + _max).Value,
            SendWindow = state.SndWnd,
            SendWindowMax = state.MaxSndWnd,
            CongestionWindow = state.CWnd,
            SlowStartThreshold = state.SsThresh,
            SmoothedRoundTrip = state.SRtt,
            RoundTripVariation = state.RttVar,
            TimestampRecent = state.TsRecent,
            TotalRetransmissionTime = state.TotalRT,
            DuplicateAcks = state.DupAckCount,
            WindowProbeRounds = state.SndWndProbeCount,
            KeepAliveProbes = state.KeepAliveProbeCount,
            KeepAliveDelta = state.KeepAliveDelta,
            Retransmissions = state.RetransmitCount,
            RetransmitDelta = state.RetransmitDelta,
        };
        return new TcpOffloadState(_settings.Const, _settings.Cached, delegated);
    }

    /// <summary>Takes new values of the host; in effect when it returns (UPD-05).</summary>
    internal void Update(TcpOffloadStateCached change, TimeSpan now)
    {
        _settings = _settings.With(change);
        if (change.RestartMaxRT && _retransmittingSince is not null)
            _retransmittingSince = now;
        bool isAsked = change.RestartKeepAlive || change.KeepAlive is not null || change.KeepAliveTimeout is not null
            || change.KeepAliveInterval is not null || change.KeepAliveProbesMax is not null;
        if (isAsked)
            OnSignOfLife(now);      // whatever changes of the keepalive, it starts anew (A-21: our reading)
        if (change.ReceiveWindowBytes is { } bytes)
            Widen(bytes, now);
        Pump(now);                  // without Nagle, what waited may go
    }

    /// <summary>Packets of another size fit through the path; in effect when it returns (UPD-05).</summary>
    internal void UsePath(int pathBytesMax, TimeSpan now)
    {
        _settings = _settings with { PathBytesMax = pathBytesMax };
        _mss = _settings.PayloadBytesMax;
        _congestion.Resize(_mss);
        Pump(now);
    }

    /// <summary>From here on nothing is sent but acknowledgements of what arrives (INV-02, INV-08).</summary>
    internal void Invalidate() => _isInvalid = true;

    private void Widen(int bytes, TimeSpan now)
    {
        _arrived.Resize(bytes);
        bool mayTell = State is TcpConnectionState.Established or TcpConnectionState.FinWait1
            or TcpConnectionState.FinWait2;
        if (mayTell && !_isHeld && _window.IsWorthTelling(_arrived))
            Acknowledge(now);       // UPD-08
    }

    private static TimeSpan? Left(TimeSpan? due, TimeSpan now) =>
        due is { } at && at < now ? TimeSpan.Zero : due - now;
}
