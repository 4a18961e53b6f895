using ChimneyActors.Conformance.Rules;
using ChimneyActors.Conformance.Stages;

namespace ChimneyActors.Conformance.Playing;

/// <summary>Counts what was asserted of each rule, and keeps the first breaches. From any thread.</summary>
internal sealed class Judge
{
    private const int BreachesMax = 5;
    private const int TraceMax = 40;
    private readonly Lock _gate = new();
    private readonly Dictionary<string, Tally> _tallies = [];

    /// <summary>A rule was looked at, and holds.</summary>
    public void Upheld(string rule, string name)
    {
        lock (_gate)
        {
            Tally tally = TallyOf(rule);
            tally.Checks++;
            tally.Cases.Add(name);
        }
    }

    /// <summary>A rule was found broken.</summary>
    public void Breached(string rule, string name, string driver, string detail, TraceEntry[] trace)
    {
        lock (_gate)
        {
            Tally tally = TallyOf(rule);
            tally.Checks++;
            tally.Cases.Add(name);
            if (tally.Breaches.Count < BreachesMax)
                tally.Breaches.Add(new RuleBreach(
                    name, driver, detail, [.. trace.TakeLast(TraceMax).Select(entry => entry.ToString())]));
        }
    }

    /// <summary>A case that was to judge a rule has not come to it.</summary>
    public void Missed(string rule, string why)
    {
        lock (_gate)
            TallyOf(rule).Missed ??= why;
    }

    /// <summary>What became of a rule on a target.</summary>
    public RuleResult ResultOf(ConformanceRule rule, string target)
    {
        Tally tally;
        lock (_gate)
            tally = TallyOf(rule.Id);
        (RuleVerdict verdict, string reason) = Decide(tally, RuleBook.RemarkOf(rule.Id, target));
        return new RuleResult(rule, verdict, reason, tally.Checks, [.. tally.Cases], [.. tally.Breaches]);
    }

    private static (RuleVerdict Verdict, string Reason) Decide(Tally tally, Remark? remark)
    {
        if (tally.Breaches.Count > 0)
            return (RuleVerdict.Breached, "");
        if (tally.Checks > 0)
            return (RuleVerdict.Upheld, remark is { Verdict: RuleVerdict.Upheld } ? "in part: " + remark.Reason : "");
        if (remark is { Verdict: not RuleVerdict.Upheld })
            return (remark.Verdict, remark.Reason);
        if (tally.Missed is not null)
            return (RuleVerdict.Open, tally.Missed);
        return remark is null ? (RuleVerdict.Absent, "") : (RuleVerdict.Open, "no case yet; in part: " + remark.Reason);
    }

    private Tally TallyOf(string rule)
    {
        if (!_tallies.TryGetValue(rule, out Tally? tally))
            _tallies.Add(rule, tally = new Tally());
        return tally;
    }

    private sealed class Tally
    {
        public long Checks { get; set; }

        public SortedSet<string> Cases { get; } = new(StringComparer.Ordinal);

        public List<RuleBreach> Breaches { get; } = [];

        public string? Missed { get; set; }
    }
}
