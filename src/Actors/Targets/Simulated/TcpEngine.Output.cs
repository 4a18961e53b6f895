using ChimneyActors.Ndis;

namespace ChimneyActors.Targets.Simulated;

/// <summary>What goes out, and when it is said again: RFC 9293 section 3.8, RFC 6298, RFC 5681.</summary>
internal sealed partial class TcpEngine
{
    private long _una;              // SND.UNA
    private long _nxt;              // SND.NXT: goes back when a time-out says that everything is lost
    private long _max;              // behind everything that was ever sent
    private long _right;            // SND.UNA + SND.WND as the peer said it last
    private long _rightMax;         // the largest window the peer ever had
    private bool _finSent;
    private int _timeouts;
    private TimeSpan? _retransmittingSince;     // when the oldest segment was sent that a time-out was for
    private int _probes;            // of a closed window, in this round
    private int _rounds;            // probes that were answered with a closed window
    private TimeSpan? _persistWait; // for the first probe, from who had the connection before
    private ushort _ipId;
    private long? _timedEnd;        // an acknowledgement of this measures the round trip
    private TimeSpan _timedAt;
    private TimeSpan _lastSent;
    private TimeSpan? _retransmitAt;
    private TimeSpan? _persistAt;
    private TimeSpan? _delayedAckAt;
    private TimeSpan? _lingerAt;    // FIN_WAIT_2 or TIME_WAIT: they never run both

    /// <summary>When <see cref="Advance"/> has something to do; null for never.</summary>
    internal TimeSpan? NextDue => _isHeld ? null : Earlier(
        Earlier(_isInvalid ? null : Earlier(Earlier(_retransmitAt, _persistAt), Earlier(_keepAliveAt, _swsAt)),
            _pushAt),
        Earlier(_delayedAckAt, _lingerAt));

    /// <summary>Does what is due.</summary>
    internal void Advance(TimeSpan now)
    {
        if (_isHeld)
            return;
        if (_lingerAt <= now)
            End(State == TcpConnectionState.TimeWait ? TcpEventKind.Closed : TcpEventKind.FinWait2Expired);
        if (_delayedAckAt <= now)
            Acknowledge(now);
        if (_pushAt <= now)
            OnPushTimer();
        if (_isInvalid)
            return;
        if (_retransmitAt <= now)
            OnTimeout(now);
        if (_persistAt <= now)
            OnPersist(now);
        if (_keepAliveAt <= now)
            OnKeepAlive(now);
        if (_swsAt <= now)
            OnSwsTimer(now);
    }

    private long TickLength => TimeSpan.TicksPerSecond / _settings.TicksPerSecond;

    /// <summary>A time that is over not before a while has passed, at a tick of the clock (TMR-02).</summary>
    private TimeSpan After(TimeSpan now, TimeSpan wait)
    {
        long tick = TickLength;
        return new TimeSpan((now.Ticks + wait.Ticks + tick - 1) / tick * tick);
    }

    private static TimeSpan? Earlier(TimeSpan? one, TimeSpan? other) =>
        one is null || other < one ? other : one;

    /// <summary>Sends what may be sent.</summary>
    private void Pump(TimeSpan now)
    {
        if (IsOver || _isHeld || _isInvalid)
            return;
        if (_max == _una && now - _lastSent > _timeout.Value)
            _congestion.OnIdle();
        while (TrySendNext(now))
        {
        }

        // Something to send, nothing on its way whose time-out would wake us: ask for the window from time to time.
        bool isStuck = _nxt == _una && _una < (_finWanted ? _queue.End + 1 : _queue.End);
        if (!isStuck)
            _persistAt = null;
        else if (_persistAt is null)
            _persistAt = After(now, _persistWait ?? ProbeInterval);
        if (isStuck)
            _retransmitAt = null;
        _persistWait = null;
    }

    private bool TrySendNext(TimeSpan now)
    {
        long queued = Math.Max(0, _queue.End - _nxt);
        long open = Math.Min(_right, _una + _congestion.Allowance) - _nxt;
        int length = (int)Math.Clamp(Math.Min(queued, open), 0, _mss);
        bool fin = _finWanted && _nxt + length == _queue.End && _nxt + length < _right;
        if (length == 0 && !fin)
            return false;
        if (!fin && length < queued && WaitsForRoom(length, now))
            return false;
        if (_settings.Nagle && !fin && length < _mss && _max > _una)
            return false;
        _swsAt = null;
        Put(_nxt, length, fin, now);
        return true;
    }

    /// <summary>Sends a part of the stream, for the first time or again.</summary>
    private void Put(long offset, int length, bool fin, TimeSpan now)
    {
        long end = offset + length + (fin ? 1 : 0);
        if (!_settings.Timestamps && _timedEnd is { } timed && offset < timed && offset < _max)
            _timedEnd = null;       // Karn: sent twice, nobody can tell which one is acknowledged
        if (end > _max && offset >= _max && _timedEnd is null)
        {
            _timedEnd = end;
            _timedAt = now;
        }

        Repetition repetition = end <= _max ? Repetition.Wholly : offset < _max ? Repetition.Partly : Repetition.None;
        _nxt = Math.Max(_nxt, end);
        _max = Math.Max(_max, end);
        if (fin && !_finSent)
            NoteFinSent();
        SegmentFlags flags = SegmentFlags.Ack | (fin ? SegmentFlags.Fin : 0);
        if (_queue.EndsPush(offset, length))
            flags |= SegmentFlags.Psh;
        _retransmitAt ??= After(now, _timeout.Value);     // RFC 6298 section 5.1
        _lastSent = now;
        Emit(offset, flags, _queue.Copy(Math.Min(offset, _queue.End), length), now, repetition);
    }

