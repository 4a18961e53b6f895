using System.Net;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace ChimneyActors.Node.Admin;

/// <summary>An address and a port, as people write them.</summary>
internal sealed class EndPointText : JsonConverter<EndPoint>
{
    /// <inheritdoc/>
    public override EndPoint? Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        reader.GetString() is { } text ? IPEndPoint.Parse(text) : null;

    /// <inheritdoc/>
    public override void Write(Utf8JsonWriter writer, EndPoint value, JsonSerializerOptions options) =>
        writer.WriteStringValue(value.ToString());
}
