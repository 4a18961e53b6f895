using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using ChimneyActors.Node.Settings;
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

    /// <summary>Of all nodes.</summary>
    public static readonly Option<bool> Cluster = new("--all")
    {
        Description = "of every node of the cluster that the node is in",
    };

    /// <summary>Asks the node, or all of its cluster.</summary>
    /// <param name="line">The command line.</param>
    /// <param name="what">Path and query.</param>
    /// <param name="over">How long it looks before it answers.</param>
    public static async Task<IReadOnlyList<Said<T>>> AskAsync<T>(
        ParseResult line, string what, TimeSpan over = default)
    {
        using AdminClient node = new(line, over);
        if (!line.GetValue(Cluster))
            return [new Said<T>(null, await node.GetAsync<T[]>(what).ConfigureAwait(false), null)];
        return await node.GetAsync<Said<T>[]>($"/cluster{what}").ConfigureAwait(false);
    }

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
    public static JsonObject Line<T>(string happened, T thing, string? node)
    {
        JsonObject line = JsonSerializer.SerializeToNode(thing, AdminServer.Format)!.AsObject();
        line.Insert(0, "event", happened);
        if (node is not null)
            line.Insert(1, "node", node);
        return line;
    }

    /// <summary>Says every line of every node, who did not answer, and the sum.</summary>
    /// <param name="line">The command line.</param>
    /// <param name="all">What was said.</param>
    /// <param name="one">What a line is about.</param>
    /// <param name="text">A line for people.</param>
    /// <param name="over">How long it lasts at least; null if that was not asked.</param>
    public static ExitCode Say<T>(
        ParseResult line, IReadOnlyList<Said<T>> all, string one, Func<T, string> text, TimeSpan? over = null)
    {
        NodeOutput output = new(line);
        foreach (Said<T> node in all)
        {
            string name = node.Node is null ? "" : $"{node.Node}  ";
            foreach (T thing in node.Answer ?? [])
                output.Say(Line(one, thing, node.Node), name + text(thing));
            if (node.Answer is null)
                output.Say(new { Event = "silent", node.Node, node.Failure }, $"{name}{node.Failure}");
        }

        int count = all.Sum(node => node.Answer?.Length ?? 0);
        int silent = all.Count(node => node.Answer is null);
        var sum = new JsonObject { ["event"] = $"{one}s", ["count"] = count };
        if (over is { } time)
            sum["overMilliseconds"] = (long)time.TotalMilliseconds;
        string lasting = over > TimeSpan.Zero ? $" for longer than {Durations.Text(over.Value)}" : "";
        string where = line.GetValue(Cluster) ? $" on {all.Count} nodes, {silent} of them silent" : "";
        output.Say(sum, string.Create(CultureInfo.InvariantCulture, $"{count} {one}s{lasting}{where}"));
        return silent == 0 ? ExitCode.Good : ExitCode.Environment;
    }
}

/// <summary>What one node said.</summary>
/// <param name="Node">Its address; null if only one was asked.</param>
/// <param name="Answer">Its lines; null if it did not answer.</param>
/// <param name="Failure">Why not.</param>
internal sealed record Said<T>(string? Node, T[]? Answer, string? Failure);
