using System.Net;
using System.Net.Sockets;

namespace ChimneyActors.Ndis;

/// <summary>Both ends of a TCP connection: what names it outside of the stack.</summary>
/// <param name="Local">Our end.</param>
/// <param name="Remote">The peer's.</param>
/// <remarks>An IPv4 address in the clothes of IPv6 is given as IPv4.</remarks>
public sealed record FourTuple(IPEndPoint Local, IPEndPoint Remote)
{
    /// <summary>The ends of a connected socket; null if it has none: not of the Internet, not connected, or
    /// closed.</summary>
    public static FourTuple? Of(Socket? socket)
    {
        try
        {
            return socket?.LocalEndPoint is IPEndPoint local && socket.RemoteEndPoint is IPEndPoint remote
                ? new FourTuple(Plain(local), Plain(remote))
                : null;
        }
        catch (Exception gone) when (gone is SocketException or ObjectDisposedException)
        {
            return null;
        }
    }

    /// <summary>Whether the packets of a socket are of IPv6; one for both families may speak IPv4.</summary>
    internal static bool IsIPv6(Socket? socket)
    {
        try
        {
            return socket is { AddressFamily: AddressFamily.InterNetworkV6, RemoteEndPoint: IPEndPoint remote }
                && !remote.Address.IsIPv4MappedToIPv6;
        }
        catch (Exception gone) when (gone is SocketException or ObjectDisposedException)
        {
            return false;
        }
    }

    /// <inheritdoc/>
    public override string ToString() => $"{Local} <-> {Remote}";

    private static IPEndPoint Plain(IPEndPoint end) =>
        end.Address.IsIPv4MappedToIPv6 ? new IPEndPoint(end.Address.MapToIPv4(), end.Port) : end;
}
