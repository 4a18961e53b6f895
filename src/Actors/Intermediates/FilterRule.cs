using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Net;
using ChimneyActors.Ndis;

namespace ChimneyActors.Intermediates;

/// <summary>One line of a filter: whom it concerns, and whether he may.</summary>
/// <param name="IsAllowed">Whether he may.</param>
/// <param name="Network">Addresses of peers; null for any.</param>
/// <param name="RemotePorts">Ports of peers; null for any.</param>
/// <param name="LocalPorts">Our ports; null for any.</param>
public sealed record FilterRule(bool IsAllowed, IPNetwork? Network, PortRange? RemotePorts, PortRange? LocalPorts)
{
    /// <summary>What a rule may look like, for messages.</summary>
    public const string Lawful = "'allow' or 'deny', then 'any', an address or a network such as 10.0.0.0/8 or "
        + "2001:db8::/32, then if wanted 'port N' or 'port N-M' for the peer's port and 'local-port N' for ours";

    /// <summary>Reads one, as <c>deny 192.0.2.0/24 local-port 8080</c>.</summary>
    public static bool TryParse(string text, [NotNullWhen(true)] out FilterRule? rule)
    {
        rule = null;
        string[] words = text.Split(' ', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        if (words.Length is not (2 or 4 or 6) || words[0] is not ("allow" or "deny"))
            return false;
        IPNetwork? network = null;
        if (words[1] != "any" && !TryNetwork(words[1], out network))
            return false;
        var read = new FilterRule(words[0] == "allow", network, null, null);
        for (int at = 2; at < words.Length; at += 2)
        {
            if (!PortRange.TryParse(words[at + 1], out PortRange ports))
                return false;
            if (words[at] == "port" && read.RemotePorts is null)
                read = read with { RemotePorts = ports };
            else if (words[at] == "local-port" && read.LocalPorts is null)
                read = read with { LocalPorts = ports };
            else
                return false;
        }
        rule = read;
        return true;
    }

    /// <summary>Whether it speaks of this connection.</summary>
    public bool Concerns(FourTuple ends)
    {
        ArgumentNullException.ThrowIfNull(ends);
        return (Network is not { } network || network.Contains(ends.Remote.Address))
            && (RemotePorts is not { } remote || remote.Contains(ends.Remote.Port))
            && (LocalPorts is not { } local || local.Contains(ends.Local.Port));
    }

    /// <inheritdoc/>
    public override string ToString() => string.Concat(
        IsAllowed ? "allow " : "deny ", Network?.ToString() ?? "any",
        RemotePorts is { } remote ? $" port {remote}" : "", LocalPorts is { } local ? $" local-port {local}" : "");

    /// <summary>A single address is the network of itself.</summary>
    private static bool TryNetwork(string text, out IPNetwork? network)
    {
        network = null;
        if (IPNetwork.TryParse(text, out IPNetwork whole))
            network = whole;
        else if (IPAddress.TryParse(text, out IPAddress? one))
            network = new IPNetwork(one, one.GetAddressBytes().Length * 8);
        return network is not null;
    }
}

/// <summary>Ports from one to another, both included.</summary>
/// <param name="First">The lowest, from 0.</param>
/// <param name="Last">The highest, up to 65535.</param>
public readonly record struct PortRange(int First, int Last)
{
    /// <summary>Whether a port is in it.</summary>
    public bool Contains(int port) => port >= First && port <= Last;

    /// <summary>Reads one, as <c>80</c> or <c>8000-8099</c>.</summary>
    public static bool TryParse(string text, out PortRange range)
    {
        ArgumentNullException.ThrowIfNull(text);
        int dash = text.IndexOf('-', StringComparison.Ordinal);
        bool good = TryPort(dash < 0 ? text : text[..dash], out int first);
        int last = first;
        good = good && (dash < 0 || TryPort(text[(dash + 1)..], out last)) && first <= last;
        range = good ? new PortRange(first, last) : default;
        return good;
    }

    /// <inheritdoc/>
    public override string ToString() => First == Last
        ? First.ToString(CultureInfo.InvariantCulture)
        : FormattableString.Invariant($"{First}-{Last}");

    private static bool TryPort(string text, out int port)
    {
        bool good = ushort.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out ushort number);
        port = number;
        return good;
    }
}
