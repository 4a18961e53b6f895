using ChimneyActors.Node.Hosting;
using Serilog;

namespace ChimneyActors.Node.Sessions;

/// <summary>Lets sessions finish, within a time limit; aborts the rest.</summary>
internal static class Drain
{
    // An abort needs nobody but ourselves; a session that outlives it by so much is a bug and counted as one.
    private static readonly TimeSpan AbortGrace = TimeSpan.FromSeconds(10);

    /// <summary>Runs until no session is left.</summary>
    /// <param name="table">The sessions; nothing is accepted any more.</param>
    /// <param name="timeout">How long they may take.</param>
    /// <param name="signals">A second signal aborts at once.</param>
    /// <param name="clock">The clock.</param>
    public static async Task<DrainResult> RunAsync(
        SessionTable table, TimeSpan timeout, ShutdownSignals signals, TimeProvider clock)
    {
        int open = table.Count;
        Task empty = table.WhenEmptyAsync();
        table.BeginDrain(timeout);
        if (open > 0)
            Log.Information("Draining {Open} sessions for at most {Timeout}", open, timeout);
        if (await WithinAsync(Task.WhenAny(empty, signals.Second), timeout, clock).ConfigureAwait(false)
            && empty.IsCompleted)
            return new DrainResult(open, 0, 0);
        int late = table.Count;
        if (late > 0)
            Log.Warning("Aborting {Late} sessions: {Reason}", late,
                signals.Second.IsCompleted ? "a second signal" : "the drain time-out is over");
        table.AbortAll();
        await WithinAsync(empty, AbortGrace, clock).ConfigureAwait(false);
        return new DrainResult(open, late, table.Count);
    }

    private static async Task<bool> WithinAsync(Task task, TimeSpan limit, TimeProvider clock)
    {
        try
        {
            await task.WaitAsync(limit, clock).ConfigureAwait(false);
            return true;
        }
        catch (TimeoutException)
        {
            return false;
        }
    }
}

/// <summary>What a drain did.</summary>
/// <param name="Open">Sessions at its begin.</param>
/// <param name="Aborted">Sessions that had to be aborted.</param>
/// <param name="Stuck">Sessions that did not even end then.</param>
internal sealed record DrainResult(int Open, int Aborted, int Stuck);
