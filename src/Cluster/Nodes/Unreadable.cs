using Akka.Actor;

namespace ChimneyActors.Cluster.Nodes;

/// <summary>What a message became that could not be read: whoever gets it says so, and nothing else happens. An
/// exception in its place would cost the whole association of the two nodes.</summary>
/// <param name="Why">The reason.</param>
internal sealed record Unreadable(string Why) : INoSerializationVerificationNeeded;
