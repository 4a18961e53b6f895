using ChimneyActors.Ndis;

namespace ChimneyActors.Targets.Simulated;

/// <summary>What a segment does: the steps of RFC 9293 section 3.10.7.4, with those of RFC 5961.</summary>
internal sealed partial class TcpEngine
{
    private long _peerFin;          // offset of the peer's FIN; MaxValue while it is not here
    private long _ackedThrough;     // RCV.NXT as the peer was last told: Last.ACK.sent
    private int _unacknowledged;    // segments with data since then

    /// <summary>Segments that were dropped for their checksum.</summary>
    internal int BadSegments { get; private set; }

    private long _lastWindowSeq = long.MinValue;   // SND.WL1
    private long _lastWindowAck;                   // SND.WL2

    /// <summary>Takes a segment from the wire.</summary>
    internal void OnSegment(in Segment segment, TimeSpan now)
    {
        if (!segment.IsIntact)
        {
            BadSegments++;
            return;
        }

        if (IsOver)
        {
            OnSegmentWhenOver(segment, now);
            return;
        }

        if (_isHeld)
        {
            PassUp(segment);
            return;
        }

        long seq = Received + (segment.Seq - (_receiveBase + Received));
        long ack = _una + (segment.Ack - (_sendBase + _una));
        bool acceptable = _window.Accepts(seq, segment.Length, Received);
        if (!HasFreshStamp(segment, now, out bool isOld))
        {
            if (isOld)
                Acknowledge(now);   // RFC 7323 section 5.3, R1
            return;
        }

        if (segment.Has(SegmentFlags.Rst))
            OnReset(seq, acceptable, now);
        else if (segment.Has(SegmentFlags.Syn))
            OnSyn(segment, seq, acceptable, now);
        else if (segment.Has(SegmentFlags.Ack))
            OnUsual(segment, seq, ack, acceptable, now);
    }

    private void OnUsual(in Segment segment, long seq, long ack, bool acceptable, TimeSpan now)
    {
        if (segment.Has(SegmentFlags.Urg) && OnUrgent(segment, ack, acceptable))
            return;
        if (acceptable)
            OnAcceptable(segment, seq, ack, now);
        else
            OnUnacceptable(segment, seq, ack, now);
        Pump(now);
    }

    /// <summary>Outside the window: dropped and answered. Its acknowledgement is still true if it is an old one, and
    /// must not be lost: behind a closed window nothing else may ever arrive (RFC 9293 section 3.10.7.4).</summary>
    private void OnUnacceptable(in Segment segment, long seq, long ack, TimeSpan now)
    {
        if (seq <= Received && !OnAcknowledgement(segment, seq, ack, now))
            return;
        OnSignOfLife(now);
        if (State == TcpConnectionState.TimeWait && segment.Has(SegmentFlags.Fin))
            _lingerAt = After(now, _settings.TimeWait);
        if (!IsOver)
            Acknowledge(now);
    }

    private void OnAcceptable(in Segment segment, long seq, long ack, TimeSpan now)
    {
        if (!OnAcknowledgement(segment, seq, ack, now) || IsOver)
            return;
        NoteStamp(segment, seq, now);
        OnSignOfLife(now);
        if (State == TcpConnectionState.FinWait2)
            _lingerAt = After(now, _settings.FinWait2);
        if (State is TcpConnectionState.Established or TcpConnectionState.FinWait1 or TcpConnectionState.FinWait2)
            OnText(segment, seq, now);
    }

