using ChimneyActors.Buffers;
using ChimneyActors.Conformance.Stages;
using ChimneyActors.Embedding;
using ChimneyActors.Ndis;

namespace ChimneyActors.Conformance.Playing;

/// <summary>What cases have in common that lead the adapters of their stage through their lives.</summary>
internal static class Lives
{
    /// <summary>What a note says when a host gives back what it was lent.</summary>
    public const string GivesBack = "gives lent data back";

    private const int TriesMax = 1_000;
    private const int LinesMax = 20;

    /// <summary>Does it to each adapter under the driver under test, one after the other.</summary>
    public static async Task EachAsync(Play play, string rule, Func<Adapter, Task<LifeResult>> what)
    {
        foreach (Adapter nic in play.Stage.Adapters)
            await DoneAsync(play, rule, what(nic));
    }

    /// <summary>An operation must end well.</summary>
    public static async Task DoneAsync(Play play, string rule, Task<LifeResult> operation)
    {
        LifeResult result = await play.Ends(rule, "an operation", operation);
        play.Note(rule, result.IsDone,
            $"{result.Status}, it waits for {result.WaitsFor}; {string.Join("; ", result.Held)}");
        if (!result.IsDone)
            throw new CaseOverException($"an operation does not end: {result.Status}, {result.WaitsFor}");
    }

    /// <summary>An operation whose caller does not wait must not be over yet.</summary>
    public static async Task<LifeResult> GoesOnAsync(Play play, string rule, Task<LifeResult> operation)
    {
        LifeResult result = await play.Ends(rule, "an operation with a deadline", operation);
        play.Check(rule, result.Status == NdisStatus.Pending, $"is over at once: {result.Status}");
        return result;
    }

    /// <summary>Waits for something that nobody tells of, a state for instance.</summary>
    public static async Task UntilAsync(Play play, string rule, string what, Func<bool> holds)
    {
        for (int tries = 0; tries < TriesMax && !holds(); tries++)
            await play.Stage.AwhileAsync();
        play.Note(rule, holds(), $"it does not happen that {what}");
        if (!holds())
            throw new CaseOverException($"it does not happen that {what}");
    }

    /// <summary>What becomes of a new connection.</summary>
    public static async Task<NdisStatus> OffloadAsync(Play play, string rule, LinePlan? plan = null)
    {
        try
        {
            await play.Ends(rule, "an initiate", play.NewLine(plan).TryOffloadAsync());
            return NdisStatus.Success;
        }
        catch (OffloadException refused)
        {
            return refused.Status;
        }
    }

    /// <summary>What becomes of a control request.</summary>
    public static async Task<NdisStatus> OidAsync<T>(Play play, string rule, Task<T> request)
    {
        try
        {
            await play.Ends(rule, "a control request", request);
            return NdisStatus.Success;
        }
        catch (OidException failed)
        {
            return failed.Status;
        }
    }

    /// <summary>Connections until there is one on each adapter.</summary>
    public static async Task<Line[]> OnEachAsync(Play play)
    {
        var lines = new List<Line>();
        while (lines.Count < LinesMax && play.Stage.Plugs.Any(plug => !lines.Exists(line => plug.Serves(line.Handle))))
            lines.Add(await play.OffloadAsync());
        return [.. lines];
    }

    /// <summary>Connections until there is another one on the same adapter.</summary>
    public static async Task<Line> BesideAsync(Play play, WatchedTarget plug, LinePlan? plan = null)
    {
        for (int tries = 0; tries < LinesMax; tries++)
        {
            Line line = await play.OffloadAsync(plan);
            if (plug.Serves(line.Handle))
                return line;
        }
        throw new CaseOverException("no two connections come to one adapter");
    }

    /// <summary>Every adapter says something to everybody above it.</summary>
    public static void Say(Play play, NdisStatus status, object? information = null)
    {
        foreach (WatchedTarget plug in play.Stage.Plugs)
            plug.Host.IndicateStatus(status, information);
    }

    /// <summary>Where the first entry is that fits; behind everything if there is none.</summary>
    public static int At(IReadOnlyList<TraceEntry> trace, Func<TraceEntry, bool> fits)
    {
        int at = trace.ToList().FindIndex(entry => fits(entry));
        return at < 0 ? int.MaxValue : at;
    }

    /// <summary>Where the last entry is that fits; before everything if there is none.</summary>
    public static int LastAt(IReadOnlyList<TraceEntry> trace, Func<TraceEntry, bool> fits) =>
        trace.ToList().FindLastIndex(entry => fits(entry));

    /// <summary>Whether a host gives back what it was lent.</summary>
    public static bool IsReturn(TraceEntry entry) => entry is { Place: Place.Host, Act: Act.Note }
        && entry.Text.StartsWith(GivesBack, StringComparison.Ordinal);

    /// <summary>Whether something of a connection goes through the plug of an adapter.</summary>
    public static bool IsTraffic(TraceEntry entry, int adapter) => entry is { Place: Place.Target, Parcel: not null }
        && entry.Adapter == adapter && entry.Act is Act.Down or Act.Up or Act.Data or Act.Answer;
}
