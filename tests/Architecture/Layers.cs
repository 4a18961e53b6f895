namespace ChimneyActors.Architecture;

/// <summary>One use of one type by another, in terms of the tree.</summary>
/// <param name="From">Folder of the user: the first name behind the root namespace; empty in the root itself.</param>
/// <param name="To">Folder of the used type, or <see cref="Layers.Akka"/>.</param>
/// <param name="User">Full name of the using type.</param>
/// <param name="Used">Full name of the used type.</param>
internal sealed record Edge(string From, string To, string User, string Used);

/// <summary>Who may use whom. The base library is free to all; a folder is always free to itself.</summary>
internal static class Layers
{
    public const string Akka = "Akka";

    private static readonly Dictionary<string, string[]> Allowed = new()
    {
        ["Buffers"] = [],
        ["Captures"] = [],
        ["Ndis"] = ["Buffers"],
        ["Targets"] = ["Ndis", "Buffers", "Captures"],
        ["Supervision"] = ["Ndis", "Buffers", Akka],
        ["Protocols"] = ["Supervision", "Ndis", "Buffers", Akka],
        ["Intermediates"] = ["Supervision", "Ndis", "Buffers", "Captures", Akka],
        ["Miniports"] = ["Supervision", "Ndis", "Buffers", Akka],
        ["Embedding"] =
            ["Protocols", "Intermediates", "Miniports", "Targets", "Supervision", "Ndis", "Buffers", Akka],
    };

    /// <summary>The same for the cluster library: the protocol and both its sides know no Akka.</summary>
    private static readonly Dictionary<string, string[]> AllowedInCluster = new()
    {
        ["Wire"] = [],
        ["Link"] = ["Wire"],
        ["Hosts"] = ["Link", "Wire"],
        ["Adapters"] = ["Link", "Wire"],
        ["Placement"] = ["Hosts", "Wire", Akka],
        ["Nodes"] = ["", "Placement", "Hosts", "Adapters", "Link", "Wire", Akka],
        [""] = ["Nodes", "Placement", "Hosts", "Adapters", "Link", "Wire", Akka],
    };

    /// <summary>A mark on the base message, without which a host's settings could lose a message.</summary>
    private static readonly HashSet<(string Folder, string Type)> Exceptions =
    [
        ("Ndis", "Akka.Actor.INoSerializationVerificationNeeded"),
    ];

    /// <summary>Which of our projects each may use, by the names of the compiled files.</summary>
    public static IReadOnlyDictionary<string, string[]> Projects { get; } = new Dictionary<string, string[]>
    {
        ["ChimneyActors"] = [],
        ["ChimneyActors.TestKit"] = ["ChimneyActors"],
        ["ChimneyActors.Conformance"] = ["ChimneyActors", "ChimneyActors.TestKit"],
        ["ChimneyActors.Cluster"] = ["ChimneyActors"],
        ["chimney"] =
            ["ChimneyActors", "ChimneyActors.TestKit", "ChimneyActors.Conformance", "ChimneyActors.Cluster"],
    };

    /// <summary>One line for every edge that is not in the table.</summary>
    public static string[] Breaches(IEnumerable<Edge> edges) => Breaches(edges, Allowed);

    /// <summary>The same for the cluster library.</summary>
    public static string[] BreachesInCluster(IEnumerable<Edge> edges) => Breaches(edges, AllowedInCluster);

    private static string[] Breaches(IEnumerable<Edge> edges, Dictionary<string, string[]> table) =>
    [
        .. edges.Where(edge => !IsAllowed(edge, table))
            .Select(edge => $"{edge.User} uses {edge.Used}: {Name(edge.From)} may not use {Name(edge.To)}")
            .Distinct().Order(StringComparer.Ordinal),
    ];

    /// <summary>Whether the table has a row for the folder.</summary>
    public static bool Knows(string folder) => Allowed.ContainsKey(folder);

    private static bool IsAllowed(Edge edge, Dictionary<string, string[]> table) =>
        edge.From == edge.To
        || Exceptions.Contains((edge.From, edge.Used))
        || (table.TryGetValue(edge.From, out string[]? allowed) && allowed.Contains(edge.To));

    private static string Name(string folder) => folder.Length == 0 ? "the bare root namespace" : folder;
}
