using System.Diagnostics.CodeAnalysis;
using System.Net;

namespace ChimneyActors.Node.Network;

/// <summary>An address of this machine to listen on.</summary>
/// <param name="EndPoint">Address and port; port 0 takes any free one.</param>
/// <param name="Origin">Who named it, for messages.</param>
internal sealed record ListenAddress(IPEndPoint EndPoint, string Origin)
{
    /// <summary>What messages say is right.</summary>
    public const string Lawful =
        "ADDRESS:PORT with an IPv4 address, an [IPv6] address, localhost or *, port 0 (any free one) to 65535";

    /// <summary>Reads one.</summary>
    public static bool TryParse(string text, [NotNullWhen(true)] out ListenAddress? result)
    {
        result = null;
        string named = text.StartsWith("*:", StringComparison.Ordinal) ? $"0.0.0.0{text[1..]}" : text;
        if (!HostAndPort.TryParse(named, out HostAndPort? host))
            return false;
        IPAddress? address = host.Host == "localhost" ? IPAddress.Loopback : host.Address;
        if (address is null)
            return false;
        result = new ListenAddress(new IPEndPoint(address, host.Port), "");
        return true;
    }
}
