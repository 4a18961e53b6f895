using System.CommandLine;
using System.Globalization;
using ChimneyActors.Conformance;
using ChimneyActors.Node.Verbs;

namespace ChimneyActors.Node.Conform;

/// <summary>The verb <c>conform</c>: every rule of the contract, against our drivers or somebody else's.</summary>
internal static class ConformCommand
{
    private static readonly Option<string> TargetText = Text(
        "--target", "TARGET", "simulated or kernel; also what stands under a driver of your own. simulated");
    private static readonly Option<string> DriverText = Text(
        "--driver", "NAME", $"one of our intermediate drivers: {string.Join(", ", ConformanceSubject.OwnDrivers)}");
    private static readonly Option<string> AssemblyText = Text(
        "--assembly", "FILE", "with --type: the assembly of an intermediate driver or a target of your own");
    private static readonly Option<string> TypeText = Text("--type", "NAME", "with --assembly: the class, in full");
    private static readonly Option<string> RuleText = Text("--rule", "ID", "only this rule, DISC-13 say");
    private static readonly Option<string> SeedsText = Text(
        "--seeds", "COUNT", "with how many seeds each case is played on the simulated target; 3");
    private static readonly Option<string> HtmlText = Text("--html", "FILE", "write one page that needs nothing else");
    private static readonly Option<string> JsonText = new("--json")
    {
        HelpName = "FILE",
        Description = "print the result as JSON, or write it to a file",
        Arity = ArgumentArity.ZeroOrOne,
    };

    /// <summary>The command with its flags.</summary>
    public static Command Create() => new Command("conform", "play every rule of the contract, and say what came out")
    {
        TargetText, DriverText, AssemblyText, TypeText, RuleText, SeedsText, HtmlText, JsonText,
    }.Runs(line => Task.FromResult(Run(line)));

    private static ExitCode Run(ParseResult line)
    {
        ConformanceResult result = Play(Read(line));
        if (line.GetValue(HtmlText) is { } page)
            Write(page, result.ToHtml(), HtmlText.Name);
        if (line.GetValue(JsonText) is { } file)
            Write(file, result.ToJson() + "\n", JsonText.Name);
        bool prints = line.GetResult(JsonText) is { Tokens.Count: 0, Implicit: false };
        Console.Out.WriteLine(prints ? result.ToJson() : string.Join(Environment.NewLine, result.ToLines()));
        return result.IsGood ? ExitCode.Good : ExitCode.PromiseBroken;
    }

    private static ConformanceResult Play(ConformanceRun run)
    {
        try
        {
            return run.Play();
        }
        catch (ArgumentException wrong)
        {
            throw NodeException.Usage(VerbLine.OneLine(wrong.Message), "in --target", "kernel");
        }
    }

    private static ConformanceRun Read(ParseResult line)
    {
        string? rule = line.GetValue(RuleText);
        if (rule is not null && !ConformanceRun.AllRules.Any(known => known.Id == rule))
            throw NodeException.Usage($"unknown rule '{rule}'", "in --rule", "an id like DISC-13");
        return new ConformanceRun
        {
            Subject = Subject(line),
            Target = line.GetValue(TargetText) switch
            {
                null or "simulated" => ReferenceTarget.Simulated,
                "kernel" => ReferenceTarget.Kernel,
                { } other => throw NodeException.Usage($"unknown target '{other}'", "in --target",
                    "simulated or kernel"),
            },
            Rule = rule,
            Seed = line.GetValue(CommonOptions.SeedText) is null ? 1 : CommonOptions.Seed(line),
            Seeds = Seeds(line.GetValue(SeedsText)),
        };
    }

    private static ConformanceSubject Subject(ParseResult line)
    {
        string? file = line.GetValue(AssemblyText);
        string? type = line.GetValue(TypeText);
        if (line.GetValue(DriverText) is { } driver)
            return file is null && type is null
                ? OwnDriver(driver)
                : throw NodeException.Usage("--driver and --assembly", "on the command line", "one of them");
        if (file is null && type is null)
            return ConformanceSubject.Ours;
        if (file is null || type is null)
            throw NodeException.Usage("one of --assembly and --type", "on the command line", "both");
        try
        {
            return ConformanceSubject.Load(file, type);
        }
        catch (ArgumentException wrong)
        {
            throw NodeException.Usage(VerbLine.OneLine(wrong.Message), "in --assembly and --type",
                "a public intermediate driver or target");
        }
    }

    private static ConformanceSubject OwnDriver(string name) => ConformanceSubject.OwnDrivers.Contains(name)
        ? ConformanceSubject.OfOwnDriver(name)
        : throw NodeException.Usage($"unknown driver '{name}'", $"in {DriverText.Name}",
            $"one of {string.Join(", ", ConformanceSubject.OwnDrivers)}");

    private static int Seeds(string? text)
    {
        if (text is null)
            return 3;
        bool good = int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int count);
        return good && count is > 0 and < 1000
            ? count
            : throw NodeException.Usage($"bad count '{text}'", $"in {SeedsText.Name}", "a whole number from 1 to 999");
    }

    private static void Write(string file, string text, string option)
    {
        try
        {
            File.WriteAllText(file, text);
        }
        catch (Exception failed) when (failed is IOException or UnauthorizedAccessException)
        {
            throw NodeException.Environment($"cannot write '{file}'", $"in {option}", VerbLine.OneLine(failed.Message));
        }
    }

    private static Option<string> Text(string flag, string value, string description) => new(flag)
    {
        HelpName = value,
        Description = description,
        Arity = ArgumentArity.ExactlyOne,
    };
}
