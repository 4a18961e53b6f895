using System.CommandLine;
using System.Globalization;
using ChimneyActors.Embedding;
using ChimneyActors.Node.Settings;
using ChimneyActors.Node.Verbs;

namespace ChimneyActors.Node.Admin;

/// <summary>The verb <c>pending</c>: who holds what in a running node.</summary>
internal static class PendingCommand
{
    private static readonly Option<string> Over = new("--over")
    {
        HelpName = "TIME",
        Description = "only what is out for so long: the node looks twice; 0 for all",
        DefaultValueFactory = _ => "1s",
    };

    /// <summary>The command with its flags.</summary>
    public static Command Create() => new Command(
        "pending", "the requests in flight of a running node: holder, path so far, what they wait for")
    {
        AdminOptions.Max, AdminOptions.Cluster, Over,
    }.Runs(RunAsync);

    private static async Task<ExitCode> RunAsync(ParseResult line)
    {
        string text = line.GetValue(Over)!;
        TimeSpan over = text == "0" ? TimeSpan.Zero : Durations.TryParse(text, out TimeSpan time)
            && time >= TimeSpan.FromMilliseconds(1) && time <= TimeSpan.FromMinutes(10)
            ? time
            : throw NodeException.Usage(
                $"bad time '{text}'", "in --over", "1ms to 10m, as in 500ms or 5s, or 0 for all");
        int max = AdminOptions.MaxOf(line);
        IReadOnlyList<Said<RequestView>> all = await AdminOptions.AskAsync<RequestView>(line, string.Create(
            CultureInfo.InvariantCulture, $"/requests?max={max}&over={(long)over.TotalMilliseconds}"), over)
            .ConfigureAwait(false);
        return AdminOptions.Say(line, all, "request", Text, over);
    }

    /// <summary>A request, for people.</summary>
    public static string Text(RequestView one) => string.Create(CultureInfo.InvariantCulture,
        $"{one.Operation,-14} #{one.Id} of {one.Connection} at {one.StreamOffset}+{one.Bytes}, {one.State}: held by "
        + $"{one.Holder}, waits for {one.WaitsFor}; passed {one.Path}");
}
