using System.CommandLine;
using System.Globalization;
using ChimneyActors.Node.Verbs;
using ChimneyActors.TestKit;

namespace ChimneyActors.Node.Simulate;

/// <summary>The verb <c>shrink</c>: makes a recorded failure smaller.</summary>
internal static class ShrinkCommand
{
    private const int RunsDefault = 3000;
    private const int RunsMax = 10_000_000;

    private static readonly Argument<string> RecordFile = new("FILE")
    {
        Description = "the record of a failure, from simulate --record",
    };

    private static readonly Option<string> OutText = Text(
        "--out", "FILE", "where the smaller one goes; beside the other, named .small.json");
    private static readonly Option<string> RunsText = Text("--runs", "COUNT", "how many runs it may take; 3000");

    /// <summary>The command with its flags.</summary>
    public static Command Create() => new Command("shrink", "make a recorded failure smaller")
    {
        RecordFile, OutText, RunsText,
    }.Runs(line => Task.FromResult(
        Run(line.GetValue(RecordFile)!, line.GetValue(OutText), ReadRuns(line.GetValue(RunsText)))));

    private static ExitCode Run(string file, string? outFile, int runs)
    {
        using var simulation = new Simulation();
        SimulationRecord failing = simulation.Replay(SimulateFiles.Load(file));
        if (failing.Result.Violations.Count == 0)
            throw NodeException.Usage(
                $"'{file}' breaks no promise", "on the command line", "must be the record of a run that does, "
                + "by this very build");
        SimulationRecord small = simulation.Shrink(failing, runs);
        string to = outFile ?? Path.ChangeExtension(file, ".small.json");
        SimulateFiles.Save(small, to);
        Console.Out.WriteLine(FormattableString.Invariant(
            $"{failing.Result.Events} events and {failing.Size} choices came down to:"));
        SimulateFiles.Print(small);
        Console.Out.WriteLine($"  again: chimney replay {to} --trace trace.txt");
        return ExitCode.Good;
    }

    private static int ReadRuns(string? text)
    {
        if (text is null)
            return RunsDefault;
        return int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int runs)
            && runs is > 0 and <= RunsMax
            ? runs
            : throw NodeException.Usage($"bad count '{text}'", "in --runs", $"a whole number from 1 to {RunsMax}");
    }

    private static Option<string> Text(string flag, string value, string description) => new(flag)
    {
        HelpName = value,
        Description = description,
        Arity = ArgumentArity.ExactlyOne,
    };
}
