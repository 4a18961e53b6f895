using System.CommandLine;
using ChimneyActors.Node.Verbs;

namespace ChimneyActors.Node.Admin;

/// <summary>The verb <c>ready</c>: whether a running node takes connections, for probes.</summary>
internal static class ReadyCommand
{
    /// <summary>The command.</summary>
    public static Command Create() =>
        new Command("ready", "whether a running node takes connections: up in its cluster, and not draining")
            .Runs(RunAsync);

    private static async Task<ExitCode> RunAsync(ParseResult line)
    {
        NodeOutput output = new(line);
        using AdminClient node = new(line);
        bool isReady = await node.IsReadyAsync().ConfigureAwait(false);
        output.Say(new { Event = "ready", Ready = isReady }, isReady ? "ready" : "not ready");
        return isReady ? ExitCode.Good : ExitCode.Environment;
    }
}
