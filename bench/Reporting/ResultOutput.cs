using System.Text.Encodings.Web;
using System.Text.Json;
using ChimneyActors.Bench.Measuring;

namespace ChimneyActors.Bench.Reporting;

/// <summary>Says what came out: a table and a line of JSON on the console, the line in a file too.</summary>
internal sealed class ResultOutput(BenchOptions options)
{
    internal static readonly JsonSerializerOptions Json = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    public void Tell(CaseResult result)
    {
        Console.WriteLine();
        Console.WriteLine($"{result.Bench}, {result.Case}");
        string[][] rows = CaseTable.Rows(result);
        int[] widths = [.. rows[0].Select((_, column) => rows.Max(row => row[column].Length))];
        foreach (string[] row in rows)
            Console.WriteLine("  " + string.Join("  ", row.Select((cell, column) =>
                column == 0 ? cell.PadRight(widths[column]) : cell.PadLeft(widths[column]))));
        string line = JsonSerializer.Serialize(result, Json);
        Console.WriteLine(line);
        if (options.JsonFile is { } file)
            File.AppendAllText(file, line + "\n");
    }
}
