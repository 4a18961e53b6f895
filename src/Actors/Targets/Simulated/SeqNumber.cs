namespace ChimneyActors.Targets.Simulated;

/// <summary>A number of the sequence space, modulo 2^32 (RFC 9293 section 3.4).</summary>
/// <remarks>The engine counts in 64-bit stream offsets and meets the wrap only here, at its door: a distance is right
/// as long as the two numbers are less than 2^31 apart.</remarks>
internal readonly record struct SeqNumber(uint Value)
{
    public static SeqNumber operator +(SeqNumber number, long bytes) => new(unchecked(number.Value + (uint)bytes));

    /// <summary>How far the first is ahead of the second; negative if it is behind.</summary>
    public static int operator -(SeqNumber left, SeqNumber right) => unchecked((int)(left.Value - right.Value));

    public static bool operator <(SeqNumber left, SeqNumber right) => left - right < 0;

    public static bool operator >(SeqNumber left, SeqNumber right) => left - right > 0;

    public static bool operator <=(SeqNumber left, SeqNumber right) => left - right <= 0;

    public static bool operator >=(SeqNumber left, SeqNumber right) => left - right >= 0;

    public override string ToString() => Value.ToString(System.Globalization.CultureInfo.InvariantCulture);
}
