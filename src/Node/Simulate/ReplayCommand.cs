using System.CommandLine;
using ChimneyActors.Node.Verbs;
using ChimneyActors.TestKit;

namespace ChimneyActors.Node.Simulate;

/// <summary>The verb <c>replay</c>: runs a recorded simulation again, choice by choice.</summary>
internal static class ReplayCommand
{
    private static readonly Argument<string> RecordFile = new("FILE")
    {
        Description = "a record, from simulate --record or from shrink",
    };

    private static readonly Option<string> TraceText = new("--trace")
    {
        HelpName = "FILE",
        Description = "write every step, a line each",
        Arity = ArgumentArity.ExactlyOne,
    };

    /// <summary>The command with its flags.</summary>
    public static Command Create() => new Command("replay", "run a recorded simulation again")
    {
        RecordFile, TraceText,
    }.Runs(line => Task.FromResult(Run(line.GetValue(RecordFile)!, line.GetValue(TraceText))));

    private static ExitCode Run(string file, string? traceFile)
    {
        SimulationRecord record = SimulateFiles.Load(file);
        using StreamWriter? trace = SimulateFiles.OpenTrace(traceFile);
        using var simulation = new Simulation();
        SimulationRecord again = simulation.Replay(record, trace);
        SimulateFiles.Print(again);
        if (again.Result.Events != record.Result.Events
            || again.Result.Violations.Count != record.Result.Violations.Count)
            Console.Out.WriteLine(FormattableString.Invariant(
                $"not as recorded: {record.Result.Events} events, {record.Result.Violations.Count} violations; ")
                + "a record is good for the build that made it");
        return again.Result.Violations.Count == 0 ? ExitCode.Good : ExitCode.PromiseBroken;
    }
}
