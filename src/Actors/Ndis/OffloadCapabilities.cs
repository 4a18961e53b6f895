namespace ChimneyActors.Ndis;

/// <summary>How packets are framed: NDIS_ENCAPSULATION, with the values of ntddndis.h.</summary>
[Flags]
public enum OffloadEncapsulation
{
    /// <summary>None that is known: such a target is taken for one that cannot offload (CAP-05).</summary>
    NotSupported = 0,

    /// <summary>None at all.</summary>
    Null = 0x01,

    /// <summary>Ethernet.</summary>
    Ieee8023 = 0x02,

    /// <summary>Ethernet with VLAN and priority.</summary>
    Ieee8023PAndQ = 0x04,

    /// <summary>The same, beside the packet.</summary>
    Ieee8023PAndQInOob = 0x08,

    /// <summary>LLC and SNAP.</summary>
    IeeeLlcSnapRouted = 0x10,
}

/// <summary>NDIS_TCP_CONNECTION_OFFLOAD: what a target can do. The host knows them from the initialise on; a target
/// that changes them says OFFLOAD_PAUSE, UPLOAD_ALL and OFFLOAD_RESUME, and with the last the host asks again
/// (CAP-08, STS-03).</summary>
/// <param name="ConnectionsMax">TcpConnectionOffloadCapacity: both address families together (CAP-06).</param>
/// <param name="Upload">Whether a terminate gives the connection back alive.</param>
/// <param name="Forward">Whether it takes raw segments; if not it is never given any.</param>
/// <remarks>Source: ns-ntddndis-_ndis_tcp_connection_offload.md.</remarks>
public sealed record OffloadCapabilities(int ConnectionsMax, bool Upload, bool Forward)
{
    /// <summary>Nothing.</summary>
    public static OffloadCapabilities None { get; } = new(0, Upload: false, Forward: false)
    {
        Encapsulation = OffloadEncapsulation.NotSupported,
        SupportIPv4 = false,
        SupportIPv6 = false,
    };

    /// <summary>802.3 or LLC/SNAP or both; without one of them it is taken for not capable (CAP-05).</summary>
    public OffloadEncapsulation Encapsulation { get; init; } = OffloadEncapsulation.Ieee8023;

    /// <summary>Whether it takes connections over IPv4.</summary>
    public bool SupportIPv4 { get; init; } = true;

    /// <summary>Whether it takes connections over IPv6.</summary>
    public bool SupportIPv6 { get; init; } = true;

    /// <summary>Whether it copes with IPv6 extension headers.</summary>
    public bool SupportIPv6ExtensionHeaders { get; init; }

    /// <summary>Whether it uses selective acknowledgements; without, it ignores them (CAP-07).</summary>
    public bool SupportSack { get; init; }

    /// <summary>Whether it takes neighbors and paths. Of a target that does not, only connections are asked, and an
    /// initiate of the others is refused before it comes here.</summary>
    public bool StateObjects { get; init; }

    /// <summary>Which of the <see cref="TcpConnectionOffloadParameters"/> it honours. What it must by the contract, and
    /// cannot, is missing here (CAP-10).</summary>
    public OffloadParameters Honours { get; init; }

    /// <summary>Whether anything can be offloaded at all (CAP-05, CAP-06).</summary>
    public bool IsCapable => (SupportIPv4 || SupportIPv6)
        && (Encapsulation & (OffloadEncapsulation.Ieee8023 | OffloadEncapsulation.IeeeLlcSnapRouted)) != 0;

    /// <summary>What is left of them with only this enabled (CAP-13).</summary>
    internal OffloadCapabilities With(TcpTaskOffload enabled) => this with
    {
        SupportIPv4 = SupportIPv4 && enabled.IPv4,
        SupportIPv6 = SupportIPv6 && enabled.IPv6,
    };

    /// <summary>What several adapters can do together, if a connection may come to any of them.</summary>
    internal static OffloadCapabilities Of(IEnumerable<OffloadCapabilities> several)
    {
        OffloadCapabilities? all = null;
        foreach (OffloadCapabilities one in several)
            all = all is null ? one : new OffloadCapabilities(
                (int)Math.Min(int.MaxValue, (long)all.ConnectionsMax + one.ConnectionsMax),
                all.Upload && one.Upload, all.Forward && one.Forward)
            {
                Encapsulation = all.Encapsulation & one.Encapsulation,
                SupportIPv4 = all.SupportIPv4 && one.SupportIPv4,
                SupportIPv6 = all.SupportIPv6 && one.SupportIPv6,
                SupportIPv6ExtensionHeaders = all.SupportIPv6ExtensionHeaders && one.SupportIPv6ExtensionHeaders,
                StateObjects = all.StateObjects && one.StateObjects,
                SupportSack = all.SupportSack && one.SupportSack,
                Honours = all.Honours & one.Honours,
            };
        return all ?? None;
    }
}
