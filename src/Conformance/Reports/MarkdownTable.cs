using System.Text;

namespace ChimneyActors.Conformance.Reports;

/// <summary>The areas as a table for docs/conformance.md.</summary>
internal static class MarkdownTable
{
    /// <summary>Makes it.</summary>
    public static string Of(IReadOnlyList<ConformanceResult> results)
    {
        var text = new StringBuilder("| area | rules |");
        foreach (ConformanceResult result in results)
            text.Append($" {result.Target}: upheld | not applicable | open |");
        text.Append("\n|---|---|").Insert(text.Length, "---|---|---|", results.Count).Append('\n');
        AreaCount[][] areas = [.. results.Select(result => result.ByArea.ToArray())];
        for (int row = 0; row < areas[0].Length; row++)
        {
            text.Append($"| {areas[0][row].Area} | {areas[0][row].Rules} |");
            foreach (AreaCount[] column in areas)
                text.Append($" {column[row].Upheld} | {column[row].NotApplicable} | {column[row].Open} |");
            text.Append('\n');
        }
        text.Append($"| **all** | {results[0].Rules.Count} |");
        foreach (ConformanceResult result in results)
            text.Append($" {result.Upheld} | {result.NotApplicable} | {result.Open} |");
        return text.Append('\n').ToString();
    }
}
