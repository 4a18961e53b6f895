namespace ChimneyActors.Targets.Simulated;

/// <summary>The IPv4 identification values that a connection may use, both ends included.</summary>
/// <remarks>The upper half is the target's, the lower half the host's (SEND-19). With Don't Fragment they say nothing
/// (RFC 6864 section 4), but two owners of one connection must not use the same.</remarks>
internal sealed record IpIdRange(ushort First, ushort Last)
{
    /// <summary>0x8000 to 0xFFFF.</summary>
    internal static readonly IpIdRange OfTarget = new(0x8000, 0xFFFF);

    /// <summary>The one after it; behind the last comes the first.</summary>
    internal ushort After(ushort id) => id < First || id >= Last ? First : (ushort)(id + 1);
}
