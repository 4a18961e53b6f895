using System.Net.Sockets;
using ChimneyActors.Buffers;
using ChimneyActors.Ndis;
using ChimneyActors.Supervision.Lifecycle;

namespace ChimneyActors.Embedding;

/// <summary>What an adapter can do, counts and is asked to do.</summary>
public sealed partial class Adapter
{
    /// <summary>What it can do (OID_TCP_CONNECTION_OFFLOAD_HARDWARE_CAPABILITIES); of a virtual adapter, what all below
    /// can.</summary>
    public OffloadCapabilities Capabilities => _node.Capabilities;

    /// <summary>What of that is enabled (OID_TCP_CONNECTION_OFFLOAD_CURRENT_CONFIG).</summary>
    public OffloadCapabilities Configuration => _node.Configuration;

    /// <summary>What the host wants of its TCP, as it was told last; null before it was bound. Which of it the adapter
    /// honours say its <see cref="Capabilities"/>.</summary>
    public TcpConnectionOffloadParameters? Parameters => _node.Physical.FirstOrDefault()?.Parameters;

    /// <summary>Nothing new is offloaded to it until <see cref="OffloadResumeAsync"/>; what is goes on (STS-01).
    /// </summary>
    /// <param name="deadline">When to answer that it is still going on; null for chimney.life.deadline.</param>
    public Task<LifeResult> OffloadPauseAsync(TimeSpan? deadline = null) =>
        RunAsync(LifeOperationKind.OffloadPause, deadline);

    /// <summary>Offloading goes on, with what the adapter can do now: it is asked again (STS-03).</summary>
    /// <param name="deadline">When to answer that it is still going on; null for chimney.life.deadline.</param>
    public Task<LifeResult> OffloadResumeAsync(TimeSpan? deadline = null) =>
        RunAsync(LifeOperationKind.OffloadResume, deadline);

    /// <summary>Everything goes back to its host, and nothing new is offloaded until <see cref="OffloadResumeAsync"/>
    /// (STS-05).</summary>
    /// <param name="deadline">When to answer who still holds what; null for chimney.life.deadline.</param>
    public Task<LifeResult> UploadAllAsync(TimeSpan? deadline = null) =>
        RunAsync(LifeOperationKind.UploadAll, deadline);

    /// <summary>Changes what the host wants of its TCP, while it works.</summary>
    /// <exception cref="ArgumentOutOfRangeException">A value is outside of its range.</exception>
    /// <exception cref="OidException">The adapter, or a driver above it, did not take it.</exception>
    public Task SetParametersAsync(TcpConnectionOffloadParameters parameters)
    {
        ArgumentNullException.ThrowIfNull(parameters);
        parameters.Check();
        return RequestAsync(Oid.TcpConnectionOffloadParameters, OidMethod.Set, parameters);
    }

    /// <summary>What it counted of offloaded connections.</summary>
    /// <param name="family">IPv4 or IPv6.</param>
    /// <exception cref="OidException">It does not count them.</exception>
    public async Task<TcpOffloadStatistics> TcpStatisticsAsync(AddressFamily family = AddressFamily.InterNetwork) =>
        (TcpOffloadStatistics)(await RequestAsync(TcpOf(family), OidMethod.Query).ConfigureAwait(false))!;

    /// <summary>What it counted of packets of offloaded connections.</summary>
    /// <param name="family">IPv4 or IPv6.</param>
    /// <exception cref="OidException">It does not count them, as the kernel target: a socket shows no
    /// packets.</exception>
    public async Task<IpOffloadStatistics> IpStatisticsAsync(AddressFamily family = AddressFamily.InterNetwork) =>
        (IpOffloadStatistics)(await RequestAsync(IpOf(family), OidMethod.Query).ConfigureAwait(false))!;

    /// <summary>The counters of TCP begin at nought again.</summary>
    /// <param name="family">IPv4 or IPv6.</param>
    /// <exception cref="OidException">It does not count them.</exception>
    public Task ResetTcpStatisticsAsync(AddressFamily family = AddressFamily.InterNetwork) =>
        RequestAsync(TcpOf(family), OidMethod.Set);

    /// <summary>The counters of packets begin at nought again.</summary>
    /// <param name="family">IPv4 or IPv6.</param>
    /// <exception cref="OidException">It does not count them.</exception>
    public Task ResetIpStatisticsAsync(AddressFamily family = AddressFamily.InterNetwork) =>
        RequestAsync(IpOf(family), OidMethod.Set);

    /// <summary>Asks over whichever protocol is bound above, through every driver between.</summary>
    private Task<object?> RequestAsync(Oid oid, OidMethod method, object? information = null)
    {
        BindingNode? protocol = ProtocolsAbove(_node)
            .FirstOrDefault(binding => BindingLifecycle.AsksOids(binding.State) && !binding.IsDown);
        if (protocol is null)
            throw new OidException(oid, NdisStatus.NotAccepted, $"no protocol is bound over '{Name}'");
        string? adapter = IsVirtual ? null : Name;
        return _chimney.Binding(protocol.Driver.Name).RequestAsync(oid, method, information, adapter);
    }

    private static IEnumerable<BindingNode> ProtocolsAbove(AdapterNode adapter) =>
        adapter.Uppers.SelectMany(upper => upper.Owner is { } shown ? ProtocolsAbove(shown) : [upper]);

    private static Oid TcpOf(AddressFamily family) => family switch
    {
        AddressFamily.InterNetwork => Oid.Tcp4OffloadStatistics,
        AddressFamily.InterNetworkV6 => Oid.Tcp6OffloadStatistics,
        _ => throw Neither(family),
    };

    private static Oid IpOf(AddressFamily family) => family switch
    {
        AddressFamily.InterNetwork => Oid.Ip4OffloadStatistics,
        AddressFamily.InterNetworkV6 => Oid.Ip6OffloadStatistics,
        _ => throw Neither(family),
    };

    private static ArgumentOutOfRangeException Neither(AddressFamily family) =>
        new(nameof(family), family, "Must be InterNetwork or InterNetworkV6.");
}

/// <summary>A control request was not carried out.</summary>
/// <param name="oid">What it was about.</param>
/// <param name="status">The answer: NOT_SUPPORTED, INVALID_PARAMETER, FAILURE, REQUEST_ABORTED if the adapter was
/// reset, NOT_ACCEPTED if it is gone or nobody is bound to it.</param>
/// <param name="why">More about it; null for nothing.</param>
public sealed class OidException(Oid oid, NdisStatus status, string? why = null)
    : Exception($"{oid} was not carried out: {status}{(why is null ? "" : $", {why}")}.")
{
    /// <summary>What it was about.</summary>
    public Oid Oid { get; } = oid;

    /// <summary>The answer.</summary>
    public NdisStatus Status { get; } = status;
}
