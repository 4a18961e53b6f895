using ChimneyActors.Supervision;

namespace ChimneyActors.Embedding;

/// <summary>What a host asks of the state of one object: updates take turns (UPD-03), and the terminate waits for
/// everything (TERM-02). Guarded by its user.</summary>
internal sealed class StateAsks(DriverStack stack)
{
    private int _open;
    private TaskCompletionSource? _closed;

    /// <summary>Of updates.</summary>
    public Turns Turns { get; } = new(stack);

    /// <summary>Whether the object was invalidated: nothing of it is updated any more.</summary>
    public bool IsInvalid { get; set; }

    /// <summary>Something is asked. False: the terminate was asked for before.</summary>
    public bool TryBegin()
    {
        if (_closed is not null)
            return false;
        _open++;
        return true;
    }

    /// <summary>It was answered.</summary>
    public void End()
    {
        if (--_open == 0)
            _closed?.TrySetResult();
    }

    /// <summary>Nothing more is asked.</summary>
    /// <returns>Ends when everything was answered.</returns>
    public Task Close()
    {
        _closed ??= new TaskCompletionSource(stack.TaskOptions);
        if (_open == 0)
            _closed.TrySetResult();
        return _closed.Task;
    }
}