    /// <summary>The data and the FIN.</summary>
    private void OnText(in Segment segment, long seq, TimeSpan now)
    {
        if (segment.Length == 0)
            return;
        long before = _arrived.Next;
        bool hadGap = _arrived.HasGap;
        ReadOnlySpan<byte> data = segment.Data.Span;
        if (seq + data.Length > _window.Right)
            data = data[..(int)Math.Max(0, _window.Right - seq)];
        _arrived.Insert(seq, data);
        long fin = seq + segment.Data.Length;
        if (segment.Has(SegmentFlags.Fin) && fin < _window.Right && fin >= _arrived.Next && _peerFin == long.MaxValue)
            _peerFin = fin;
        if (_arrived.Next > before)
            Happened(TcpEventKind.Received, _arrived.Next);
        NotePush(segment, fin, _arrived.Next > before, now);
        if (_arrived.Next >= _peerFin)
            OnPeerFinished(now);

        // At once for what is out of order or fills a gap (RFC 5681 section 4.2), for a FIN, and for enough segments.
        bool atOnce = hadGap || _arrived.HasGap || _arrived.Next == before || _arrived.Next >= _peerFin
            || Received - _ackedThrough >= 2L * _mss || ++_unacknowledged >= _settings.AckFrequency;
        if (atOnce)
            Acknowledge(now);
        else
            _delayedAckAt ??= After(now, _settings.DelayedAck);
    }

    private void OnPeerFinished(TimeSpan now)
    {
        Happened(TcpEventKind.PeerFinished, _arrived.Next);
        switch (State)
        {
            case TcpConnectionState.Established: State = TcpConnectionState.CloseWait; break;
            case TcpConnectionState.FinWait1: State = TcpConnectionState.Closing; break;
            case TcpConnectionState.FinWait2: EnterTimeWait(now); break;
        }
    }

    /// <returns>False: it acknowledges what was never sent, or comes from too long ago; the segment is dropped.
    /// </returns>
    private bool OnAcknowledgement(in Segment segment, long seq, long ack, TimeSpan now)
    {
        if (ack > _max)
        {
            Acknowledge(now);
            return false;
        }

        if (ack < _una - _rightMax)
        {
            Challenge(now);     // RFC 5961 section 5.2
            return false;
        }

        bool same = ack + segment.Window == _right;
        if (ack > _una)
            OnNewlyAcknowledged(segment, ack, now);
        else if (ack == _una && same && segment.Length == 0 && _nxt > _una)
            OnDuplicate(now);
        if (ack >= _una && (seq > _lastWindowSeq || (seq == _lastWindowSeq && ack >= _lastWindowAck)))
        {
            _lastWindowSeq = seq;
            _lastWindowAck = ack;
            _right = ack + segment.Window;
            _rightMax = Math.Max(_rightMax, segment.Window);
        }

        OnProbeAnswered(now);
        return true;
    }

    private void OnNewlyAcknowledged(in Segment segment, long ack, TimeSpan now)
    {
        long before = Acknowledged;
        long acked = ack - _una;
        _una = ack;
        _nxt = Math.Max(_nxt, _una);
        _timeouts = 0;
        _retransmittingSince = null;
        if (_timedEnd is { } end && ack >= end)
        {
            _timeout.Measure(RoundTrip(segment, now));
            _timedEnd = null;
        }

        bool isPartial = _congestion.OnAcknowledged(acked, _una);
        _queue.Release(_una);
        if (Acknowledged > before)
            Happened(TcpEventKind.Acknowledged, Acknowledged);
        _retransmitAt = _max > _una ? After(now, _timeout.Value) : null;   // RFC 6298 sections 5.2 and 5.3
        if (_finSent && _una > _queue.End)
            OnFinAcknowledged(now);
        else if (isPartial)
            Retransmit(now);
    }

    private void OnFinAcknowledged(TimeSpan now)
    {
        if (State is not (TcpConnectionState.FinWait1 or TcpConnectionState.Closing or TcpConnectionState.LastAck))
            return;
        Happened(TcpEventKind.FinAcknowledged, _queue.End);
        switch (State)
        {
            case TcpConnectionState.FinWait1:
                State = TcpConnectionState.FinWait2;
                _lingerAt = After(now, _settings.FinWait2);
                break;
            case TcpConnectionState.Closing:
                EnterTimeWait(now);
                break;
            default:
                End(TcpEventKind.Closed);
                break;
        }
    }

    private void EnterTimeWait(TimeSpan now)
    {
        State = TcpConnectionState.TimeWait;
        _lingerAt = After(now, _settings.TimeWait);
    }
}
