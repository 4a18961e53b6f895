using System.Net;
using System.Net.Sockets;
using ChimneyActors.Buffers;
using ChimneyActors.Ndis;

namespace ChimneyActors.Targets.Simulated;

/// <summary>What is asked of the adapter as a whole.</summary>
internal sealed partial class SimulatedTarget
{
    private readonly SimulatedCounts _ipv4;
    private readonly SimulatedCounts _ipv6;

    /// <summary>What the host wants of the TCP; null while it has not said so. For connections that are offloaded from
    /// then on (CAP-10).</summary>
    internal TcpConnectionOffloadParameters? Parameters { get; private set; }

    /// <summary>Whether any path is offloaded: else a bad segment is left to the host, and not counted
    /// (CNT-05).</summary>
    internal bool HasPaths
    {
        get
        {
            lock (_gate)
                return _objects.Values.Any(one => one is SimulatedPath { IsOpen: true });
        }
    }

    /// <summary>The counters for connections from an address.</summary>
    internal SimulatedCounts CountsOf(IPAddress source) =>
        source.AddressFamily == AddressFamily.InterNetworkV6 ? _ipv6 : _ipv4;

    /// <inheritdoc/>
    /// <remarks>Done at once, between two steps of whoever drives the network.</remarks>
    public NdisStatus Request(OidBlock request)
    {
        ArgumentNullException.ThrowIfNull(request);
        lock (Network.Driving)
            return request.Oid switch
            {
                Oid.Tcp4OffloadStatistics => DoTcp(request, _ipv4),
                Oid.Tcp6OffloadStatistics => DoTcp(request, _ipv6),
                Oid.Ip4OffloadStatistics => DoIp(request, _ipv4),
                Oid.Ip6OffloadStatistics => DoIp(request, _ipv6),
                Oid.TcpConnectionOffloadParameters => Listen(request.Information as TcpConnectionOffloadParameters),
                _ => NdisStatus.NotSupported,
            };
    }

    /// <summary>For a neighbor that is offloaded now.</summary>
    internal Reachability NewReachability() => Parameters is { } wanted
        ? new Reachability(wanted.TicksPerSecond, (uint)wanted.NceStaleTicks)
        : new Reachability(Settings.TicksPerSecond, Settings.NceStaleTicks);

    /// <summary>For a path that is offloaded now.</summary>
    internal int DoubtRetransmissions =>
        Parameters?.TcpDoubtReachabilityRetransmissions ?? Settings.DoubtRetransmissions;

    private NdisStatus DoTcp(OidBlock request, SimulatedCounts counts)
    {
        if (request.Method == OidMethod.Query)
            request.Answer(counts.Tcp(EstablishedOf(counts)));
        else
            counts.ResetTcp();
        return NdisStatus.Success;
    }

    private static NdisStatus DoIp(OidBlock request, SimulatedCounts counts)
    {
        if (request.Method == OidMethod.Query)
            request.Answer(counts.Ip);
        else
            counts.ResetIp();
        return NdisStatus.Success;
    }

    private NdisStatus Listen(TcpConnectionOffloadParameters? wanted)
    {
        if (wanted is null)
            return NdisStatus.InvalidParameter;
        Parameters = wanted;
        return NdisStatus.Success;
    }

    private int EstablishedOf(SimulatedCounts counts)
    {
        lock (_gate)
            return _connections.Values.Count(one => one.IsEstablished && CountsOf(one.Line.Source) == counts);
    }
}
