using Akka.Actor;
using Akka.Serialization;
using ChimneyActors.Cluster.Wire;
using Google.Protobuf;

namespace ChimneyActors.Cluster.Nodes;

/// <summary>Writes and reads what nodes say to each other, and nothing else. No name of a type travels.</summary>
/// <remarks>Akka makes it out of the configuration, so it is public.</remarks>
/// <param name="system">The actor system.</param>
public sealed class LinkSerializer(ExtendedActorSystem system) : SerializerWithStringManifest(system)
{
    private const string Link = "chimney-link";
    private const string Questions = "chimney-questions";

    /// <inheritdoc/>
    public override int Identifier => 741_001;

    /// <inheritdoc/>
    public override string Manifest(object o) => o is QuestionMessage ? Questions : Link;

    /// <inheritdoc/>
    public override byte[] ToBinary(object obj) => obj is LinkMessage or QuestionMessage
        ? ((IMessage)obj).ToByteArray()
        : throw new ArgumentException($"{obj?.GetType()} is nothing that nodes say to each other.", nameof(obj));

    /// <inheritdoc/>
    public override object FromBinary(byte[] bytes, string manifest)
    {
        try
        {
            return manifest switch
            {
                Link => LinkMessage.Parser.ParseFrom(bytes),
                Questions => QuestionMessage.Parser.ParseFrom(bytes),
                _ => new Unreadable($"a message of an unknown kind, '{manifest}': is it of another version?"),
            };
        }
        catch (InvalidProtocolBufferException garbled)
        {
            return new Unreadable($"a garbled message of {bytes.Length} bytes: {garbled.Message}");
        }
    }
}
