namespace ChimneyActors.Targets.Simulated;

/// <summary>Two engines at the two ends of a wire, and one time for all three.</summary>
internal sealed class EnginePair(SimulatedWire wire, WiredEngine left, WiredEngine right)
{
    /// <summary>When something happens by itself next; null for never.</summary>
    internal TimeSpan? NextDue
    {
        get
        {
            TimeSpan? next = wire.NextDue;
            foreach (TimeSpan? due in (ReadOnlySpan<TimeSpan?>)[left.Engine.NextDue, right.Engine.NextDue])
                next = next is null || due < next ? due : next;
            return next;
        }
    }

    /// <summary>Lets time pass; everything that is due meanwhile happens, in the order of its time.</summary>
    internal void Advance(TimeSpan to)
    {
        while (NextDue is { } due && due <= to)
        {
            wire.Advance(due);
            left.Tick();
            right.Tick();
        }

        wire.Advance(to);
    }
}
