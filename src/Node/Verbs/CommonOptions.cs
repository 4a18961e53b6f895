using System.CommandLine;
using System.Globalization;
using Serilog.Events;

namespace ChimneyActors.Node.Verbs;

/// <summary>The flags every verb understands.</summary>
internal static class CommonOptions
{
    /// <summary>Standard output holds JSON objects, one a line; log lines on stderr become JSON too.</summary>
    public static readonly Option<bool> Json = new("--json")
    {
        Description = "print JSON, one object a line; log lines on stderr become JSON too",
        Recursive = true,
    };

    /// <summary>Log warnings and errors only.</summary>
    public static readonly Option<bool> Quiet = new("--quiet")
    {
        Description = "log warnings and errors only, no line per connection",
        Recursive = true,
    };

    /// <summary>The least level that is logged.</summary>
    public static readonly Option<string> LogLevel = Text(
        "--log-level", "LEVEL", "verbose, debug, information, warning, error or fatal");

    /// <summary>Settings of the node, in place of config/node.json.</summary>
    public static readonly Option<string> Config = Text(
        "--config", "FILE", "settings of the node, in place of config/node.json");

    /// <summary>Settings of the actors, in place of hocon/node.conf.</summary>
    public static readonly Option<string> Hocon = Text(
        "--hocon", "FILE", "settings of the actors, in place of hocon/node.conf");

    /// <summary>Settings of the log, in place of config/serilog.json.</summary>
    public static readonly Option<string> LogConfig = Text(
        "--log-config", "FILE", "settings of the log, in place of config/serilog.json");

    /// <summary>One actor setting over the file.</summary>
    public static readonly Option<string[]> Set = new("--set")
    {
        HelpName = "PATH=VALUE",
        Description = "one actor setting over the HOCON file; may be repeated",
        Arity = ArgumentArity.OneOrMore,
        Recursive = true,
    };

    /// <summary>The seed of everything random.</summary>
    public static readonly Option<string> SeedText = Text(
        "--seed", "NUMBER", "the seed of everything random in the run; drawn and printed if absent");

    /// <summary>Where a running node listens for its operators.</summary>
    public static readonly Option<string> Admin = Text(
        "--admin", "FILE", "the node's admin socket; 'none' for none");

    /// <summary>All of them.</summary>
    public static IReadOnlyList<Option> All { get; } =
        [Json, Quiet, LogLevel, Config, Hocon, LogConfig, Set, SeedText, Admin];

    /// <summary>The seed of this run: the one that was asked for, or a fresh one.</summary>
    public static long Seed(ParseResult line)
    {
        string? text = line.GetValue(SeedText);
        if (text is null)
            return Random.Shared.NextInt64(1, int.MaxValue);
        return long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out long seed)
            ? seed
            : throw NodeException.Usage($"bad seed '{text}'", "in --seed", "a whole number from 0 to 2^63-1");
    }

    /// <summary>The level that was asked for, if any.</summary>
    public static LogEventLevel? Level(ParseResult line)
    {
        string? text = line.GetValue(LogLevel);
        if (text is null)
            return line.GetValue(Quiet) ? LogEventLevel.Warning : null;
        return Enum.TryParse(text, ignoreCase: true, out LogEventLevel level) && Enum.IsDefined(level)
            && !char.IsAsciiDigit(text[0])
            ? level
            : throw NodeException.Usage($"bad level '{text}'", "in --log-level", LogLevel.Description!);
    }

    private static Option<string> Text(string flag, string value, string description) => new(flag)
    {
        HelpName = value,
        Description = description,
        Arity = ArgumentArity.ExactlyOne,
        Recursive = true,
    };
}
