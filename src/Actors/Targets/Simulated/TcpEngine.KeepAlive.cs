using ChimneyActors.Ndis;

namespace ChimneyActors.Targets.Simulated;

/// <summary>Whether a silent peer is still there: RFC 9293 section 3.8.4, TMR-08.</summary>
internal sealed partial class TcpEngine
{
    private static readonly TimeSpan ValidationMax = TimeSpan.FromMinutes(5);

    private readonly ChallengeLimit _resetChallenges = new(1, ValidationMax);
    private int _keepAliveProbes;
    private TimeSpan? _keepAliveAt;

    private void StartKeepAlive(DelegatedState start, TimeSpan now)
    {
        _keepAliveProbes = start.KeepAliveProbeCount;
        _keepAliveAt = start.KeepAliveDelta is { } left ? now + left : KeepAliveAfter(now);
    }

    private TimeSpan? KeepAliveAfter(TimeSpan now) =>
        _settings.KeepAlive && State is not (TcpConnectionState.TimeWait or TcpConnectionState.Closed)
            ? After(now, _settings.KeepAliveTimeout)
            : null;

    /// <summary>The peer has shown that it is there.</summary>
    private void OnSignOfLife(TimeSpan now)
    {
        _keepAliveProbes = 0;
        _keepAliveAt = KeepAliveAfter(now);
    }

    /// <summary>A RST in the window that was not believed: it may be true all the same. The answer is asked for once
    /// in a validation period, and again by a keepalive at its end, whether they are on or not (PKT-05).</summary>
    private void Validate(TimeSpan now)
    {
        if (!_resetChallenges.Allows(now))
            return;
        TimeSpan end = After(now, ValidationMax);
        _keepAliveAt = _keepAliveAt < end ? _keepAliveAt : end;
        Acknowledge(now);
    }

    private void OnKeepAlive(TimeSpan now)
    {
        if (_max > _una || _persistAt is not null)
        {
            _keepAliveAt = KeepAliveAfter(now);     // what is on its way asks already
            return;
        }

        if (++_keepAliveProbes > _settings.KeepAliveProbesMax)
        {
            End(TcpEventKind.TimedOut);
            return;
        }

        _keepAliveAt = After(now, _settings.KeepAliveInterval);
        Emit(_una - 1, SegmentFlags.Ack, default, now);     // an old number: the peer must answer it
    }
}
