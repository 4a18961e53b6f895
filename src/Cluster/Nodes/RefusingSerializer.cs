using System.Runtime.Serialization;
using Akka.Actor;
using Akka.Configuration;
using Akka.Serialization;

namespace ChimneyActors.Cluster.Nodes;

/// <summary>Stands in the place of Akka's serializer for everything, which makes objects of whatever type the sender
/// names: it writes nothing and makes nothing.</summary>
/// <remarks>Akka makes it out of the configuration, so it is public.</remarks>
public sealed class RefusingSerializer : Serializer
{
    /// <summary>Without settings.</summary>
    /// <param name="system">The actor system.</param>
    public RefusingSerializer(ExtendedActorSystem system)
        : base(system)
    {
    }

    /// <summary>With those of the serializer in whose place it stands.</summary>
    /// <param name="system">The actor system.</param>
    /// <param name="settings">Not used.</param>
    public RefusingSerializer(ExtendedActorSystem system, Config settings)
        : base(system) => _ = settings;

    /// <summary>That of the serializer in whose place it stands: what comes for that one comes here.</summary>
    public override int Identifier => 1;

    /// <inheritdoc/>
    public override bool IncludeManifest => false;

    /// <inheritdoc/>
    public override byte[] ToBinary(object obj) =>
        throw new SerializationException($"{obj?.GetType()} is not meant to leave its process.");

    /// <inheritdoc/>
    public override object FromBinary(byte[] bytes, Type type) =>
        throw new SerializationException($"refused: {bytes?.Length} bytes for a serializer that is not used here");
}
