using ChimneyActors.Ndis;

namespace ChimneyActors.Targets.Simulated;

/// <summary>One end of a TCP connection from ESTABLISHED on (RFC 9293), without clock and network.</summary>
/// <remarks>
/// Pure: time and segments come in, segments and events come out and wait until they are taken. Time never goes back.
/// Streams are counted in 64-bit offsets from the state it started with; a FIN counts as one more after the last byte.
/// <para>It sends RST for <see cref="Abort"/> alone (DISC-06).</para>
/// </remarks>
internal sealed partial class TcpEngine
{
    private TcpEngineSettings _settings;
    private readonly SeqNumber _sendBase;
    private readonly SeqNumber _receiveBase;
    private readonly SendQueue _queue = new();
    private readonly Reassembly _arrived;
    private readonly ReceiveWindow _window;
    private readonly RetransmitTimeout _timeout;
    private readonly Congestion _congestion;
    private int _mss;
    private readonly Queue<Segment> _segments = new();
    private readonly Queue<TcpEvent> _events = new();
    private bool _finWanted;
    private bool _aborted;

    internal TcpEngine(DelegatedState start, TcpEngineSettings settings, TimeSpan now)
    {
        _settings = settings;
        _mss = settings.PayloadBytesMax;
        State = start.State;
        _una = start.FinAcknowledged ? 1 : 0;
        _sendBase = start.SndUna + -_una;
        _peerFin = start.PeerFinished ? 0 : long.MaxValue;
        _receiveBase = start.RcvNxt + (start.PeerFinished ? -1 : 0);
        _arrived = new Reassembly(settings.ReceiveBytesMax);
        _window = new ReceiveWindow(_mss, Received + start.RcvWnd);
        _timeout = new RetransmitTimeout(
            settings.RetransmitMin, settings.RetransmitMax, start.SRtt, start.RttVar);
        _congestion = new Congestion(_mss, start.CWnd, start.SsThresh, start.DupAckCount,
            settings.DuplicateAcks);
        _queue.Add(start.Unacknowledged, push: true);
        _finWanted = _finSent = start.FinSent;
        _max = _nxt = _finSent ? _queue.End + 1 : _queue.End;
        _right = _una + start.SndWnd;
        _rightMax = start.MaxSndWnd;
        if (start.SndWL1 is { } number)
            (_lastWindowSeq, _lastWindowAck) = (Received + (number - start.RcvNxt), _una);
        _ackedThrough = Received;
        StartStamps(start, now);
        StartKeepAlive(start, now);
        StartTimers(start, now);
    }

    internal TcpConnectionState State { get; private set; }

    /// <summary>Bytes that the peer has acknowledged.</summary>
    internal long Acknowledged => Math.Min(_una, _queue.End);

    /// <summary>Bytes that were ever given to the wire.</summary>
    internal long Sent => Math.Min(_max, _queue.End);

    /// <summary>Bytes that were given to <see cref="Send"/>.</summary>
    internal long Queued => _queue.End;

    /// <summary>Bytes received in order.</summary>
    internal long BytesReceived => _arrived.Next;

    /// <summary>Bytes received in order and not yet read.</summary>
    internal long Readable => _arrived.Next - _arrived.Read;

    /// <summary>Whether the FIN was given to the wire.</summary>
    internal bool FinSent => _finSent;

    /// <summary>Whether it went to CLOSED straight from ESTABLISHED or CLOSE-WAIT (ResetEstablished).</summary>
    internal bool EndedEstablished { get; private set; }

    /// <summary>Whether it is in ESTABLISHED or CLOSE-WAIT.</summary>
    internal bool IsEstablished => State is TcpConnectionState.Established or TcpConnectionState.CloseWait;

    private bool IsOver => State == TcpConnectionState.Closed;

    /// <summary>RCV.NXT.</summary>
    private long Received => _arrived.Next + (_arrived.Next >= _peerFin ? 1 : 0);

