using ChimneyActors.Supervision;

namespace ChimneyActors.Embedding;

/// <summary>One after the other. Thread-safe.</summary>
/// <remarks>Who comes next waits for a turn, and not for the task that the caller has: of two who wait for one task
/// only the last goes on where it ends, and in a seeded world nobody may go on elsewhere.</remarks>
internal sealed class Turns(DriverStack stack)
{
    private readonly Lock _lock = new();
    private Task? _last;

    /// <summary>Does something when everything before it is over, however that ended.</summary>
    public async Task TakeAsync(Func<Task> what)
    {
        var turn = new TaskCompletionSource(stack.TaskOptions);
        Task? before;
        lock (_lock)
            (before, _last) = (_last, turn.Task);
        try
        {
            if (before is not null)
                await before.ConfigureAwait(false);
            await what().ConfigureAwait(false);
        }
        finally
        {
            turn.SetResult();
        }
    }
}
