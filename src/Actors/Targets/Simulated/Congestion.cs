namespace ChimneyActors.Targets.Simulated;

/// <summary>How much may be on its way: slow start, congestion avoidance, fast retransmit and fast recovery (RFC 5681),
/// with the recovery point of RFC 6582, so that several losses in one window need one recovery.</summary>
internal sealed class Congestion
{
    private readonly int _duplicatesMax;
    private int _mss;
    private long _recover = -1;
    private long _avoided;
    private int _duplicates;

    /// <summary>One that begins, or goes on.</summary>
    /// <param name="mss">Bytes of a full segment.</param>
    /// <param name="window">cwnd so far; 0 for none.</param>
    /// <param name="threshold">ssthresh so far.</param>
    /// <param name="duplicates">Acknowledgements in a row that said nothing new.</param>
    /// <param name="duplicatesMax">With so many of them a segment is taken for lost.</param>
    internal Congestion(
        int mss, long window = 0, long threshold = long.MaxValue, int duplicates = 0, int duplicatesMax = 3)
    {
        _mss = mss;
        _duplicatesMax = duplicatesMax;
        Window = window > 0 ? Math.Max(window, mss) : Initial(mss);
        Threshold = threshold > 0 ? threshold : long.MaxValue;
        _duplicates = duplicates;
    }

    /// <summary>cwnd.</summary>
    internal long Window { get; private set; }

    /// <summary>ssthresh.</summary>
    internal long Threshold { get; private set; }

    /// <summary>Acknowledgements in a row that said nothing new.</summary>
    internal int Duplicates => _duplicates;

    /// <summary>Whether a loss that three duplicates told of is being mended.</summary>
    internal bool IsRecovering { get; private set; }

    /// <summary>cwnd, and one more segment for each of the first two duplicates (limited transmit, RFC 5681
    /// section 3.2 step 1).</summary>
    internal long Allowance => Window + (IsRecovering ? 0 : Math.Min(_duplicates, 2) * (long)_mss);

    /// <summary>IW (RFC 5681 section 3.1).</summary>
    internal static long Initial(int mss) => (mss > 2190 ? 2 : mss > 1095 ? 3 : 4) * (long)mss;

    /// <summary>Segments have another size from now on.</summary>
    internal void Resize(int mss)
    {
        _mss = mss;
        Window = Math.Max(Window, mss);
    }

    /// <summary>New data was acknowledged.</summary>
    /// <param name="acked">How much.</param>
    /// <param name="una">SND.UNA now.</param>
    /// <returns>True: a partial acknowledgement; the segment at SND.UNA is lost too and goes out again (RFC 6582
    /// section 3.2 step 3).</returns>
    internal bool OnAcknowledged(long acked, long una)
    {
        _duplicates = 0;
        if (!IsRecovering)
        {
            Grow(acked);
            return false;
        }

        if (una >= _recover)
        {
            IsRecovering = false;
            Window = Threshold;
            return false;
        }

        Window = Math.Max(_mss, Window - acked + (acked >= _mss ? _mss : 0));
        return true;
    }

    /// <summary>An acknowledgement said nothing new while data was on its way.</summary>
    /// <param name="una">SND.UNA.</param>
    /// <param name="max">Behind everything that was ever sent.</param>
    /// <param name="flight">Bytes on their way.</param>
    /// <returns>True for one too many: fast retransmit.</returns>
    internal bool OnDuplicate(long una, long max, long flight)
    {
        if (IsRecovering)
        {
            Window += _mss;   // the duplicate says that a segment has left the network
            return false;
        }

        if (++_duplicates < _duplicatesMax || una <= _recover)
            return false;
        _recover = max;
        IsRecovering = true;
        Threshold = Half(flight);
        Window = Threshold + ((long)_duplicatesMax * _mss);
        return true;
    }

    /// <summary>The retransmission timer has expired.</summary>
    /// <param name="first">Whether for the first time since something was acknowledged: a repeated one says nothing
    /// new about the threshold (RFC 5681 section 3.1).</param>
    /// <param name="max">Behind everything that was ever sent.</param>
    /// <param name="flight">Bytes on their way.</param>
    internal void OnTimeout(bool first, long max, long flight)
    {
        if (first)
            Threshold = Half(flight);
        Window = _mss;
        IsRecovering = false;
        _recover = max;
        _duplicates = 0;
        _avoided = 0;
    }

    /// <summary>Nothing was sent for longer than a time-out: the window says nothing about the network any more
    /// (RFC 5681 section 4.1).</summary>
    internal void OnIdle() => Window = Math.Min(Window, Initial(_mss));

    private void Grow(long acked)
    {
        if (Window < Threshold)
        {
            Window += Math.Min(acked, _mss);
            return;
        }

        _avoided += acked;
        if (_avoided < Window)
            return;
        _avoided -= Window;
        Window += _mss;
    }

    private long Half(long flight) => Math.Max(flight / 2, 2L * _mss);
}
