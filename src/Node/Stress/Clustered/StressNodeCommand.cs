using System.CommandLine;
using System.Globalization;
using ChimneyActors.Node.Logging;
using ChimneyActors.Node.Settings;
using ChimneyActors.Node.Verbs;

namespace ChimneyActors.Node.Stress.Clustered;

/// <summary>The verb of the processes that <c>stress --cluster</c> starts; not for people.</summary>
internal static class StressNodeCommand
{
    /// <summary>Its name.</summary>
    public const string Name = "stress-node";

    private static readonly Option<int> Port = new("--port") { Required = true };
    private static readonly Option<string> Join = new("--join") { Required = true };
    private static readonly Option<int> Peer = new("--peer") { Required = true };
    private static readonly Option<int> First = new("--first") { Required = true };
    private static readonly Option<int> Connections = new("--connections") { Required = true };
    private static readonly Option<int> Size = new("--size") { Required = true };
    private static readonly Option<int> Window = new("--window") { Required = true };

    /// <summary>The command.</summary>
    public static Command Create() => new Command(Name, "one process of stress --cluster")
    {
        Hidden = true,
        Options = { Port, Join, Peer, First, Connections, Size, Window },
    }.Runs(RunAsync);

    /// <summary>The words of the command.</summary>
    public static IEnumerable<string> Words(StressNodeOptions options) =>
    [
        Name, Text(Port, options.Port), $"{Join.Name}={string.Join(',', options.Join)}",
        Text(Peer, options.PeerPort), Text(First, options.First), Text(Connections, options.Connections),
        Text(Size, options.Size), Text(Window, options.Window),
        string.Create(CultureInfo.InvariantCulture, $"{CommonOptions.SeedText.Name}={options.Seed}"),
    ];

    private static string Text(Option<int> option, int value) =>
        string.Create(CultureInfo.InvariantCulture, $"{option.Name}={value}");

    private static Task<ExitCode> RunAsync(ParseResult line)
    {
        NodeLog.Open(line);
        return StressNodeRun.RunAsync(new StressNodeOptions
        {
            Seed = (int)CommonOptions.Seed(line),
            Port = line.GetValue(Port),
            Join = [.. line.GetValue(Join)!.Split(',')
                .Select(text => int.Parse(text, CultureInfo.InvariantCulture))],
            PeerPort = line.GetValue(Peer),
            First = line.GetValue(First),
            Connections = line.GetValue(Connections),
            Size = line.GetValue(Size),
            Window = line.GetValue(Window),
        }, ActorConfiguration.Sets(line));
    }
}
