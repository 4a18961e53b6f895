using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using ChimneyActors.Node.Verbs;

namespace ChimneyActors.Node.Admin;

/// <summary>What the operators' verbs have in common.</summary>
internal static class AdminOptions
{
    /// <summary>Most lines.</summary>
    public static readonly Option<string> Max = new("--max")
    {
        HelpName = "COUNT",
        Description = "most lines, from 1 to 1000000",
        DefaultValueFactory = _ => "1000",
    };

    /// <summary>Its value, checked.</summary>
    public static int MaxOf(ParseResult line)
    {
        string text = line.GetValue(Max)!;
        return int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int max)
            && max is > 0 and <= 1_000_000
            ? max
            : throw NodeException.Usage($"bad count '{text}'", "in --max", "a whole number from 1 to 1000000");
    }

    /// <summary>A line of a list, for programs.</summary>
    public static JsonObject Line<T>(string happened, T thing)
    {
        JsonObject line = JsonSerializer.SerializeToNode(thing, AdminServer.Format)!.AsObject();
        line.Insert(0, "event", happened);
        return line;
    }
}
