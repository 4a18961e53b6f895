using System.CommandLine;
using System.CommandLine.Invocation;
using System.CommandLine.Parsing;

namespace ChimneyActors.Node.Verbs;

/// <summary>Parses the command line, runs the verb, and turns every ending into an exit code.</summary>
internal static class VerbLine
{
    /// <summary>Gives a command its work.</summary>
    public static Command Runs(this Command command, Func<ParseResult, Task<ExitCode>> run)
    {
        command.SetAction(async (line, _) => (int)await run(line).ConfigureAwait(false));
        return command;
    }

    /// <summary>Runs the verb the command line names.</summary>
    public static async Task<int> RunAsync(string[] args, params Command[] verbs)
    {
        RootCommand root = new("chimney: TCP connections as supervised actors, every request completed exactly once");
        foreach (Option option in CommonOptions.All)
            root.Add(option);
        foreach (Command verb in verbs)
            root.Add(verb);
        try
        {
            ParseResult line = root.Parse(args);
            if (line.Errors.Count > 0 && line.Action is ParseErrorAction)
                throw Unparsable(line);
            // No exception handler and no signal handler of the parser's: both are ours.
            return await line.InvokeAsync(new InvocationConfiguration
            {
                EnableDefaultExceptionHandler = false,
                ProcessTerminationTimeout = null,
            }).ConfigureAwait(false);
        }
        catch (NodeException expected)
        {
            await Console.Error.WriteLineAsync($"chimney: {OneLine(expected.Message)}").ConfigureAwait(false);
            return (int)expected.Code;
        }
        catch (Exception bug)
        {
            await Console.Error.WriteLineAsync($"chimney: a bug, please report it: {bug}").ConfigureAwait(false);
            return (int)ExitCode.PromiseBroken;
        }
    }

    /// <summary>A message without the line breaks that files and libraries put into theirs.</summary>
    public static string OneLine(string message) =>
        string.Join(' ', message.Split(['\r', '\n'],
            StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries));

    private static NodeException Unparsable(ParseResult line)
    {
        Command command = line.CommandResult.Command;
        string verb = command is RootCommand ? "chimney" : $"chimney {command.Name}";
        ParseError first = line.Errors[0];
        string what = line.UnmatchedTokens.Count > 0
            ? $"unknown argument '{line.UnmatchedTokens[0]}'"
            : first.Message.TrimEnd('.', ' ');
        return NodeException.Usage(what, "on the command line", $"see '{verb} --help'");
    }
}
