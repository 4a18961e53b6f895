using System.CommandLine;
using System.Globalization;
using ChimneyActors.Node.Verbs;
using ChimneyActors.TestKit;

namespace ChimneyActors.Node.Simulate;

/// <summary>The verb <c>simulate</c>: the production actors on one thread and virtual time, seed after seed.</summary>
internal static class SimulateCommand
{
    private const long SeedsDefault = 1000;

    private static readonly Option<string> SeedsText = Text(
        "--seeds", "COUNT", "how many seeds; 1000, or as many as --minutes allows");
    private static readonly Option<string> FromText = Text("--from", "SEED", "the first of them; 1");
    private static readonly Option<string> MinutesText = Text("--minutes", "COUNT", "stop after that");
    private static readonly Option<string> TraceText = Text(
        "--trace", "FILE", "with --seed: write every step of this one seed, a line each");
    private static readonly Option<string> RecordText = Text(
        "--record", "FILE", "with --seed: write what it chose, for replay and shrink");
    private static readonly Option<string> CaptureText = Text(
        "--capture", "FILE", "with --seed: write the segments on the simulated wires, as pcapng");
    private static readonly Option<string> PlantText = Text(
        "--plant", "BREAK", "put a break into each world, to see it found: early-success, drops, doubles, forgets");
    private static readonly Option<bool> LivelyFlag = new("--lively")
    {
        Description = "in every world adapters and bindings go through their lives, and all the time",
    };
    private static readonly Option<string> JsonText = Text("--json", "FILE", "write the report as JSON");

    /// <summary>The command with its flags.</summary>
    public static Command Create() => new Command("simulate", "run the actors through seeds, each one repeatable")
    {
        SeedsText, FromText, MinutesText, TraceText, RecordText, CaptureText, PlantText, LivelyFlag, JsonText,
    }.Runs(line => Task.FromResult(Run(Read(line))));

    private static ExitCode Run(SimulateOptions options)
    {
        var report = new SimulateReport(options.Planted, options.IsLively);
        using (StreamWriter? trace = SimulateFiles.OpenTrace(options.TraceFile))
        using (FileStream? capture = SimulateFiles.OpenCapture(options.CaptureFile))
        using (var simulation = new Simulation { Planted = options.Planted, Lively = options.IsLively })
        {
            if (options.RecordFile is not null)
                SimulateFiles.Save(simulation.Record(options.From), options.RecordFile);
            for (long i = 0; i < options.Seeds && !(report.Elapsed > options.Duration); i++)
                report.Add(simulation.Run(options.From + i, trace, capture));
        }
        report.Print(options.JsonFile);
        return report.IsGood ? ExitCode.Good : ExitCode.PromiseBroken;
    }

    private static SimulateOptions Read(ParseResult line)
    {
        bool one = line.GetValue(CommonOptions.SeedText) is not null;
        if (one && (line.GetValue(SeedsText) ?? line.GetValue(FromText)) is not null)
            throw NodeException.Usage("both --seed and --seeds or --from", "on the command line", "one of them");
        if (!one && (line.GetValue(TraceText) ?? line.GetValue(RecordText) ?? line.GetValue(CaptureText)) is not null)
            throw NodeException.Usage("--trace, --record or --capture without --seed", "on the command line",
                "name the one seed they are for");
        if (line.GetValue(CaptureText) is not null && !Simulation.HasWire(CommonOptions.Seed(line)))
            throw NodeException.Usage(
                $"seed {CommonOptions.Seed(line)} has no wire", "in --capture", "a seed whose trace begins with "
                + "'engines', as about one in eight does; the target of this one is scripted");
        long minutes = Count(line, MinutesText, 0, 1, 7 * 24 * 60);
        return new SimulateOptions
        {
            From = one ? CommonOptions.Seed(line) : Count(line, FromText, 1, 0, long.MaxValue / 2),
            Seeds = one ? 1
                : Count(line, SeedsText, minutes > 0 ? long.MaxValue : SeedsDefault, 1, long.MaxValue),
            Duration = minutes > 0 ? TimeSpan.FromMinutes(minutes) : null,
            JsonFile = line.GetValue(JsonText),
            TraceFile = line.GetValue(TraceText),
            RecordFile = line.GetValue(RecordText),
            CaptureFile = line.GetValue(CaptureText),
            IsLively = line.GetValue(LivelyFlag),
            Planted = SimulateFiles.ReadPlanted(line.GetValue(PlantText), PlantText.Name),
        };
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

    private static Option<string> Text(string flag, string value, string description) => new(flag)
    {
        HelpName = value,
        Description = description,
        Arity = ArgumentArity.ExactlyOne,
    };
}
