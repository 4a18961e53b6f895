using ChimneyActors.Conformance.Cases;
using ChimneyActors.Conformance.Playing;
using ChimneyActors.Conformance.Rules;
using ChimneyActors.Conformance.Stages;

namespace ChimneyActors.Conformance;

/// <summary>On which target a run plays.</summary>
public enum ReferenceTarget
{
    /// <summary>A TCP engine on a simulated wire, in the seeded world: the same seed gives the same run.</summary>
    Simulated,

    /// <summary>Sockets of Linux, over loopback.</summary>
    Kernel,
}

/// <summary>Plays the cases of the kit, and says of every rule what came out.</summary>
/// <remarks>Each case raises a stack of its own: two bindings, the driver under test between two that listen, a
/// miniport, the target under test, and peers. It takes seconds for the simulated target, and some more for the
/// kernel.</remarks>
public sealed class ConformanceRun
{
    /// <summary>Every rule of the contract, in the order of the reference.</summary>
    public static IReadOnlyList<ConformanceRule> AllRules => RuleBook.Rules;

    /// <summary>The requirements of the certification of the time.</summary>
    public static IReadOnlyList<CertificationRequirement> Requirements => RuleBook.Requirements;

    /// <summary>Who is put to the test.</summary>
    public ConformanceSubject Subject { get; init; } = ConformanceSubject.Ours;

    /// <summary>On which target; also what stands under a driver, or behind a layer around a target.</summary>
    public ReferenceTarget Target { get; init; } = ReferenceTarget.Simulated;

    /// <summary>The first seed.</summary>
    public long Seed { get; init; } = 1;

    /// <summary>With how many seeds each case is played; the kernel knows none, and plays once.</summary>
    public int Seeds { get; init; } = 3;

    /// <summary>Only this rule; null for all.</summary>
    public string? Rule { get; init; }

    /// <summary>Told of each case before it is played.</summary>
    public Action<string>? OnCase { get; init; }

    private string TargetName => Target == ReferenceTarget.Simulated ? "simulated" : "kernel";

    private int Times => Target == ReferenceTarget.Simulated ? Seeds : 1;

    /// <summary>Plays, on this thread and its own.</summary>
    /// <exception cref="ArgumentException">There is no such rule, or a target for sockets is to be played without
    /// any.</exception>
    public ConformanceResult Play()
    {
        if (Rule is not null && !RuleBook.Has(Rule))
            throw new ArgumentException($"There is no rule '{Rule}'.");
        if (Subject.IsOfSockets && Target == ReferenceTarget.Simulated)
            throw new ArgumentException(
                $"'{Subject.Name}' takes no other target, so it needs the sockets of the kernel.");
        long start = TimeProvider.System.GetTimestamp();
        var judge = new Judge();
        int played = 0;
        foreach (ConformanceCase next in Wanted())
        {
            OnCase?.Invoke(next.Name);
            for (int time = 0; time < Times && PlayOne(next, judge, Seed + time); time++)
                played++;
        }
        return new ConformanceResult(
            Subject.Name, TargetName, Seed, Times, played, TimeProvider.System.GetElapsedTime(start),
            [.. RuleBook.Rules.Where(IsWanted).Select(rule => judge.ResultOf(rule, TargetName))]);
    }

    private bool IsWanted(ConformanceRule rule) => Rule is null || rule.Id == Rule;

    /// <summary>What is asserted by the way may come out of any case.</summary>
    private IEnumerable<ConformanceCase> Wanted()
    {
        ConformanceCase[] named = [.. CaseList.All.Where(one => Rule is null || one.Rules.Contains(Rule))];
        return named.Length > 0 ? named : CaseList.All;
    }

    private bool PlayOne(ConformanceCase next, Judge judge, long seed)
    {
        Stage stage = Target == ReferenceTarget.Simulated
            ? new SeededStage(seed, Subject, next.Plan)
            : new LoopbackStage(Subject, next.Plan);
        bool able = (next.Needs & ~stage.Abilities) == 0;
        if (!able)
        {
            stage.Dispose();
            foreach (string rule in next.Rules)
                judge.Missed(rule, $"no case for this target: '{next.Name}' needs {next.Needs}");
            return false;
        }
        CasePlayer.Play(next, new Play(stage, judge, next, Subject), judge);
        return true;
    }
}
