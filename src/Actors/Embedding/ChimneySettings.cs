using System.Globalization;
using Akka.Configuration;
using ChimneyActors.Ndis;
using ChimneyActors.Supervision;

namespace ChimneyActors.Embedding;

/// <summary>A setting that cannot be used: names path, value and lawful range.</summary>
/// <param name="message">The whole sentence.</param>
public sealed class ChimneySettingsException(string message) : Exception(message);

/// <summary>Every setting of the library, typed and checked; the only reader of its HOCON.</summary>
public sealed class ChimneySettings
{
    private ChimneySettings(StackSettings stack, IReadOnlyCollection<string> keys)
    {
        Stack = stack;
        Keys = keys;
    }

    internal StackSettings Stack { get; }

    /// <summary>The keys that were read, as they stand under <c>chimney</c>.</summary>
    internal IReadOnlyCollection<string> Keys { get; }

    /// <summary>The defaults, as embedded in the library.</summary>
    public static Config Reference()
    {
        using Stream stream =
            typeof(ChimneySettings).Assembly.GetManifestResourceStream("ChimneyActors.reference.conf")!;
        using var reader = new StreamReader(stream);
        return ConfigurationFactory.ParseString(reader.ReadToEnd());
    }

    /// <summary>Reads <c>chimney { ... }</c>; what is missing comes from <see cref="Reference"/>.</summary>
    /// <exception cref="ChimneySettingsException">A value is not lawful.</exception>
    public static ChimneySettings From(Config config)
    {
        var read = new Reader(config.WithFallback(Reference()));
        var stack = new StackSettings
        {
            SendsMax = read.Count("pools.sends-max", 1, 1_000_000),
            ReceivesMax = read.Count("pools.receives-max", 1, 1_000_000),
            ForwardsMax = read.Count("pools.forwards-max", 1, 1_000_000),
            IndicationsMax = read.Count("pools.indications-max", 1, 1_000_000),
            IndicationBytes = read.Count("pools.indication-bytes", 512, 1 << 20),
            ContextsMax = read.Count("intermediate.contexts-max", 0, 1_000_000),
            Shelves = read.Count("miniport.shelves", 1, 1024),
            RestartsMax = read.Count("restart.restarts-max", 0, 1_000_000),
            RestartWindow = read.Duration("restart.window", TimeSpan.FromSeconds(1), TimeSpan.FromDays(1)),
            BackoffMin = read.Duration("restart.backoff-min", TimeSpan.Zero, TimeSpan.FromMinutes(1)),
            BackoffMax = read.Duration("restart.backoff-max", TimeSpan.Zero, TimeSpan.FromMinutes(10)),
            HangInterval = read.Duration("hang-watch.interval", TimeSpan.FromMilliseconds(10), TimeSpan.FromHours(1)),
            HangDeadline = read.Duration("hang-watch.deadline", TimeSpan.FromMilliseconds(10), TimeSpan.FromDays(1)),
            SeverDeadline = read.Duration(
                "hang-watch.sever-deadline", TimeSpan.FromMilliseconds(100), TimeSpan.FromHours(1)),
            ReachableTime = read.Duration(
                "neighbors.reachable-time", TimeSpan.FromMilliseconds(1), TimeSpan.FromDays(1)),
            NeighborDelay = read.Duration("neighbors.delay", TimeSpan.FromMilliseconds(1), TimeSpan.FromHours(1)),
            StopTimeout = read.Duration("stop-timeout", TimeSpan.FromMilliseconds(100), TimeSpan.FromHours(1)),
            LifeInterval = read.Duration("life.interval", TimeSpan.FromMilliseconds(1), TimeSpan.FromSeconds(10)),
            LifeDeadline = read.Duration("life.deadline", TimeSpan.Zero, TimeSpan.FromHours(1)),
            LifeLimit = read.Duration("life.limit", TimeSpan.FromMilliseconds(10), TimeSpan.FromHours(1)),
            StopsBreakers = read.OneOf("verifier.on-breach", "report", "stop") == "stop",
            BreachesMax = read.Count("verifier.breaches-max", 0, 1_000_000),
            RequestAgeMax = read.Duration("verifier.request-age-max", TimeSpan.Zero, TimeSpan.FromDays(1)),
            Parameters = ReadParameters(read),
            Dispatcher = read.Text("dispatcher"),
            ContinueOnTargetThread = read.Flag("continue-on-target-thread"),
        };
        return new ChimneySettings(stack, read.Keys);
    }

