using ChimneyActors.Buffers;

namespace ChimneyActors.Targets.Simulated;

/// <summary>A wire with two ends that delays, loses, reorders, duplicates and corrupts, from a seed.</summary>
/// <remarks>Its time is virtual and moves in <see cref="Advance"/> alone. Not thread-safe.</remarks>
internal sealed class SimulatedWire
{
    private readonly PriorityQueue<(WireEnd To, Segment Segment), (TimeSpan Due, long Serial)> _underWay = new();
    private readonly SeededChance _chance;
    private long _serial;

    internal SimulatedWire(int seed, WireFaults faults) : this(new SeededChance(seed), faults)
    {
    }

    internal SimulatedWire(SeededChance chance, WireFaults faults)
    {
        _chance = chance;
        Faults = faults;
        Left = new WireEnd(this);
        Right = new WireEnd(this);
    }

    internal WireEnd Left { get; }

    internal WireEnd Right { get; }

    /// <summary>May change at any time; for segments that are sent from then on.</summary>
    internal WireFaults Faults { get; set; }

    /// <summary>Sees every segment twice: when an end has sent it, before anything happens to it, and when it arrives
    /// at the other, if it does. For captures and for tests.</summary>
    internal Action<WireSighting>? Seen { get; set; }

    /// <summary>The virtual time.</summary>
    internal TimeSpan Now { get; private set; }

    /// <summary>When the next segment arrives; null if none is under way.</summary>
    internal TimeSpan? NextDue =>
        _underWay.TryPeek(out _, out (TimeSpan Due, long Serial) next) ? next.Due : null;

    /// <summary>Lets time pass, and gives each end what arrives meanwhile, at the time when it does.</summary>
    internal void Advance(TimeSpan to)
    {
        while (NextDue is { } due && due <= to)
        {
            (WireEnd end, Segment segment) = _underWay.Dequeue();
            Now = due > Now ? due : Now;
            Seen?.Invoke(new WireSighting(Now, end, IsArrival: true, segment));
            end.Deliver(segment);
        }

        Now = to > Now ? to : Now;
    }

    /// <summary>An end has sent a segment.</summary>
    internal void Carry(WireEnd from, Segment segment)
    {
        Seen?.Invoke(new WireSighting(Now, from, IsArrival: false, segment));
        WireEnd to = ReferenceEquals(from, Left) ? Right : Left;
        if (_chance.Hits(Faults.Options, out _))
            segment = segment with { Form = PacketForm.WithOptions };
        if (_chance.Hits(Faults.Loss, out _))
            return;
        if (_chance.Hits(Faults.Duplication, out _))
            Take(to, segment);
        if (_chance.Hits(Faults.Corruption, out double which))
            segment = segment.WithBitFlipped((int)(which * segment.Bits));
        Take(to, segment);
    }

    private void Take(WireEnd to, in Segment segment)
    {
        TimeSpan due = Now + Faults.Delay + Part(Faults.Jitter);
        if (_chance.Hits(Faults.Reordering, out double held))
            due += Faults.HeldBack * held;
        else
            due = to.Newest = due > to.Newest ? due : to.Newest;
        _underWay.Enqueue((to, segment), (due, _serial++));
    }

    private TimeSpan Part(TimeSpan most)
    {
        if (most == default)
            return default;
        _chance.Hits(1, out double part);
        return most * part;
    }
}

/// <summary>A segment that passes an end of a wire.</summary>
/// <param name="At">Virtual time.</param>
/// <param name="End">Which end.</param>
/// <param name="IsArrival">Whether it comes in there; else it goes out.</param>
/// <param name="Segment">As it passes: an arriving one may be corrupt.</param>
internal readonly record struct WireSighting(TimeSpan At, WireEnd End, bool IsArrival, Segment Segment);

/// <summary>One end of a <see cref="SimulatedWire"/>.</summary>
internal sealed class WireEnd(SimulatedWire wire)
{
    /// <summary>Who hears what arrives here; nobody is an unplugged end.</summary>
    internal Action<Segment>? Arrived { get; set; }

    /// <summary>When the newest segment arrives here that was not held back.</summary>
    internal TimeSpan Newest { get; set; }

    /// <summary>Puts a segment on the wire, to the other end.</summary>
    internal void Send(in Segment segment) => wire.Carry(this, segment);

    internal void Deliver(in Segment segment) => Arrived?.Invoke(segment);
}
