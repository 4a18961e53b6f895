using ChimneyActors.TestKit;
using ChimneyActors.World.Tests.Support;
using Xunit.Abstractions;

namespace ChimneyActors.World.Tests;

/// <summary>Seeds whose adapters and bindings go through their lives while hosts are at work.</summary>
public sealed class LifeWorldSpecs(ITestOutputHelper output)
{
    private const int SeedsDefault = 3_000;

    /// <summary>What may come next of what: the tables of the reference, without what the conductor never
    /// does.</summary>
    private static readonly string[] OfAdapters =
    [
        "Initialize InitializeComplete", "Initialize InitializeFailed", "InitializeFailed Initialize",
        "InitializeComplete Restart", "InitializeComplete Halt", "Restart RestartComplete", "Restart RestartFailed",
        "RestartFailed Restart", "RestartFailed Halt", "RestartComplete Pause", "Pause PauseComplete",
        "PauseComplete Restart", "PauseComplete Halt", "Halt Initialize",
    ];

    private static readonly string[] OfBindings =
    [
        "Bind BindComplete", "BindComplete Restart", "BindComplete Unbind", "Restart RestartComplete",
        "RestartComplete Pause", "Pause PauseComplete", "PauseComplete Restart", "PauseComplete Unbind",
        "Unbind UnbindComplete", "UnbindComplete Bind",
    ];

    /// <summary>Only one below which nothing works is halted before it was ever restarted: then nothing is
    /// out.</summary>
    private static readonly string[] Quiet = ["adapter InitializeComplete Halt"];

    /// <summary>What happens to those at work, and is to happen at every point.</summary>
    private static readonly string[] Busy =
    [
        "adapter RestartComplete Pause", "adapter Pause PauseComplete",
        "binding RestartComplete Pause", "binding Pause PauseComplete",
    ];

    /// <summary>Where something may be on its way just then.</summary>
    private static readonly string[] Points =
    [
        "request-driver", "request-target", "request-home", "disconnect-driver", "disconnect-target",
        "disconnect-home", "data-driver", "data-host", "data-home", "initiate-driver", "initiate-target",
        "initiate-home", "terminate-driver", "terminate-target", "terminate-home",
    ];

    [Fact]
    public void Every_pair_of_steps_is_taken_while_requests_are_at_every_point_of_their_way()
    {
        var seen = new HashSet<string>();
        using var simulation = new Simulation();
        int worlds = 0;
        foreach (long seed in WithLife(SeedCount.Or(SeedsDefault)))
        {
            worlds++;
            using var trace = new StringWriter();
            simulation.Run(seed, trace).Violations
                .ShouldBeEmpty($"again: chimney simulate --seed {seed} --trace trace-{seed}.txt");
            Note(trace.ToString(), seen);
        }

        string[] wanted = [.. from kind in new[] { "adapter", "binding" }
            from pair in kind == "adapter" ? OfAdapters : OfBindings
            from point in Points
            select $"{kind} {pair} {point}"];
        string[] missing = [.. wanted.Where(one => !seen.Contains(one))];
        output.WriteLine($"{worlds} worlds, {wanted.Length} meetings, not seen: {missing.Length}");
        foreach (string one in missing)
            output.WriteLine(one);
        missing.Length.ShouldBeLessThan(wanted.Length / 3);
        foreach (string pair in OfAdapters.Select(pair => $"adapter {pair}")
            .Concat(OfBindings.Select(pair => $"binding {pair}")).Where(pair => !Quiet.Contains(pair)))
            Points.ShouldContain(point => seen.Contains($"{pair} {point}"), pair);
        foreach (string point in Points)
            foreach (string pair in Busy)
                seen.ShouldContain($"{pair} {point}");
    }

    private static IEnumerable<long> WithLife(int seeds) => Enumerable.Range(1, seeds).Select(seed => (long)seed)
        .Where(seed => new WorldPlan(Choices.Draw(seed, keep: false)[ChoiceRow.Plan]).LifeMax > 0);

    /// <summary>Lines like: 12.000 adapter nic0 Pause, out: request-home request-target.</summary>
    private static void Note(string trace, HashSet<string> seen)
    {
        var last = new Dictionary<string, string>();
        foreach (string line in trace.Split('\n'))
        {
            int at = line.IndexOf(", out: ", StringComparison.Ordinal);
            if (at < 0)
                continue;
            string[] words = line[..at].Split(' ');
            (string kind, string name, string step) = (words[^3], words[^2], words[^1]);
            if (last.TryGetValue(kind + name, out string? before))
                foreach (string point in line[(at + 7)..].Split(' '))
                    seen.Add($"{kind} {before} {step} {point}");
            last[kind + name] = step;
        }
    }
}
