using System.CommandLine;
using System.Globalization;
using ChimneyActors.Embedding;
using ChimneyActors.Node.Verbs;

namespace ChimneyActors.Node.Admin;

/// <summary>The verb <c>netstat</c>: the connections of a running node.</summary>
internal static class NetstatCommand
{
    /// <summary>The command with its flags.</summary>
    public static Command Create() => new Command(
        "netstat", "the connections of a running node: state, addresses, bytes acknowledged each way")
    {
        AdminOptions.Max, AdminOptions.Cluster,
    }.Runs(RunAsync);

    private static async Task<ExitCode> RunAsync(ParseResult line)
    {
        int max = AdminOptions.MaxOf(line);
        IReadOnlyList<Said<ConnectionView>> all =
            await AdminOptions.AskAsync<ConnectionView>(line, $"/connections?max={max}").ConfigureAwait(false);
        return AdminOptions.Say(line, all, "connection", Text);
    }

    private static string Text(ConnectionView one) => string.Create(CultureInfo.InvariantCulture,
        $"{one.Connection,-12} {one.Phase,-10} {one.Local} <-> {one.Remote}  acked {one.BytesAcknowledged:N0}, "
        + $"received {one.BytesReceived:N0}  {one.Sends} sends, {one.Receives} receives  "
        + $"{string.Join('/', one.Layers)}{(one.Asked is null ? "" : $"  asks: {one.Asked}")}");
}
