using System.Globalization;
using Akka.Configuration;
using ChimneyActors.Cluster.Hosts;
using ChimneyActors.Cluster.Link;
using ChimneyActors.Embedding;

namespace ChimneyActors.Cluster;

/// <summary>Every setting of the cluster library, typed and checked; the only reader of its HOCON.</summary>
public sealed class ClusterSettings
{
    private const string Root = "chimney.cluster.";
    private static readonly TimeSpan Short = TimeSpan.FromMilliseconds(10);

    private ClusterSettings()
    {
    }

    internal string HostRole { get; private init; } = "";

    internal string AdapterRole { get; private init; } = "";

    internal TimeSpan HelloInterval { get; private init; }

    internal TimeSpan LoadInterval { get; private init; }

    internal int ConnectionsMax { get; private init; }

    internal LinkSettings Link { get; private init; } = new();

    internal HostSettings Host { get; private init; } = new();

    /// <summary>The keys that were read, as they stand under <c>chimney.cluster</c>.</summary>
    internal IReadOnlyCollection<string> Keys { get; private init; } = [];

    /// <summary>The defaults, and the serializer of the links: to be a fallback of the configuration that the actor
    /// system is made with.</summary>
    public static Config Reference()
    {
        using Stream stream =
            typeof(ClusterSettings).Assembly.GetManifestResourceStream("ChimneyActors.Cluster.reference.conf")!;
        using var reader = new StreamReader(stream);
        return ConfigurationFactory.ParseString(reader.ReadToEnd());
    }

    /// <summary>Reads <c>chimney.cluster { ... }</c>; what is missing comes from <see cref="Reference"/>.</summary>
    /// <exception cref="ChimneySettingsException">A value is not lawful.</exception>
    public static ClusterSettings From(Config config)
    {
        var read = new Reader(config.WithFallback(Reference()));
        return new ClusterSettings
        {
            HostRole = read.Text("host-role"),
            AdapterRole = read.Text("adapter-role"),
            HelloInterval = read.Duration("hello-interval", Short, TimeSpan.FromMinutes(1)),
            LoadInterval = read.Duration("load-interval", Short, TimeSpan.FromMinutes(1)),
            ConnectionsMax = read.Count("connections-max", 1, 1_000_000),
            Link = new LinkSettings
            {
                WindowItems = read.Count("link.window-items-max", 1, 1_000_000),
                WindowBytes = read.Count("link.window-bytes", 64 << 10, 1 << 30),
                FrameBytesMax = read.Count("link.frame-bytes-max", 4 << 10, 16 << 20),
                AckAfter = read.Duration("link.ack-after", TimeSpan.Zero, TimeSpan.FromSeconds(1)),
                ResendAfter = read.Duration("link.resend-after", Short, TimeSpan.FromMinutes(1)),
                ResendMax = read.Duration("link.resend-max", Short, TimeSpan.FromMinutes(1)),
            },
            Host = new HostSettings
            {
                SendWindowBytes = read.Count("connection.send-window-bytes", 4 << 10, 1 << 30),
                ReceiveWindowBytes = read.Count("connection.receive-window-bytes", 4 << 10, 1 << 30),
                IndicationsMax = read.Count("connection.indications-max", 1, 1024),
                SeverAfter = read.Duration("sever-after", Short, TimeSpan.FromHours(1)),
            },
            Keys = read.Keys,
        };
    }

    private sealed class Reader(Config config)
    {
        public HashSet<string> Keys { get; } = [];

        public int Count(string key, int min, int max)
        {
            string text = Text(key);
            return int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out int value)
                && value >= min && value <= max
                ? value
                : throw Wrong(key, text, $"a whole number from {min} to {max}");
        }

        public TimeSpan Duration(string key, TimeSpan min, TimeSpan max)
        {
            string text = Text(key);
            try
            {
                TimeSpan value = config.GetTimeSpan(Root + key, null, allowInfinite: false);
                if (value >= min && value <= max)
                    return value;
            }
            catch (Exception wrong) when (wrong is FormatException or OverflowException or ConfigurationException)
            {
                // Said below, with the lawful range.
            }

            throw Wrong(key, text, $"a duration from {min} to {max}, for example 5 s");
        }

        public string Text(string key)
        {
            Keys.Add(key);
            string? text;
            try
            {
                text = config.GetString(Root + key);
            }
            catch (Exception wrong)
            {
                throw Wrong(key, wrong.Message, "a plain value");
            }

            return text is { Length: > 0 } ? text : throw Wrong(key, "", "a plain value, not empty");
        }

        private static ChimneySettingsException Wrong(string key, string value, string range) =>
            new($"setting {Root}{key} = '{value}': must be {range}");
    }
}
