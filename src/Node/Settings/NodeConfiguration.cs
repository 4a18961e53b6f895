using System.CommandLine;
using System.Text;
using System.Text.Json;
using ChimneyActors.Node.Verbs;
using Microsoft.Extensions.Configuration;

namespace ChimneyActors.Node.Settings;

/// <summary>The node's settings: config/node.json, and the command line over it.</summary>
internal sealed class NodeConfiguration
{
    private const string Path = "config/node.json";
    private readonly Dictionary<string, string> _flags = new(StringComparer.OrdinalIgnoreCase);
    private readonly string _file;

    private NodeConfiguration(ParseResult line)
    {
        IConfigurationRoot defaults = Parse(ConfigurationFile.Embedded(Path));
        ConfigurationFile file = ConfigurationFile.Find(line.GetValue(CommonOptions.Config), "--config", Path);
        _file = file.Name;
        IConfigurationRoot given = Parse(file);
        RefuseUnknown(given, defaults, file.Name);
        Root = new ConfigurationBuilder()
            .AddConfiguration(defaults)
            .AddConfiguration(given)
            .AddInMemoryCollection(Overrides(line))
            .Build();
    }

    /// <summary>All layers.</summary>
    public IConfigurationRoot Root { get; }

    /// <summary>Reads the files and the command line.</summary>
    public static NodeConfiguration Load(ParseResult line) => new(line);

    /// <summary>A checked reader of one section.</summary>
    public SettingReader Section(string name) => new(this, name);

    /// <summary>Who gave the value of a setting.</summary>
    internal string Origin(string key) =>
        _flags.TryGetValue(key, out string? flag) ? $"in {flag}" : $"in {key} of {_file}";

    private Dictionary<string, string?> Overrides(ParseResult line)
    {
        Dictionary<string, string?> values = [];
        foreach (SettingOption option in line.CommandResult.Command.Options.OfType<SettingOption>())
        {
            if (line.GetValue(option) is not { } value)
                continue;
            values[option.Key] = value;
            _flags[option.Key] = option.Name;
        }
        return values;
    }

    private static IConfigurationRoot Parse(ConfigurationFile file)
    {
        try
        {
            using MemoryStream stream = new(Encoding.UTF8.GetBytes(file.Text));
            return new ConfigurationBuilder().AddJsonStream(stream).Build();
        }
        catch (Exception e) when (e is FormatException or InvalidDataException or JsonException)
        {
            string why = (e.InnerException ?? e).Message;
            throw NodeException.Usage("no JSON object", $"in {file.Name}", VerbLine.OneLine(why));
        }
    }

    private static void RefuseUnknown(IConfigurationRoot given, IConfigurationRoot defaults, string name)
    {
        HashSet<string> known = new(Leaves(defaults), StringComparer.OrdinalIgnoreCase);
        foreach (string key in Leaves(given))
        {
            if (known.Contains(key))
                continue;
            string lawful = $"one of {string.Join(", ", known)}";
            throw NodeException.Usage($"unknown setting '{key}'", $"in {name}", lawful);
        }
    }

    private static IEnumerable<string> Leaves(IConfiguration configuration) =>
        from pair in configuration.AsEnumerable() where pair.Value is not null select pair.Key;
}
