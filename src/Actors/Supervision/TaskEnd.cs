using ChimneyActors.Ndis;

namespace ChimneyActors.Supervision;

/// <summary>Ends a user's task in a run of its own: whoever awaits it goes on there, next on the thread that landed the
/// request, and never inside a driver.</summary>
internal sealed class TaskEnd<T> : IThreadPoolWorkItem
{
    private readonly TaskCompletionSource<T> _source;
    private readonly T _result;

    private TaskEnd(TaskCompletionSource<T> source, T result) => (_source, _result) = (source, result);

    /// <summary>Soon; in a seeded world, where nobody may leave its one thread, at once.</summary>
    /// <param name="stack">The stack.</param>
    /// <param name="source">Made without options: the run is what keeps whoever awaits out of the drivers.</param>
    /// <param name="result">The result.</param>
    public static void Soon(DriverStack stack, TaskCompletionSource<T> source, T result)
    {
        if (stack.NextTurn is not null)
            source.TrySetResult(result);
        else
            RunQueue.ExecuteOfUser(new TaskEnd<T>(source, result), stack.Settings.ContinueOnTargetThread);
    }

    /// <inheritdoc/>
    public void Execute() => _source.TrySetResult(_result);
}
