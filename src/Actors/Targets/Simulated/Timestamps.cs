namespace ChimneyActors.Targets.Simulated;

/// <summary>The timestamps option of a segment (RFC 7323 section 3.2).</summary>
/// <param name="Value">TSval: the sender's clock.</param>
/// <param name="Echo">TSecr: the newest stamp that the sender has in order.</param>
internal readonly record struct Timestamps(uint Value, uint Echo)
{
    /// <summary>Bytes that it takes from a segment, with its padding.</summary>
    internal const int OptionBytes = 12;
}
