using Akka.Actor;

namespace ChimneyActors.Cluster.Nodes;

/// <summary>What the cluster says of a node; told to whoever serves hosts or adapters.</summary>
/// <param name="Node">Its address.</param>
internal abstract record MemberNews(Address Node) : INoSerializationVerificationNeeded;

/// <summary>It is a member with the role that is looked for.</summary>
internal sealed record MemberIsUp(Address Node) : MemberNews(Node);

/// <summary>It cannot be reached, and may come back.</summary>
internal sealed record MemberIsUnreachable(Address Node) : MemberNews(Node);

/// <summary>It can be reached again.</summary>
internal sealed record MemberIsReachable(Address Node) : MemberNews(Node);

/// <summary>It is on its way out.</summary>
internal sealed record MemberIsLeaving(Address Node) : MemberNews(Node);

/// <summary>It is no member any more; it does not come back in this life.</summary>
internal sealed record MemberIsGone(Address Node) : MemberNews(Node);
