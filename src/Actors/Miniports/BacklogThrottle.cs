namespace ChimneyActors.Miniports;

/// <summary>How often a target has said of late how many bytes are best kept outstanding (EVT-17); more than lawful is
/// a storm (V-26). Pure: no actor, no clock.</summary>
/// <remarks>The contract gives no number. A wish that only grows, by at least the double, has run out of numbers before
/// it is said <see cref="TimesMax"/> times: a target may find out all of it at once, whatever the load.</remarks>
internal sealed class BacklogThrottle
{
    /// <summary>So many within a window are lawful.</summary>
    public const int TimesMax = 64;

    /// <summary>A window begins with the first event behind the end of the last one.</summary>
    public static readonly TimeSpan Window = TimeSpan.FromMinutes(1);

    private long _since;
    private int _times;

    /// <summary>Notes an event.</summary>
    /// <param name="now">Ticks of the clock.</param>
    /// <param name="clock">What they are of.</param>
    /// <param name="within">Since the first of this window.</param>
    /// <returns>True for the first that is too many; once a window, so that the reports are no storm.</returns>
    public bool IsTooMany(long now, TimeProvider clock, out TimeSpan within)
    {
        within = clock.GetElapsedTime(_since, now);
        if (_times == 0 || within >= Window)
            (_since, _times, within) = (now, 0, TimeSpan.Zero);
        _times = Math.Min(_times + 1, TimesMax + 2);
        return _times == TimesMax + 1;
    }
}
