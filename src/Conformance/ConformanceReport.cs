using System.Text.Json;
using System.Text.Json.Serialization;
using ChimneyActors.Conformance.Reports;

namespace ChimneyActors.Conformance;

/// <summary>Writes the result of a run down.</summary>
public static class ConformanceReport
{
    private static readonly JsonSerializerOptions Format = new(JsonSerializerDefaults.Web)
    {
        Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.CamelCase) },
    };

    /// <summary>One object on one line: the counts, the areas, and each rule with its reason or its breaches.</summary>
    public static string ToJson(this ConformanceResult result) => JsonSerializer.Serialize(JsonPage.Of(result), Format);

    /// <summary>One page that needs nothing else: no script, no other file.</summary>
    public static string ToHtml(this ConformanceResult result) => HtmlPage.Of(result);

    /// <summary>Lines for people: the counts, the breaches, and a table of areas.</summary>
    public static IReadOnlyList<string> ToLines(this ConformanceResult result) => TextPage.Of(result);

    /// <summary>The table of areas for a document, one column group for each result.</summary>
    public static string ToMarkdown(params ConformanceResult[] results) => MarkdownTable.Of(results);
}
