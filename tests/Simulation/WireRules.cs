using ChimneyActors.Targets.Simulated;

namespace ChimneyActors.Simulation;

/// <summary>What only a wire can show: looks at every segment of a <see cref="World"/> and fails at the first that
/// should not be there.</summary>
internal sealed class WireRules
{
    private readonly World _world;
    private readonly Side _left;
    private readonly Side _right;

    internal WireRules(World world)
    {
        _world = world;
        _left = new Side(world.Left, world.Start.SndUna, world.Start.RcvNxt, world.Start.SndWnd, world.Start.RcvWnd);
        _right = new Side(world.Right, world.Start.RcvNxt, world.Start.SndUna, world.Start.RcvWnd, world.Start.SndWnd);
        world.Wire.Seen += OnSeen;
    }

    /// <summary>How often data and FIN were in one segment.</summary>
    internal int FinsOnData { get; private set; }

    /// <summary>How often one octet was sent into a closed window.</summary>
    internal int Probes { get; private set; }

    /// <summary>How often the identification went from the last of the range to the first.</summary>
    internal int Wraps { get; private set; }

    private void OnSeen(WireSighting seen)
    {
        Side side = ReferenceEquals(seen.End, _world.Wire.Left) ? _left : _right;
        if (seen.IsArrival)
            side.OnArrival(seen.Segment, seen.At);
        else
            OnSent(side, seen.Segment, seen.At);
    }

    private void OnSent(Side side, in Segment segment, TimeSpan at)
    {
        Station station = side.Station;
        segment.IsIntact.ShouldBeTrue();
        OnId(side, segment);
        (station.EndedAt < at).ShouldBeFalse("nothing is sent after CLOSED");
        side.HasReset |= segment.Has(SegmentFlags.Rst);
        if (side.HasReset)
        {
            station.IsAborted.ShouldBeTrue("only an abort sends RST");
            segment.Has(SegmentFlags.Rst).ShouldBeTrue("after the first RST there is nothing else");
            return;
        }

        long offset = segment.Seq - side.Ours;
        long end = offset + segment.Data.Length;
        bool isProbe = offset == side.Right && segment.Length == 1;
        Probes += isProbe ? 1 : 0;
        if (!isProbe && segment.Length > 0)
            (offset + segment.Length).ShouldBeLessThanOrEqualTo(side.Right, "no data beyond the window");
        FinsOnData += segment.Has(SegmentFlags.Fin) && end > offset ? 1 : 0;
        if (segment.Has(SegmentFlags.Fin))
            end.ShouldBe(station.Total, "the FIN comes behind everything");
        if (station.Plan.MoveRate == 0)
            segment.Has(SegmentFlags.Psh).ShouldBe(
                station.Writes.Exists(write => offset < write && write <= end), "PSH at the end of each write");
        OnAck(side, segment, at);
    }

    private void OnId(Side side, in Segment segment)
    {
        IpIdRange range = side.Station.Plan.Settings.IpIds;
        segment.IpId.ShouldBeInRange(range.First, range.Last);
        if (side.Id == range.Last && segment.IpId == range.First)
            Wraps++;
        side.Id = segment.IpId;
    }

    private static void OnAck(Side side, in Segment segment, TimeSpan at)
    {
        long ack = segment.Ack - side.Theirs;
        ack.ShouldBeGreaterThanOrEqualTo(side.Acked, "what was acknowledged stays so");
        (ack + segment.Window).ShouldBeGreaterThanOrEqualTo(side.Offered, "a window does not shrink");
        side.Acked = ack;
        side.Offered = ack + segment.Window;
        TimeSpan tick = TimeSpan.FromSeconds(1.0 / side.Station.Plan.Settings.TicksPerSecond);
        if (side.Unanswered is { } since)
            (at - since).ShouldBeLessThanOrEqualTo(
                side.Station.Plan.Settings.DelayedAck + tick, "an acknowledgement waits no longer than it may");
        side.Unanswered = null;
    }

    private sealed class Side(Station station, SeqNumber ours, SeqNumber theirs, long right, long offered)
    {
        internal Station Station => station;

        internal SeqNumber Ours => ours;

        internal SeqNumber Theirs => theirs;

        /// <summary>The furthest edge of the peer's window that has arrived.</summary>
        internal long Right { get; private set; } = right;

        internal long Acked { get; set; }

        internal long Offered { get; set; } = offered;

        internal int Id { get; set; } = -1;

        internal bool HasReset { get; set; }

        /// <summary>When the oldest data or FIN came that nothing was sent after; every one gets an answer, were it
        /// only to say that it is not wanted.</summary>
        internal TimeSpan? Unanswered { get; set; }

        internal void OnArrival(in Segment segment, TimeSpan at)
        {
            if (segment.IsIntact && segment.Length > 0)
                Unanswered ??= at;
            if (segment.IsIntact && segment.Has(SegmentFlags.Ack) && !segment.Has(SegmentFlags.Rst))
                Right = Math.Max(Right, segment.Ack - ours + segment.Window);
        }
    }
}
