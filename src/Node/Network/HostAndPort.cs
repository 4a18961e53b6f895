using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Net;

namespace ChimneyActors.Node.Network;

/// <summary>A host, by name or address, and a port.</summary>
/// <param name="Host">DNS name, IPv4 address or IPv6 address without brackets.</param>
/// <param name="Port">The port.</param>
internal sealed record HostAndPort(string Host, int Port)
{
    /// <summary>What messages say is right.</summary>
    public const string Lawful = "HOST:PORT with a DNS name, an IPv4 address or an [IPv6] address, port 1 to 65535";

    /// <summary>The address, if the host is one.</summary>
    public IPAddress? Address => IPAddress.TryParse(Host, out IPAddress? address) ? address : null;

    /// <summary>An address as one.</summary>
    public static HostAndPort Of(IPEndPoint address) => new(address.Address.ToString(), address.Port);

    /// <summary>Whether a connection to it ends at a listener of this machine.</summary>
    public bool Reaches(IPEndPoint listener) => Port == listener.Port && Address is { } address
        && (address.Equals(listener.Address)
            || (listener.Address.Equals(IPAddress.Any) && IPAddress.IsLoopback(address)));

    /// <summary>Reads one.</summary>
    public static bool TryParse(string text, [NotNullWhen(true)] out HostAndPort? result)
    {
        result = null;
        int colon = text.LastIndexOf(':');
        if (colon < 1 || !ushort.TryParse(text.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture,
            out ushort port))
            return false;
        string host = text[..colon];
        if (host is ['[', .. var inner, ']'])
        {
            if (!IPAddress.TryParse(inner, out IPAddress? v6) || !v6.ToString().Contains(':', StringComparison.Ordinal))
                return false;
            host = inner;
        }
        else if (!IsIPv4(host) && !IsName(host))
        {
            return false;
        }
        result = new HostAndPort(host, port);
        return true;
    }

    /// <inheritdoc/>
    public override string ToString() =>
        Host.Contains(':', StringComparison.Ordinal) ? $"[{Host}]:{Port}" : $"{Host}:{Port}";

    // All four parts: the base library also reads "8080" and "10.1" as addresses.
    private static bool IsIPv4(string host) => host.Split('.').Length == 4 && IPAddress.TryParse(host, out _);

    // A name's last label is not a number (RFC 3696), so 300.1.1.1 is a mistake and not a name.
    private static bool IsName(string host) =>
        Uri.CheckHostName(host) == UriHostNameType.Dns && !host.TrimEnd('.').Split('.')[^1].All(char.IsAsciiDigit);
}
