namespace ChimneyActors.Targets.Simulated;

/// <summary>Timestamps: RFC 7323, and how the clock travels with the connection (TMR-12).</summary>
internal sealed partial class TcpEngine
{
    private static readonly TimeSpan RecentAgeMax = TimeSpan.FromDays(24);    // RFC 7323 section 5.5

    private uint _stampDelta;       // TsTime - own time, when it was offloaded
    private uint _recent;           // TS.Recent
    private TimeSpan _recentAt;

    private void StartStamps(DelegatedState start, TimeSpan now)
    {
        if (!_settings.Timestamps)
            return;
        _stampDelta = unchecked(start.TsTime - Ticks(now));
        _recent = start.TsRecent;
        _recentAt = now - start.TsRecentAge;
    }

    private uint Stamp(TimeSpan now) => unchecked(Ticks(now) + _stampDelta);

    private uint Ticks(TimeSpan now) => unchecked((uint)(now.Ticks / TickLength));

    private Timestamps? StampsNow(TimeSpan now) =>
        _settings.Timestamps ? new Timestamps(Stamp(now), _recent) : null;

    /// <summary>Whether a segment has the option if it must, and is not from an earlier round of the sequence space
    /// (PAWS, RFC 7323 section 5.3). RST is never judged by its stamp.</summary>
    private bool HasFreshStamp(in Segment segment, TimeSpan now, out bool isOld)
    {
        isOld = false;
        if (!_settings.Timestamps || segment.Has(SegmentFlags.Rst))
            return true;
        if (segment.Stamps is not { } stamps)
            return false;           // section 3.2: silently dropped
        isOld = unchecked((int)(stamps.Value - _recent)) < 0 && now - _recentAt < RecentAgeMax;
        return !isOld;
    }

    /// <summary>Section 4.3: only the segment at the left edge of what was acknowledged says what to echo.</summary>
    private void NoteStamp(in Segment segment, long seq, TimeSpan now)
    {
        if (segment.Stamps is not { } stamps || !_settings.Timestamps || seq > _ackedThrough)
            return;
        _recent = stamps.Value;
        _recentAt = now;
    }

    /// <summary>The round trip that an acknowledgement of new data shows, also of what was sent twice.</summary>
    private TimeSpan RoundTrip(in Segment segment, TimeSpan now)
    {
        if (!_settings.Timestamps || segment.Stamps is not { } stamps)
            return now - _timedAt;
        return new TimeSpan(Math.Max(0, unchecked((int)(Stamp(now) - stamps.Echo))) * TickLength);
    }
}
