namespace ChimneyActors.Cluster.Link;

/// <summary>The other side broke the protocol: the link is over.</summary>
internal sealed class LinkException(string message) : Exception(message);
