using System.CommandLine;
using System.Globalization;
using ChimneyActors.Embedding;
using ChimneyActors.Node.Stress.Clustered;
using ChimneyActors.Node.Verbs;

namespace ChimneyActors.Node.Stress;

/// <summary>The verb <c>stress</c>: a storm of connections, requests, disconnects and faults on real time.</summary>
internal static class StressCommand
{
    private static readonly Option<string> ConnectionsText = Text(
        "--connections", "COUNT", "connections at a time; 100");
    private static readonly Option<string> RequestsText = Text("--requests", "COUNT", "requests in all");
    private static readonly Option<string> DurationText = Text(
        "--duration", "TIME", "or how long: 30s, 10m, 2h; 10s without --requests");
    private static readonly Option<string> SizeText = Text("--size", "BYTES", "of a request, 16 to 1048576; 256");
    private static readonly Option<string> WindowText = Text(
        "--window", "COUNT", "requests of a connection under way at a time, 1 to 1024; 4");
    private static readonly Option<string> FaultsText = Text(
        "--faults", "RATE", "late, doubled, lost, foreign and thrown answers of the target for each request, 0 to 1");
    private static readonly Option<string> CrashesText = Text(
        "--crashes", "RATE", "crashes of drivers for each request, 0 to 1");
    private static readonly Option<string> DeathsText = Text(
        "--deaths", "COUNT", "connection actors to kill in a second for --duration, 1 to 100000; and how it heals");
    private static readonly Option<string> DriverDeathsText = Text(
        "--driver-deaths-every", "TIME", "with --deaths: kill a driver so often, each in turn");
    private static readonly Option<string> CalmText = Text(
        "--calm", "TIME", "with --deaths: how long nobody dies before and after; 5s");
    private static readonly Option<string> BrokenText = Text(
        "--broken", "drop|double", "put a driver that does this into the stack: it must be found");
    private static readonly Option<string> BrokenOneInText = Text(
        "--broken-one-in", "COUNT", "how many messages it treats well between two; 10000");
    private static readonly Option<string> IdleText = Text(
        "--idle", "COUNT", "instead: hold so many idle connections, then disconnect all at once");
    private static readonly Option<string> TimeoutText = Text(
        "--timeout", "TIME", "a run that has not ended by then is a hang; 10m");
    private static readonly Option<string> RateMinText = Text(
        "--rate-min", "COUNT", "least completions a second; fewer: exit code 4");
    private static readonly Option<string> ClusterText = Text(
        "--cluster", "COUNT", "so many node processes, whose connections go through each other, 2 to 16");
    private static readonly Option<string> KillText = Text(
        "--kill-every", "TIME", "with --cluster: kill a node so often");
    private static readonly Option<string> StopText = Text(
        "--stop-every", "TIME", "with --cluster: stop a node for a while so often");
    private static readonly Option<string> PartitionText = Text(
        "--partition-every", "TIME", "with --cluster: cut a node off for a while so often");
    private static readonly Option<string> JsonText = Text("--json", "FILE", "write the report as JSON");

    /// <summary>The command with its flags.</summary>
    public static Command Create() => new Command("stress", "break the stack on purpose and count every answer")
    {
        ConnectionsText, RequestsText, DurationText, SizeText, WindowText, FaultsText, CrashesText, DeathsText,
        DriverDeathsText, CalmText, BrokenText, BrokenOneInText, IdleText, TimeoutText, RateMinText, ClusterText,
        KillText, StopText, PartitionText, JsonText,
    }.Runs(line => line.GetValue(ClusterText) is null ? RunAsync(Read(line)) : RunAsync(ReadCluster(line)));

    private static Task<ExitCode> RunAsync(ClusterStressOptions options)
    {
        Console.Out.WriteLine($"seed: {options.Seed}");
        return ClusterStressRun.RunAsync(options);
    }

    private static ClusterStressOptions ReadCluster(ParseResult line)
    {
        NotBoth(
            line, ClusterText, RequestsText, FaultsText, CrashesText, DeathsText, BrokenText, IdleText, RateMinText);
        int seed = (int)(CommonOptions.Seed(line) & int.MaxValue);
        return new ClusterStressOptions
        {
            Seed = seed,
            Nodes = (int)Count(line, ClusterText, 3, 2, 16),
            Duration = Time(line, DurationText, TimeSpan.FromSeconds(10)),
            Connections = (int)Count(line, ConnectionsText, 20, 1, 10_000),
            Size = (int)Count(line, SizeText, 256, Content.HeadLength, 1 << 20),
            Window = (int)Count(line, WindowText, 4, 1, 1024),
            KillEvery = Time(line, KillText, TimeSpan.Zero),
            StopEvery = Time(line, StopText, TimeSpan.Zero),
            PartitionEvery = Time(line, PartitionText, TimeSpan.Zero),
            JsonFile = line.GetValue(JsonText),
            Command = CommandOf(line, seed),
        };
    }

