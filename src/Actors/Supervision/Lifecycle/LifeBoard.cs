using System.Collections.Concurrent;

namespace ChimneyActors.Supervision.Lifecycle;

/// <summary>The adapters and bindings of a stack, and what is to be done to them. Outlives whoever does it.</summary>
internal sealed class LifeBoard
{
    private readonly ConcurrentQueue<LifeOperation> _asked = new();
    private int _isWatched;
    private int _isTold;

    /// <summary>Where the conductor is now.</summary>
    public Edge Conductor { get; } = new("life");

    /// <summary>Every adapter, from the bottom up.</summary>
    public List<AdapterNode> Adapters { get; } = [];

    /// <summary>Every binding, from the bottom up.</summary>
    public List<BindingNode> Bindings { get; } = [];

    /// <summary>Whether something is under way that an ended connection may let go on.</summary>
    public bool IsWatched
    {
        get => Volatile.Read(ref _isWatched) != 0;
        set => Volatile.Write(ref _isWatched, value ? 1 : 0);
    }

    /// <summary>Wants something done; from any thread.</summary>
    public void Ask(LifeOperation operation)
    {
        _asked.Enqueue(operation);
        Conductor.Tell(LookAtLife.Instance, null);
    }

    /// <summary>What was asked since.</summary>
    public bool TryTake(out LifeOperation? operation) => _asked.TryDequeue(out operation);

    /// <summary>Something has changed that a step may wait for.</summary>
    public void Nudge()
    {
        if (IsWatched && Interlocked.Exchange(ref _isTold, 1) == 0)
            Conductor.Tell(LookAtLife.Instance, null);
    }

    /// <summary>Whoever was told looks now: what changes from here on is told anew.</summary>
    public void Looking() => Volatile.Write(ref _isTold, 0);
}
