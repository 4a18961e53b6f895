using System.CommandLine;
using Akka.Configuration;
using ChimneyActors.Cluster;
using ChimneyActors.Embedding;
using ChimneyActors.Node.Verbs;

namespace ChimneyActors.Node.Settings;

/// <summary>What the actors read: hocon/node.conf, and <c>--set</c> over it.</summary>
internal static class ActorConfiguration
{
    private const string Path = "hocon/node.conf";
    private const string Library = "chimney";

    /// <summary>The node's own needs: its log, and no second hand on the signals it handles itself.</summary>
    private const string Fixed = """
        akka {
          loggers = ["ChimneyActors.Node.Logging.SerilogLoggerActor, chimney"]
          stdout-loglevel = OFF
          coordinated-shutdown {
            run-by-clr-shutdown-hook = off
            exit-clr = off
          }
        }
        """;

    /// <summary>Reads the file and the command line.</summary>
    /// <param name="line">The command line.</param>
    /// <param name="flags">What other flags say; stands over the file.</param>
    /// <param name="below">Stands under it.</param>
    public static Config Load(ParseResult line, Config? flags = null, Config? below = null)
    {
        Config config = HoconText.Parse(Fixed, "inside the node").WithFallback(flags ?? Config.Empty)
            .WithFallback(LoadFile(line.GetValue(CommonOptions.Hocon), Path)).WithFallback(below ?? Config.Empty);
        return Sets(line).WithFallback(config);
    }

    /// <summary>What <c>--set</c> says, the last one first.</summary>
    public static Config Sets(ParseResult line)
    {
        Config config = Config.Empty;
        foreach (string text in line.GetValue(CommonOptions.Set) ?? [])
            config = One(text).WithFallback(config);
        return config;
    }

    /// <summary>Reads one file, and refuses settings of ours that nobody knows.</summary>
    /// <param name="asked">In place of the node's own; null for that.</param>
    /// <param name="path">The node's own.</param>
    public static Config LoadFile(string? asked, string path)
    {
        ConfigurationFile file = ConfigurationFile.Find(asked, "--hocon", path);
        return Parse(file.Text, $"in {file.Name}");
    }

    private static Config One(string text)
    {
        int equals = text.IndexOf('=', StringComparison.Ordinal);
        return equals > 0 && !string.IsNullOrWhiteSpace(text[(equals + 1)..])
            ? Parse(text, "in --set")
            : throw NodeException.Usage($"bad actor setting '{text}'", "in --set", "PATH=VALUE");
    }

    private static Config Parse(string text, string where)
    {
        Config config = HoconText.Parse(text, where);
        string[] known =
        [
            .. HoconText.Leaves(ChimneySettings.Reference(), Library),
            .. HoconText.Leaves(ClusterSettings.Reference(), Library),
        ];
        foreach (string path in HoconText.Leaves(config, Library))
        {
            if (!known.Contains(path))
                throw NodeException.Usage($"unknown setting '{path}'", where, $"one of {string.Join(", ", known)}");
        }
        return config;
    }
}
