namespace ChimneyActors.Targets.Simulated;

/// <summary>What the peer has pushed, and the push timer (TMR-05).</summary>
/// <remarks>The engine keeps the time. Whether a request is filled in part, and is one in push mode, is known to who
/// delivers: he starts and stops it (RECV-15 to RECV-19, DLV-07 to DLV-10).</remarks>
internal sealed partial class TcpEngine
{
    private readonly SortedSet<long> _pushesAhead = [];    // behind a gap
    private TimeSpan? _pushAt;

    /// <summary>Stream offset up to which the peer wants its data delivered at once: behind the last byte of the
    /// newest segment with PSH or FIN that is here in order.</summary>
    internal long PushedThrough { get; private set; }

    /// <summary>Starts the push timer unless it runs (DLV-10). Data restarts it (RECV-19); when it runs out the engine
    /// says <see cref="TcpEventKind.PushExpired"/>.</summary>
    internal void StartPushTimer(TimeSpan now)
    {
        if (!IsOver && !_isHeld)
            _pushAt ??= After(now, _settings.Push);
    }

    /// <summary>Stops it (DLV-07, DLV-09).</summary>
    internal void StopPushTimer() => _pushAt = null;

    private void NotePush(in Segment segment, long end, bool isNew, TimeSpan now)
    {
        if (segment.Has(SegmentFlags.Psh) && end > PushedThrough && end <= _window.Right)
            _pushesAhead.Add(end);
        while (_pushesAhead.Count > 0 && _pushesAhead.Min <= _arrived.Next)
        {
            PushedThrough = _pushesAhead.Min;
            _pushesAhead.Remove(PushedThrough);
        }

        if (_arrived.Next >= _peerFin)
            PushedThrough = _arrived.Next;
        if (isNew && _pushAt is not null)
            _pushAt = After(now, _settings.Push);
    }

    private void OnPushTimer()
    {
        _pushAt = null;
        Happened(TcpEventKind.PushExpired, _arrived.Next);
    }
}