    private static TcpConnectionOffloadParameters ReadParameters(Reader read) => new()
    {
        TicksPerSecond = read.OneOf("offload-parameters.ticks-per-second", 10, 100, 1000),
        TcpAckFrequency = read.Count("offload-parameters.ack-frequency", 1, byte.MaxValue),
        TcpDelayedAckTicks = read.Count("offload-parameters.delayed-ack-ticks", 0, byte.MaxValue),
        TcpMaximumRetransmissions = read.Count("offload-parameters.retransmissions-max", 1, byte.MaxValue),
        TcpDoubtReachabilityRetransmissions =
            read.Count("offload-parameters.doubt-reachability-retransmissions", 1, byte.MaxValue),
        TcpSwsPreventionTicks = read.Count("offload-parameters.sws-prevention-ticks", 0, int.MaxValue),
        TcpDuplicateAckThreshold = read.Count("offload-parameters.duplicate-ack-threshold", 1, int.MaxValue),
        TcpPushTicks = read.Count("offload-parameters.push-ticks", 1, int.MaxValue),
        NceStaleTicks = read.Count("offload-parameters.nce-stale-ticks", 1, int.MaxValue),
    };

    private sealed class Reader(Config config)
    {
        public HashSet<string> Keys { get; } = [];

        public int Count(string key, int min, int max)
        {
            string range = $"a whole number from {min} to {max}";
            string text = Text(key, range);
            if (!int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out int value)
                || value < min || value > max)
                throw Wrong(key, text, range);
            return value;
        }

        public int OneOf(string key, params int[] values)
        {
            string range = string.Join(" or ", values);
            string text = Text(key, range);
            return int.TryParse(text, CultureInfo.InvariantCulture, out int value) && values.Contains(value)
                ? value
                : throw Wrong(key, text, range);
        }

        public string OneOf(string key, params string[] words)
        {
            string range = string.Join(" or ", words);
            string text = Text(key, range);
            return words.Contains(text) ? text : throw Wrong(key, text, range);
        }

        public TimeSpan Duration(string key, TimeSpan min, TimeSpan max)
        {
            string range = $"a duration from {min} to {max}, for example 5 s";
            string text = Text(key, range);
            TimeSpan value;
            try
            {
                value = config.GetTimeSpan("chimney." + key, null, allowInfinite: false);
            }
            catch (Exception exception)
                when (exception is FormatException or OverflowException or ConfigurationException)
            {
                throw Wrong(key, text, range);
            }
            if (value < min || value > max)
                throw Wrong(key, text, range);
            return value;
        }

        public bool Flag(string key)
        {
            const string range = "on or off";
            string text = Text(key, range);
            return text switch
            {
                "on" or "true" or "yes" => true,
                "off" or "false" or "no" => false,
                _ => throw Wrong(key, text, range),
            };
        }

        public string Text(string key) => Text(key, "a plain value, not empty");

        private string Text(string key, string range)
        {
            string? text;
            Keys.Add(key);
            try
            {
                text = config.GetString("chimney." + key);
            }
            catch (Exception exception)
            {
                throw Wrong(key, exception.Message, range);
            }
            return text is { Length: > 0 } ? text : throw Wrong(key, "", range);
        }

        private static ChimneySettingsException Wrong(string key, string value, string range) =>
            new($"setting chimney.{key} = '{value}': must be {range}");
    }
}