    /// <summary>Sends data behind everything given before. The memory must not change before it is acknowledged.
    /// </summary>
    internal void Send(ReadOnlyMemory<byte> data, bool push, TimeSpan now)
    {
        if (_finWanted)
            throw new InvalidOperationException("The send half is closed.");
        if (IsOver)
            return;
        _queue.Add(data, push);
        Pump(now);
    }

    /// <summary>Closes the send half: FIN behind everything given before (RFC 9293 section 3.10.4).</summary>
    internal void Finish(TimeSpan now)
    {
        if (_finWanted || IsOver)
            return;
        _finWanted = true;
        Pump(now);
    }

    /// <summary>Resets the connection (RFC 9293 section 3.10.5). From now on nothing is processed, and whatever the
    /// peer still sends is answered with RST, because the first one may be lost (DISC-10).</summary>
    internal void Abort(TimeSpan now)
    {
        if (IsOver)
            return;
        Emit(NextNumber, SegmentFlags.Rst | SegmentFlags.Ack, default, now);
        _aborted = true;
        Die();
    }

    /// <summary>Takes received bytes; the room may let the peer go on.</summary>
    /// <returns>How many; 0 if there are none now.</returns>
    internal int Read(Span<byte> into, TimeSpan now)
    {
        int length = _arrived.Take(into);
        bool mayGrow = length > 0 && State is TcpConnectionState.Established
            or TcpConnectionState.FinWait1 or TcpConnectionState.FinWait2;
        if (mayGrow && !_isHeld && _window.IsWorthTelling(_arrived))
            Acknowledge(now);
        return length;
    }

    /// <summary>A segment for the wire.</summary>
    internal bool TryTakeSegment(out Segment segment) => _segments.TryDequeue(out segment);

    /// <summary>What happened, in order.</summary>
    internal bool TryTakeEvent(out TcpEvent happened) => _events.TryDequeue(out happened);

    /// <summary>What somebody else needs to go on with the connection; read what is readable before. The engine does
    /// nothing after it; an acknowledgement that waited goes out (TERM-18).</summary>
    internal DelegatedState Leave(TimeSpan now)
    {
        if (_delayedAckAt is not null)
            Acknowledge(now);
        DelegatedState left = Snapshot(now) with
        {
            Unacknowledged = _queue.Copy(Acknowledged, (int)(Sent - Acknowledged)),
        };
        StopPushTimer();
        Die();
        return left;
    }

    /// <summary>The timers go on where they stood (TERM-27); those that are not carried start anew (TMR-04).</summary>
    private void StartTimers(DelegatedState start, TimeSpan now)
    {
        bool isOutstanding = _max > _una;
        bool isProbing = !isOutstanding || _right <= _una;
        _rounds = start.SndWndProbeCount;
        if (isProbing)
            _probes = start.RetransmitCount;
        else
            _timeouts = start.RetransmitCount;
        for (int again = 0; again < _timeouts && _timeout.Value < _settings.RetransmitMax; again++)
            _timeout.BackOff();
        if (start.TotalRT > default(TimeSpan))
            _retransmittingSince = now - start.TotalRT;
        TimeSpan? left = start.RetransmitDelta;
        if (State is TcpConnectionState.TimeWait or TcpConnectionState.FinWait2)
            _lingerAt = After(now, left ?? (State == TcpConnectionState.TimeWait ? _settings.TimeWait
                : _settings.FinWait2));
        else if (isOutstanding)
            _retransmitAt = After(now, left ?? _timeout.Value);
        else
            _persistWait = left;
    }

    private void Happened(TcpEventKind kind, long through) => _events.Enqueue(new TcpEvent(kind, through));

    private void End(TcpEventKind kind)
    {
        Die();
        Happened(kind, _arrived.Next);
    }

    private void Die()
    {
        EndedEstablished = IsEstablished;
        State = TcpConnectionState.Closed;
        _retransmitAt = _persistAt = _delayedAckAt = _lingerAt = _keepAliveAt = _pushAt = _swsAt = null;
    }
}
