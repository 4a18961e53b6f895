using System.CommandLine;
using ChimneyActors.Node.Verbs;

namespace ChimneyActors.Node.Admin;

/// <summary>The verb <c>drain</c>: a running node accepts nothing more, finishes, and ends.</summary>
internal static class DrainCommand
{
    private static readonly Option<bool> NoWait = new("--no-wait")
    {
        Description = "do not wait for the node's end",
    };

    /// <summary>The command with its flags.</summary>
    public static Command Create() =>
        new Command("drain", "a running node accepts nothing more, lets its connections finish, and ends") { NoWait }
            .Runs(RunAsync);

    private static async Task<ExitCode> RunAsync(ParseResult line)
    {
        NodeOutput output = new(line);
        using AdminClient node = new(line);
        await node.PostAsync("/drain").ConfigureAwait(false);
        output.Say(new { Event = "draining" }, "draining");
        if (line.GetValue(NoWait))
            return ExitCode.Good;
        using PeriodicTimer timer = new(TimeSpan.FromMilliseconds(50));
        while (node.IsThere)    // the node has a limit of its own: its drain time-out
            await timer.WaitForNextTickAsync().ConfigureAwait(false);
        output.Say(new { Event = "drained" }, "drained");
        return ExitCode.Good;
    }
}