    private void Emit(
        long offset, SegmentFlags flags, ReadOnlyMemory<byte> data, TimeSpan now,
        Repetition repetition = Repetition.None)
    {
        int window = _window.Offer(_arrived, Received);
        _ackedThrough = Received;
        _delayedAckAt = null;
        _unacknowledged = 0;
        Transmit(new Segment(_sendBase + offset, _receiveBase + Received, flags, window, data)
        {
            Repetition = repetition,
        }, now);
    }

    private void Transmit(in Segment segment, TimeSpan now)
    {
        _ipId = _settings.IpIds.After(_ipId);
        _segments.Enqueue((segment with
        {
            IpId = _ipId,
            Stamps = StampsNow(now),
            TimeToLive = (byte)_settings.TimeToLive,
            TypeOfService = (byte)_settings.TypeOfService,
        }).Sealed());
    }

    /// <summary>An acknowledgement without data. Its number is one that the peer's window has room for: behind a
    /// probe of a closed window it would be dropped, and what it says with it.</summary>
    private void Acknowledge(TimeSpan now) => Emit(NextNumber, SegmentFlags.Ack, default, now);

    private long NextNumber => Math.Min(_max, Math.Max(_una, _right));

    private void NoteFinSent()
    {
        _finSent = true;
        State = State == TcpConnectionState.CloseWait ? TcpConnectionState.LastAck : TcpConnectionState.FinWait1;
    }

    /// <summary>The oldest segment again, and nothing else.</summary>
    private void Retransmit(TimeSpan now)
    {
        if (_isInvalid)
            return;
        long nxt = _nxt;
        int length = (int)Math.Min(Sent - Acknowledged, _mss);
        bool fin = _finSent && _una + length == _queue.End;
        if (length > 0 || fin)
            Put(_una, length, fin, now);
        _nxt = Math.Max(nxt, _nxt);
    }

    private void OnDuplicate(TimeSpan now)
    {
        if (!_congestion.OnDuplicate(_una, _max, _max - _una))
            return;
        Retransmit(now);
        _retransmitAt = After(now, _timeout.Value);
    }

    /// <summary>RFC 6298 sections 5.4 to 5.6: the oldest again, the timer doubled, and everything behind it again as
    /// the congestion window opens.</summary>
    private void OnTimeout(TimeSpan now)
    {
        _retransmitAt = null;
        if (_max <= _una)
            return;
        if (_right <= _una)
        {
            _nxt = _una;
            OnPersist(now);         // the peer has closed its window behind what was on its way
            return;
        }

        _retransmittingSince ??= now - _timeout.Value;
        if (IsTimeToGiveUp(++_timeouts, now))
        {
            End(TcpEventKind.TimedOut);
            return;
        }

        _congestion.OnTimeout(_timeouts == 1, _max, _max - _una);
        _timeout.BackOff();
        _nxt = _una;
        Retransmit(now);
        Pump(now);
    }

    /// <summary>MaxRT if there is one, else the count (UPD-11).</summary>
    private bool IsTimeToGiveUp(int times, TimeSpan now) => _settings.RetransmitTimeMax is { } most
        ? most != Timeout.InfiniteTimeSpan && now - _retransmittingSince >= most
        : times > _settings.RetransmissionsMax;

    /// <summary>Each round begins more slowly than the one before, and so does each probe of a round (TMR-09).
    /// </summary>
    private TimeSpan ProbeInterval
    {
        get
        {
            TimeSpan interval = _timeout.Value * (1L << Math.Min(_probes > 0 ? _probes : _rounds, 16));
            return interval < _settings.RetransmitMax ? interval : _settings.RetransmitMax;
        }
    }

    /// <summary>The peer says how its window is: still closed, and the next round begins; or open.</summary>
    private void OnProbeAnswered(TimeSpan now)
    {
        if (_right > _una)
            _rounds = 0;
        else if (_probes > 0)
            _rounds++;
        if (_probes == 0)
            return;
        _probes = 0;
        _retransmittingSince = null;
        if (_persistAt is not null)
            _persistAt = After(now, ProbeInterval);
    }

    /// <summary>RFC 9293 section 3.8.6.1: an octet that the window has no room for is answered with the window. A peer
    /// that answers is never given up, one that does not is (TMR-09).</summary>
    private void OnPersist(TimeSpan now)
    {
        _persistAt = null;
        _retransmittingSince ??= now;
        if (IsTimeToGiveUp(++_probes, now))
        {
            End(TcpEventKind.TimedOut);
            return;
        }

        long room = Math.Max(1, _right - _una);
        int length = (int)Math.Min(Math.Min(room, _mss), _queue.End - Acknowledged);
        bool fin = length == 0 || (_finWanted && length < room && _una + length == _queue.End);
        bool isProbe = _right <= _una;
        Put(_una, length, fin, now);
        if (isProbe)
            _nxt = _una;            // it does not count as sent: only an acknowledgement moves on
        Pump(now);
    }
}
