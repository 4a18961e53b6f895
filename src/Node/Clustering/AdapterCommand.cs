using System.CommandLine;
using System.Globalization;
using ChimneyActors.Embedding;
using ChimneyActors.Node.Hosting;
using ChimneyActors.Node.Settings;
using ChimneyActors.Node.Verbs;

namespace ChimneyActors.Node.Clustering;

/// <summary>The verb <c>adapter</c>: a node that serves connections of others, and has none of its own.</summary>
internal static class AdapterCommand
{
    private const string Section = "Adapter";
    private const int WindowBuffers = 8;

    /// <summary>The command with its flags.</summary>
    public static Command Create()
    {
        var command = new Command("adapter", "serve connections of other nodes of a cluster")
        {
            new SettingOption($"{Section}:DrainTimeout", "--drain-timeout", "TIME", "after SIGTERM, until the end"),
        };
        foreach (SettingOption flag in StackLayout.Flags(hasClients: false))
            command.Add(flag);
        foreach (SettingOption flag in ClusterNodeSettings.Flags("offload, and host if it is to be that too"))
            command.Add(flag);
        return command.Runs(RunAsync);
    }

    private static async Task<ExitCode> RunAsync(ParseResult line)
    {
        NodeConfiguration configuration = NodeConfiguration.Load(line);
        TimeSpan drainTimeout = configuration.Section(Section).Duration("DrainTimeout", offAllowed: true);
        ClusterNodeSettings cluster = ClusterNodeSettings.From(configuration, ClusterNodeSettings.AdapterRole)!;
        NodeOutput output = new(line);
        Adapters adapters = new([], 0, WindowBuffers, StackLayout.From(configuration, hasClients: false));
        await using NodeHost node = await NodeHost.StartAsync(line, configuration, adapters, cluster)
            .ConfigureAwait(false);
        ClusterMember member = node.Cluster!;
        output.Say(
            new { Event = "listening", Verb = "adapter", Cluster = member.Address.ToString() },
            "chimney adapter", $"in the cluster as {member.Address}", "Ctrl+C or SIGTERM drains, a second one aborts");
        await node.Signals.First.ConfigureAwait(false);
        int left = await member.DrainAsync(drainTimeout, node.Signals.Second, node.Clock).ConfigureAwait(false);
        await node.StopAsync().ConfigureAwait(false);
        return Summarize(output, node, member, left);
    }

    private static ExitCode Summarize(NodeOutput output, NodeHost node, ClusterMember member, int left)
    {
        LedgerSnapshot ledger = node.Ledger;
        ExitCode code = !ledger.IsBalanced() ? ExitCode.PromiseBroken
            : node.IsLost ? ExitCode.Environment : ExitCode.Good;
        output.Table(
            new
            {
                Event = "summary",
                Verb = "adapter",
                Aborted = left,
                member.Adapter!.LateFenced,
                member.Adapter.Refused,
                Ledger = ledger,
                Balanced = ledger.IsBalanced(),
                ExitCode = (int)code,
            },
            "chimney adapter",
            [
                ("connections of others aborted at the end", Text(left)),
                ("late words without effect", Text(member.Adapter.LateFenced)),
                ("strangers refused", Text(member.Adapter.Refused)),
                .. ledger.Rows(),
            ]);
        return code;
    }

    private static string Text(long value) => value.ToString("N0", CultureInfo.InvariantCulture);
}
