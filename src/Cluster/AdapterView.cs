namespace ChimneyActors.Cluster;

/// <summary>One adapter of the cluster as a host sees it in one moment.</summary>
/// <param name="Node">Address of its node.</param>
/// <param name="IsOpen">Whether there is a link to it.</param>
/// <param name="IsReachable">Whether the cluster reaches it.</param>
/// <param name="IsDraining">Whether it takes no more connections, and lets end those it has.</param>
/// <param name="Connections">Connections that this host has there.</param>
/// <param name="AllConnections">Connections of all hosts, as the adapter said last.</param>
/// <param name="ConnectionsMax">How many it takes.</param>
public sealed record AdapterView(
    string Node, bool IsOpen, bool IsReachable, bool IsDraining, int Connections, int AllConnections,
    int ConnectionsMax);
