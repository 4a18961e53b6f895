using System.Net;
using ChimneyActors.Node.Network;
using ChimneyActors.Node.Settings;
using ChimneyActors.Node.Verbs;

namespace ChimneyActors.Node.Clustering;

/// <summary>How the node is a member of a cluster.</summary>
/// <param name="Listen">Where other nodes reach it.</param>
/// <param name="Name">By what name they do, if not by that address.</param>
/// <param name="Join">Members to ask; none: it may begin a cluster of its own.</param>
/// <param name="Roles">What it does there.</param>
/// <param name="Certificate">The node's own, as PEM; null for no TLS.</param>
/// <param name="Key">Its private key, as PEM.</param>
/// <param name="Authorities">Whose certificates are trusted, as PEM.</param>
internal sealed record ClusterNodeSettings(
    ListenAddress Listen, string? Name, IReadOnlyList<HostAndPort> Join, IReadOnlyList<string> Roles,
    string? Certificate, string? Key, string? Authorities)
{
    /// <summary>The section of config/node.json.</summary>
    public const string Section = "Cluster";

    /// <summary>Has connections on adapters elsewhere.</summary>
    public const string HostRole = "host";

    /// <summary>Is an adapter.</summary>
    public const string AdapterRole = "offload";

    private const string Off = "off";
    private const string None = "none";

    /// <summary>Whether all members are on this machine.</summary>
    public bool IsLocal => IPAddress.IsLoopback(Listen.EndPoint.Address);

    /// <summary>The flags of a verb whose node may be in a cluster.</summary>
    public static IEnumerable<SettingOption> Flags(string roles) =>
    [
        new SettingOption($"{Section}:Listen", "--cluster", "ADDRESS:PORT",
            "be a member of a cluster, reached here by other nodes; off: be none"),
        new SettingOption($"{Section}:Name", "--cluster-name", "HOST", "by what name others reach it, if not by that"),
        new SettingOption($"{Section}:Join", "--join", "HOST:PORT,...", "members to ask; the first one begins alone"),
        new SettingOption($"{Section}:Roles", "--roles", "ROLE,...", roles),
        new SettingOption($"{Section}:Certificate", "--cluster-certificate", "FILE", "PEM, for TLS between nodes"),
        new SettingOption($"{Section}:Key", "--cluster-key", "FILE", "PEM, its private key"),
        new SettingOption($"{Section}:Authorities", "--cluster-ca", "FILE", "PEM, whose certificates are trusted"),
        new SettingOption($"{Section}:Plain", "--cluster-plain", "yes|no", "without TLS beyond this machine"),
    ];

    /// <summary>Reads and checks them.</summary>
    /// <param name="configuration">The settings of the node.</param>
    /// <param name="required">A role without which the verb makes no sense; null if there is none.</param>
    /// <returns>Null for a node on its own.</returns>
    public static ClusterNodeSettings? From(NodeConfiguration configuration, string? required = null)
    {
        SettingReader reader = configuration.Section(Section);
        if (reader.Text(nameof(Listen)) == Off)
            return required is null ? null : throw reader.Wrong(nameof(Listen), $"an address: the node must be in a "
                + $"cluster to have the role {required}");
        string[] roles = List(reader, nameof(Roles));
        if (roles.FirstOrDefault(role => role is not (HostRole or AdapterRole)) is not null || roles.Length == 0)
            throw reader.Wrong(nameof(Roles), $"{HostRole}, {AdapterRole}, or both with a comma between");
        if (required is not null && !roles.Contains(required))
            throw reader.Wrong(nameof(Roles), $"{required} among them");
        var settings = new ClusterNodeSettings(
            reader.Listen(nameof(Listen)), Optional(reader, nameof(Name)), Members(reader), roles,
            Optional(reader, nameof(Certificate)), Optional(reader, nameof(Key)),
            Optional(reader, nameof(Authorities)));
        settings.Check(reader);
        return settings;
    }

    private static string[] List(SettingReader reader, string name) => Optional(reader, name)?
        .Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries) ?? [];

    private static string? Optional(SettingReader reader, string name) =>
        reader.Text(name) is var text && text == None ? null : text;

    private static List<HostAndPort> Members(SettingReader reader)
    {
        List<HostAndPort> members = [];
        foreach (string text in List(reader, nameof(Join)))
            members.Add(HostAndPort.TryParse(text, out HostAndPort? member) && member.Port > 0
                ? member
                : throw reader.Wrong(nameof(Join), $"{HostAndPort.Lawful}, several with commas between, or '{None}'"));
        return members;
    }

    private void Check(SettingReader reader)
    {
        IPAddress address = Listen.EndPoint.Address;
        bool isAny = address.Equals(IPAddress.Any) || address.Equals(IPAddress.IPv6Any);
        if (isAny && Name is null)
            throw reader.Wrong(nameof(Name), "a name or address that other nodes reach it by, as it listens on all");
        if (Certificate is null != Key is null || Certificate is null != Authorities is null)
            throw reader.Wrong(nameof(Certificate), "a certificate, its key and the authorities, or none of the three");
        string plain = reader.Text("Plain");
        if (plain is not ("yes" or "no"))
            throw reader.Wrong("Plain", "yes or no");
        if (!IPAddress.IsLoopback(address) && Certificate is null && plain == "no")
            throw reader.Wrong(nameof(Listen),
                "a loopback address, unless there is a certificate, or 'Plain' says that none is wanted");
    }
}
