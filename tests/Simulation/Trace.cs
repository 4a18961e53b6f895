namespace ChimneyActors.Simulation;

/// <summary>Everything that was seen, as one number: two runs are the same if their traces are.</summary>
internal sealed class Trace
{
    internal ulong Value { get; private set; } = 14_695_981_039_346_656_037;

    internal void Add(long seen)
    {
        unchecked
        {
            Value = (Value ^ (ulong)seen) * 1_099_511_628_211;
            Value ^= Value >> 29;
        }
    }
}
