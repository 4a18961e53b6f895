using System.Text.Json;
using System.Text.Json.Serialization;

namespace ChimneyActors.Node.Stress.Clustered;

/// <summary>What a node process tells its coordinator, a line each.</summary>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "event")]
[JsonDerivedType(typeof(NodeStarted), "started")]
[JsonDerivedType(typeof(NodeCounts), "counts")]
[JsonDerivedType(typeof(SessionOver), "session")]
[JsonDerivedType(typeof(NodeVerdict), "verdict")]
internal abstract record NodeEvent
{
    private static readonly JsonSerializerOptions Format = new(JsonSerializerDefaults.Web);

    /// <summary>A line.</summary>
    public string Write() => JsonSerializer.Serialize(this, Format);

    /// <summary>What a line says; null if it is none of these.</summary>
    public static NodeEvent? Read(string line)
    {
        try
        {
            return JsonSerializer.Deserialize<NodeEvent>(line, Format);
        }
        catch (JsonException)
        {
            return null;
        }
    }
}

/// <summary>It runs.</summary>
/// <param name="Address">Its address in the cluster.</param>
internal sealed record NodeStarted(string Address) : NodeEvent;

/// <summary>How it stands, several times a second.</summary>
/// <param name="IsUp">Whether it is a member like any other.</param>
/// <param name="Members">Members that are up and can be reached, itself included.</param>
/// <param name="Adapters">Adapters that it has a link to.</param>
/// <param name="Posted">Requests.</param>
/// <param name="Completed">Of these, answered.</param>
/// <param name="Sessions">Connections that came to their end.</param>
/// <param name="Aborted">Of these, those that lost something.</param>
/// <param name="LateFenced">Words that came too late and had no effect.</param>
internal sealed record NodeCounts(
    bool IsUp, int Members, int Adapters, long Posted, long Completed, long Sessions, long Aborted, long LateFenced)
    : NodeEvent;

/// <summary>A connection came to its end.</summary>
/// <param name="Connection">Its number, unique in the run.</param>
/// <param name="Session">Its session.</param>
/// <param name="Adapter">Address of the node that served it.</param>
/// <param name="IsWhole">Whether its graceful disconnect succeeded.</param>
/// <param name="Sent">Bytes sent.</param>
/// <param name="Acknowledged">Bytes of these that answers said the peer acknowledged.</param>
/// <param name="Received">Bytes received.</param>
/// <param name="IsRight">Whether these were the right ones.</param>
/// <param name="Posted">Requests.</param>
/// <param name="Unanswered">Of these, without an answer.</param>
/// <param name="Doubled">Of these, with more than one.</param>
/// <param name="Opened">When it began, in milliseconds since 1970.</param>
/// <param name="LastAnswer">When the last of them was answered, in milliseconds since 1970.</param>
/// <param name="Repairs">How often it was taken back and offloaded again.</param>
internal sealed record SessionOver(
    int Connection, int Session, string Adapter, bool IsWhole, long Sent, long Acknowledged, long Received,
    bool IsRight, int Posted, int Unanswered, int Doubled, long Opened, long LastAnswer,
    int Repairs) : NodeEvent;

/// <summary>The end of a node that was asked to finish.</summary>
/// <param name="Outstanding">Requests of its stack that never came home.</param>
/// <param name="Orphaned">Requests that were landed without their binding.</param>
/// <param name="BroughtHome">Requests that the custodian completed.</param>
/// <param name="Violations">Unlawful moves.</param>
/// <param name="Connections">Connections that its stack, its cluster target or its adapter still had.</param>
/// <param name="IsBalanced">Whether every pool was.</param>
/// <param name="Unanswered">What the clients still waited for.</param>
/// <param name="P50Micros">Latency of requests.</param>
/// <param name="P99Micros">The same.</param>
internal sealed record NodeVerdict(
    long Outstanding, long Orphaned, long BroughtHome, long Violations, int Connections, bool IsBalanced,
    IReadOnlyList<string> Unanswered, long P50Micros, long P99Micros) : NodeEvent;
