namespace ChimneyActors.Targets.Simulated;

/// <summary>How long to wait for an acknowledgement (RFC 6298).</summary>
internal sealed class RetransmitTimeout
{
    private static readonly TimeSpan Granularity = TimeSpan.FromMilliseconds(1);

    private readonly TimeSpan _min;
    private readonly TimeSpan _max;
    private TimeSpan _srtt;
    private TimeSpan _variation;
    private TimeSpan _timeout;

    /// <summary>Starts from what the host measured, or from nothing.</summary>
    /// <param name="min">1 s (section 2.4).</param>
    /// <param name="max">At least 60 s (section 2.5).</param>
    /// <param name="srtt">Zero if there was no measurement.</param>
    /// <param name="variation">RTTVAR.</param>
    internal RetransmitTimeout(TimeSpan min, TimeSpan max, TimeSpan srtt = default, TimeSpan variation = default)
    {
        _min = min;
        _max = max;
        _srtt = srtt;
        _variation = variation;
        _timeout = srtt == default ? Bounded(TimeSpan.FromSeconds(1)) : Calculated();
    }

    /// <summary>RTO.</summary>
    internal TimeSpan Value => _timeout;

    internal TimeSpan Smoothed => _srtt;

    internal TimeSpan Variation => _variation;

    /// <summary>Takes a measurement, never one of a segment that was sent twice (Karn, section 3).</summary>
    internal void Measure(TimeSpan roundTrip)
    {
        if (_srtt == default)
        {
            _srtt = roundTrip;
            _variation = roundTrip / 2;
        }
        else
        {
            _variation = (3 * _variation + (_srtt - roundTrip).Duration()) / 4;
            _srtt = (7 * _srtt + roundTrip) / 8;
        }

        _timeout = Calculated();
    }

    /// <summary>The timer has expired: doubled until the next measurement (section 5.5).</summary>
    internal void BackOff() => _timeout = Bounded(2 * _timeout);

    private TimeSpan Calculated()
    {
        TimeSpan spread = 4 * _variation;
        return Bounded(_srtt + (spread > Granularity ? spread : Granularity));
    }

    private TimeSpan Bounded(TimeSpan time) => time < _min ? _min : time > _max ? _max : time;
}
