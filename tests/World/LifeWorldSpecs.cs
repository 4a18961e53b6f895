using ChimneyActors.TestKit;
using ChimneyActors.World.Tests.Support;
using Xunit.Abstractions;

namespace ChimneyActors.World.Tests;

/// <summary>Worlds whose adapters and bindings go through their lives while hosts are at work.</summary>
public sealed class LifeWorldSpecs(ITestOutputHelper output)
{
    private const int SeedsMax = 3_000;
    private const int AtOnce = 2;
    private const int Batch = 100;

    /// <summary>What may come next of what: the tables of the reference, without what the conductor never does. The
    /// last step of what was plugged in before comes before the first of what is.</summary>
    private static readonly string[] Pairs =
    [
        "adapter Initialize InitializeComplete", "adapter Initialize InitializeFailed",
        "adapter InitializeFailed Initialize", "adapter InitializeComplete Restart",
        "adapter InitializeComplete Halt",      // pulled out before it went to work
        "adapter Restart RestartComplete", "adapter Restart RestartFailed", "adapter RestartFailed Restart",
        "adapter RestartFailed Halt", "adapter RestartComplete Pause", "adapter Pause PauseComplete",
        "adapter PauseComplete Restart", "adapter PauseComplete Halt", "adapter Halt Initialize",
        "binding Bind BindComplete", "binding BindComplete Restart", "binding BindComplete Unbind",
        "binding Restart RestartComplete", "binding RestartComplete Pause", "binding Pause PauseComplete",
        "binding PauseComplete Restart", "binding PauseComplete Unbind", "binding Unbind UnbindComplete",
        "binding UnbindComplete Bind",
    ];

    /// <summary>Where something may be on its way just then.</summary>
    private static readonly string[] Points =
    [
        "request-driver", "request-target", "request-home", "disconnect-driver", "disconnect-target",
        "disconnect-home", "data-driver", "data-host", "data-home", "initiate-driver", "initiate-target",
        "initiate-home", "terminate-driver", "terminate-target", "terminate-home",
    ];

    /// <summary>When everything may be out over the binding itself, as it is to pause.</summary>
    private const string Working = "binding RestartComplete Pause";

    [Fact]
    public async Task Every_pair_of_steps_is_taken_while_requests_are_at_every_point_of_their_way()
    {
        var seen = new Meetings();
        string[] wanted = [.. from pair in Pairs from point in Points select $"{pair} {point}"];
        int worlds = 0;
        for (int max = SeedCount.Or(SeedsMax); worlds < max && !seen.Out.IsSupersetOf(wanted);)
        {
            int first = worlds + 1;
            worlds += Batch * AtOnce;
            foreach (Meetings some in await Task.WhenAll(Enumerable.Range(0, AtOnce)
                .Select(part => OnAThreadOfItsOwn(() => Live(first + (part * Batch))))))
                seen.Add(some);
        }

        string[] missing = [.. wanted.Except(seen.Out)];
        output.WriteLine($"{worlds} worlds, {wanted.Length} meetings, not seen: {missing.Length}");
        missing.ShouldBeEmpty();
        Points.Select(point => $"{Working} {point}").Except(seen.Own).ShouldBeEmpty();
    }

    /// <summary>Over an adapter or binding that is not at work nothing is out, but what the host was lent by an adapter
    /// that was pulled out (LIFE-07).</summary>
    private static bool MayBeOut(string meeting) => meeting.StartsWith(Working, StringComparison.Ordinal)
        || (meeting.StartsWith("adapter", StringComparison.Ordinal) && meeting.Contains(" data-"));

    private static Meetings Live(int first)
    {
        var seen = new Meetings();
        using var simulation = new Simulation { Lively = true, OnLifeStep = seen.Note };
        for (int seed = first; seed < first + Batch; seed++)
        {
            string again = $"again: chimney simulate --seed {seed} --lively --trace trace-{seed}.txt";
            simulation.Run(seed).Violations.ShouldBeEmpty(again);
            seen.Own.Where(one => !MayBeOut(one)).ShouldBeEmpty(again);
        }
        return seen;
    }

    private static Task<Meetings> OnAThreadOfItsOwn(Func<Meetings> live) => Task.Factory.StartNew(
        live, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);

    /// <summary>Which step behind which other was taken while something was where: anywhere, and over whoever took
    /// it.</summary>
    private sealed class Meetings
    {
        public HashSet<string> Out { get; } = [];

        public HashSet<string> Own { get; } = [];

        public void Note(LifeSeen step)
        {
            string pair = $"{step.Who.Split(' ')[0]} {step.Before} {step.Step}";
            if (!Pairs.Contains(pair))
                return;
            Out.UnionWith(step.Out.Select(point => $"{pair} {point}"));
            Own.UnionWith(step.Own.Where(point => Points.Contains(point)).Select(point => $"{pair} {point}"));
        }

        public void Add(Meetings other)
        {
            Out.UnionWith(other.Out);
            Own.UnionWith(other.Own);
        }
    }
}
