using System.CommandLine;
using System.Globalization;
using ChimneyActors.Embedding;
using ChimneyActors.Node.Verbs;

namespace ChimneyActors.Node.Admin;

/// <summary>The verb <c>life</c>: the adapters of a running node, and what is done to one of them.</summary>
internal static class LifeCommand
{
    private static readonly string[] Steps =
    [
        "pause", "restart", "halt", "remove", "initialize", "reset", "offload-pause", "offload-resume", "upload-all",
    ];

    private static readonly Argument<string?> AdapterName = new("adapter")
    {
        Arity = ArgumentArity.ZeroOrOne,
        Description = "which adapter; with none, all are shown",
    };

    private static readonly Argument<string?> Step = new("step")
    {
        Arity = ArgumentArity.ZeroOrOne,
        Description = string.Join(", ", Steps),
    };

    /// <summary>The command with its flags.</summary>
    public static Command Create() => new Command(
        "life", "the adapters of a running node, and a step in the life of one: pause, removal, reset and so on")
    {
        AdapterName, Step,
    }.Runs(RunAsync);

    private static async Task<ExitCode> RunAsync(ParseResult line)
    {
        string? adapter = line.GetValue(AdapterName);
        string? step = line.GetValue(Step);
        if (adapter is null)
            return await ShowAsync(line).ConfigureAwait(false);
        return step is not null && Steps.Contains(step)
            ? await LeadAsync(line, adapter, step).ConfigureAwait(false)
            : throw NodeException.Usage($"bad step '{step}'", "on the command line",
                $"one of {string.Join(", ", Steps)}");
    }

    private static async Task<ExitCode> ShowAsync(ParseResult line)
    {
        NodeOutput output = new(line);
        using AdminClient node = new(line);
        foreach (AdapterView one in await node.GetAsync<AdapterView[]>("/life").ConfigureAwait(false))
            output.Say(AdminOptions.Line("adapter", one, null), string.Create(CultureInfo.InvariantCulture,
                $"{one.Name,-16} {(one.IsVirtual ? "virtual" : "")} {one.State}"
                + $"{(one.Halted is { } why ? $" ({why})" : "")}, {one.Connections} connections"));
        return ExitCode.Good;
    }

    private static async Task<ExitCode> LeadAsync(ParseResult line, string adapter, string step)
    {
        NodeOutput output = new(line);
        using AdminClient node = new(line);
        (LifeResult? went, string refusal) =
            await node.LeadAsync<LifeResult>($"/life/{Uri.EscapeDataString(adapter)}/{step}").ConfigureAwait(false);
        if (went is null)
            throw NodeException.Usage($"cannot {step} '{adapter}'", "on the command line",
                refusal.Length > 0 ? refusal : "an adapter that 'chimney life' shows");
        output.Say(
            new { Event = "life", Adapter = adapter, Step = step, Status = went.Status.ToString(), went.WaitsFor,
                Held = went.Held.Count },
            [
                $"{step} {adapter}: {went.Status}{(went.WaitsFor is { } what ? $", waits for {what}" : "")}",
                .. went.Held.Select(one => $"  {PendingCommand.Text(one)}"),
            ]);
        return went.IsDone ? ExitCode.Good : ExitCode.Environment;
    }
}