    private static Task<ExitCode> RunAsync(StressOptions options)
    {
        DescriptorLimit.Check(Math.Max(options.Connections, options.Idle));
        Console.Out.WriteLine($"seed: {options.Seed}");
        return options.Idle > 0 ? new IdleRun(options).RunAsync() : new StressRun(options).RunAsync();
    }

    private static StressOptions Read(ParseResult line)
    {
        long requests = Count(line, RequestsText, 0, 1, long.MaxValue);
        NotBoth(line, RequestsText, DurationText);
        NotBoth(line, DeathsText, RequestsText, FaultsText, CrashesText, BrokenText, IdleText);
        int seed = (int)(CommonOptions.Seed(line) & int.MaxValue);
        int idle = (int)Count(line, IdleText, 0, 1, 1_000_000);
        StressOptions options = new()
        {
            Seed = seed,
            Connections = idle > 0 ? 0 : (int)Count(line, ConnectionsText, 100, 1, 1_000_000),
            Requests = requests,
            Duration = Time(line, DurationText, TimeSpan.FromSeconds(10)),
            Size = (int)Count(line, SizeText, 256, Content.HeadLength, 1 << 20),
            Window = (int)Count(line, WindowText, 4, 1, 1024),
            Faults = Rate(line, FaultsText),
            Crashes = Rate(line, CrashesText),
            Deaths = (int)Count(line, DeathsText, 0, 1, 100_000),
            DriverDeathsEvery = Time(line, DriverDeathsText, TimeSpan.Zero),
            Calm = Time(line, CalmText, TimeSpan.FromSeconds(5)),
            Broken = Habit(line),
            BrokenOneIn = (int)Count(line, BrokenOneInText, 10_000, 1, int.MaxValue),
            Idle = idle,
            Timeout = Time(line, TimeoutText, TimeSpan.FromMinutes(10)),
            RateMin = Count(line, RateMinText, 0, 1, long.MaxValue),
            JsonFile = line.GetValue(JsonText),
        };
        return options with { Command = CommandOf(line, seed) };
    }

    private static void NotBoth(ParseResult line, Option<string> one, params Option<string>[] others)
    {
        if (line.GetValue(one) is not null
            && others.FirstOrDefault(option => line.GetValue(option) is not null) is { } other)
            throw NodeException.Usage($"both {one.Name} and {other.Name}", "on the command line", "one of them");
    }

    /// <summary>The same command line, with the seed if it was drawn.</summary>
    private static string CommandOf(ParseResult line, int seed)
    {
        string text = string.Join(' ', line.Tokens.Select(token => token.Value));
        string fixedSeed = line.GetValue(CommonOptions.SeedText) is null
            ? string.Create(CultureInfo.InvariantCulture, $" --seed {seed}")
            : "";
        return $"chimney {text}{fixedSeed}";
    }

    private static long Count(ParseResult line, Option<string> option, long absent, long min, long max)
    {
        if (line.GetValue(option) is not { } text)
            return absent;
        return long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out long value)
            && value >= min && value <= max
            ? value
            : throw NodeException.Usage(
                $"bad count '{text}'", $"in {option.Name}", $"a whole number from {min} to {max}");
    }

    private static double Rate(ParseResult line, Option<string> option)
    {
        if (line.GetValue(option) is not { } text)
            return 0;
        return double.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out double value)
            && value is >= 0 and <= 1
            ? value
            : throw NodeException.Usage($"bad rate '{text}'", $"in {option.Name}", "a number from 0 to 1");
    }

    private static TimeSpan Time(ParseResult line, Option<string> option, TimeSpan absent)
    {
        if (line.GetValue(option) is not { } text)
            return absent;
        double unit = text.Length == 0 ? 0 : text[^1] switch { 's' => 1, 'm' => 60, 'h' => 3600, _ => 0 };
        const NumberStyles style = NumberStyles.AllowDecimalPoint;
        return unit > 0 && double.TryParse(text[..^1], style, CultureInfo.InvariantCulture, out double value)
            && value * unit is > 0 and <= 86400 * 7
            ? TimeSpan.FromSeconds(value * unit)
            : throw NodeException.Usage($"bad time '{text}'", $"in {option.Name}", "30s, 10m or 2h, at most a week");
    }

    private static BrokenHabit Habit(ParseResult line) => line.GetValue(BrokenText) switch
    {
        null => BrokenHabit.None,
        "drop" => BrokenHabit.Drops,
        "double" => BrokenHabit.Doubles,
        { } text => throw NodeException.Usage($"bad habit '{text}'", "in --broken", "drop or double"),
    };

    private static Option<string> Text(string flag, string value, string description) => new(flag)
    {
        HelpName = value,
        Description = description,
        Arity = ArgumentArity.ExactlyOne,
    };
}
