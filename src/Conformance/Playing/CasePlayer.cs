using ChimneyActors.Conformance.Stages;

namespace ChimneyActors.Conformance.Playing;

/// <summary>Plays a case to its end, whatever becomes of it, and looks at what must hold in every one.</summary>
internal static class CasePlayer
{
    /// <summary>Plays it.</summary>
    public static void Play(ConformanceCase played, Play play, Judge judge)
    {
        string? why = Perform(play.Stage, () => played.PlayAsync(play));
        why ??= Perform(play.Stage, play.EndAsync);
        if (why is null)
            Freed(play);
        if (why is null)
            Journeys.Judge(play);
        Always.Judge(play);
        TraceEntry[] trace = play.Trace;
        string? late = Perform(play.Stage.Dispose);
        if (late is not null)
            judge.Breached("GEN-03", played.Name, "the stack", late, trace);
        Reports.Judge(play, judge, played.Name);
        foreach (string rule in play.Missed)
            judge.Missed(rule, $"'{played.Name}' did not get so far: {why ?? "it asserted less than it promised"}");
    }

    /// <summary>Everything was taken back: nobody keeps anything of it.</summary>
    private static void Freed(Play play)
    {
        int left = play.Stage.Chimney.Connections;
        play.Note("IM-19", left == 0, $"{left} connections are still known after their terminates");
    }

    private static string? Perform(Stage stage, Func<Task> what) => Perform(() => stage.Run(what));

    private static string? Perform(Action what)
    {
        try
        {
            what();
            return null;
        }
        catch (Exception exception)
        {
            Exception inner = exception is AggregateException { InnerException: { } only } ? only : exception;
            return inner is CaseOverException ? inner.Message : $"{inner.GetType().Name}: {inner.Message}";
        }
    }
}
