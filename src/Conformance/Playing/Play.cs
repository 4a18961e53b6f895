using ChimneyActors.Buffers;
using ChimneyActors.Conformance.Stages;
using ChimneyActors.Embedding;

namespace ChimneyActors.Conformance.Playing;

/// <summary>One case on its stage: makes connections, waits, and asserts rules.</summary>
internal sealed class Play
{
    private readonly Lock _gate = new();
    private readonly Judge _judge;
    private readonly ConformanceCase _case;
    private readonly string _suspect;
    private readonly List<(Func<bool> Holds, TaskCompletionSource Told)> _waiting = [];
    private readonly List<Line> _lines = [];
    private readonly HashSet<string> _asserted = [];

    public Play(Stage stage, Judge judge, ConformanceCase played, ConformanceSubject subject)
    {
        Stage = stage;
        _judge = judge;
        _case = played;
        _suspect = subject.IsDriver ? Stage.Driver : Stage.Miniport;
        stage.Watch.Changed = LookAgain;
    }

    /// <summary>The stage.</summary>
    public Stage Stage { get; }

    /// <summary>Every connection made so far.</summary>
    public IReadOnlyList<Line> Lines => _lines;

    /// <summary>Rules of the case that it has not come to.</summary>
    public IEnumerable<string> Missed => _case.Rules.Except(_asserted);

    /// <summary>Everything seen so far.</summary>
    public TraceEntry[] Trace => Stage.Watch.Entries;

    /// <summary>A connection that is not offloaded yet.</summary>
    public Line NewLine(LinePlan? plan = null)
    {
        LinePlan planned = plan ?? LinePlan.Usual;
        var line = new Line(this, Stage.Connect(planned), planned);
        lock (_gate)
            _lines.Add(line);
        return line;
    }

    /// <summary>A connection, offloaded.</summary>
    public async Task<Line> OffloadAsync(LinePlan? plan = null)
    {
        Line line = NewLine(plan);
        await line.OffloadAsync();
        return line;
    }

    /// <summary>Asserts a rule.</summary>
    /// <param name="rule">Its id.</param>
    /// <param name="holds">Whether it holds.</param>
    /// <param name="detail">What happened, if it does not.</param>
    /// <param name="by">Who broke it then; null for whoever is under test.</param>
    public void Check(string rule, bool holds, string detail, string? by = null)
    {
        if (!_case.Rules.Contains(rule))
            throw new InvalidOperationException($"'{_case.Name}' does not say that it asserts {rule}.");
        Assert(rule, holds, detail, by);
    }

    /// <summary>Asserts a rule that many cases touch by the way, by what was seen of a driver itself.</summary>
    public void Note(string rule, bool holds, string detail, string? by = null)
    {
        lock (_gate)
            _asserted.Add(rule);
        if (holds)
            _judge.Upheld(rule, _case.Name);
        else
            _judge.Breached(rule, _case.Name, by ?? _suspect, detail, Trace);
    }

    /// <summary>Waits for something that a rule demands, and asserts it.</summary>
    /// <exception cref="CaseOverException">It does not happen.</exception>
    public async Task Until(string rule, string what, Func<bool> holds)
    {
        var told = new TaskCompletionSource();
        lock (_gate)
            _waiting.Add((holds, told));
        LookAgain();
        bool happened = await Stage.EndsAsync(told.Task) || holds();
        Assert(rule, happened, $"it does not happen that {what}", null);
        if (!happened)
            throw new CaseOverException($"it does not happen that {what}");
    }

    /// <summary>Waits for an answer that must come.</summary>
    /// <exception cref="CaseOverException">It does not come.</exception>
    public async Task<T> Ends<T>(string rule, string what, Task<T> answer)
    {
        var told = new TaskCompletionSource();
        _ = answer.ContinueWith(
            _ => Stage.Soon(() => told.TrySetResult()), TaskContinuationOptions.ExecuteSynchronously);
        bool ended = await Stage.EndsAsync(told.Task);
        Assert(rule, ended, $"{what} is never answered", null);
        return ended ? await answer : throw new CaseOverException($"{what} is never answered");
    }

    /// <summary>Waits for the answer to a request; every one must come (GEN-03).</summary>
    public Task<T> Ends<T>(Task<T> answer) => Ends("GEN-03", "a request", answer);

    /// <summary>Lets everything happen that need not wait for the peer.</summary>
    public async Task SettleAsync(Line line)
    {
        var told = new TaskCompletionSource();
        lock (_gate)
            _waiting.Add((() => line.HasArrived, told));
        LookAgain();
        await Stage.EndsAsync(told.Task);
        await Stage.SettleAsync(line.Handle);
    }

    /// <summary>The first entry that fits; null if there is none.</summary>
    public TraceEntry? Find(Func<TraceEntry, bool> fits) => Trace.FirstOrDefault(fits);

    /// <summary>Takes every connection back that the case has left.</summary>
    public async Task EndAsync()
    {
        foreach (Line line in Lines)
            await line.EndAsync();
        foreach (HostNetwork network in Lines.Select(line => line.Path?.Network).OfType<HostNetwork>().Distinct())
            await Until("TERM-22", "paths go after their connections", () => network.Count == 0);
    }

    /// <summary>Something has happened: who waited for it goes on.</summary>
    public void LookAgain()
    {
        List<TaskCompletionSource> told = [];
        lock (_gate)
        {
            for (int index = _waiting.Count - 1; index >= 0; index--)
            {
                if (!_waiting[index].Holds())
                    continue;
                told.Add(_waiting[index].Told);
                _waiting.RemoveAt(index);
            }
        }
        foreach (TaskCompletionSource waiter in told)
            Stage.Soon(() => waiter.TrySetResult());
    }

    /// <summary>Where the stack has reported a breach it has also mended it: what comes out of the case from then on
    /// tells of the mending, and not of another breach.</summary>
    private void Assert(string rule, bool holds, string detail, string? by)
    {
        if (holds || Violations.FirstOrDefault() is not { } reported)
        {
            Note(rule, holds, detail, by);
            return;
        }
        lock (_gate)
            _asserted.Add(rule);
        _judge.Missed(rule,
            $"'{_case.Name}' tells nothing of it after V-{(int)reported.Check:00} by {reported.Driver}");
    }

    /// <summary>Breaches that the stack itself has reported, but for those that the case makes itself.</summary>
    public IEnumerable<Violation> Violations =>
        Stage.Chimney.Violations.Where(violation => !_case.Provokes.Contains(violation.Check));

    /// <summary>What the case itself has done that is not lawful, as it was reported.</summary>
    public IEnumerable<Violation> Provoked =>
        Stage.Chimney.Violations.Where(violation => _case.Provokes.Contains(violation.Check));

    /// <summary>The balance of the stack.</summary>
    public LedgerSnapshot Ledger => Stage.Chimney.Ledger;
}
