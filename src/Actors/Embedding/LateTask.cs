namespace ChimneyActors.Embedding;

/// <summary>A task that is made when somebody asks for it or when it ends, whichever comes first: most connections are
/// never asked, and there are many of them.</summary>
/// <remarks>A mutable struct: a field, never copied.</remarks>
internal struct LateTask<T>
{
    private TaskCompletionSource<T>? _source;

    /// <summary>Whether it has ended; does not make it.</summary>
    public readonly bool HasEnded => _source is { Task.IsCompleted: true };

    /// <summary>The task.</summary>
    public Task<T> Get(TaskCreationOptions options) => Source(options).Task;

    /// <summary>Ends it; only the first time counts.</summary>
    public void End(T value, TaskCreationOptions options) => Source(options).TrySetResult(value);

    private TaskCompletionSource<T> Source(TaskCreationOptions options)
    {
        if (Volatile.Read(ref _source) is { } source)
            return source;
        var mine = new TaskCompletionSource<T>(options);
        return Interlocked.CompareExchange(ref _source, mine, null) ?? mine;
    }
}
