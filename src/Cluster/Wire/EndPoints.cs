using System.Net;
using Google.Protobuf;

namespace ChimneyActors.Cluster.Wire;

/// <summary>Addresses, as they travel.</summary>
internal static class EndPoints
{
    private const int V4 = 4;
    private const int V6 = 16;

    internal static Connect Write(IPEndPoint remote) => new()
    {
        Address = ByteString.CopyFrom(remote.Address.GetAddressBytes()),
        Port = (uint)remote.Port,
        Scope = remote.Address.AddressFamily == System.Net.Sockets.AddressFamily.InterNetworkV6
            ? (uint)remote.Address.ScopeId
            : 0,
    };

    /// <summary>Where to; null if it is no address.</summary>
    internal static IPEndPoint? Read(Connect from)
    {
        if (from.Port is 0 or > IPEndPoint.MaxPort)
            return null;
        return from.Address.Length switch
        {
            V4 => new IPEndPoint(new IPAddress(from.Address.Span), (int)from.Port),
            V6 => new IPEndPoint(new IPAddress(from.Address.Span, from.Scope), (int)from.Port),
            _ => null,
        };
    }

    /// <summary>The adapter's end; null if it has none to name.</summary>
    internal static IPEndPoint? Read(Connected from) =>
        from.LocalAddress.Length is V4 or V6 && from.LocalPort <= IPEndPoint.MaxPort
            ? new IPEndPoint(new IPAddress(from.LocalAddress.Span), (int)from.LocalPort)
            : null;
}
