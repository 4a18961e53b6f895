using System.Collections.Concurrent;

namespace ChimneyActors.Ndis;

/// <summary>What waits for a thread of the pool. Each that is added asks the pool for one turn, without an allocation;
/// which turn takes which does not matter.</summary>
internal sealed class PoolRuns : IThreadPoolWorkItem
{
    private static readonly ConcurrentQueue<IThreadPoolWorkItem> Waiting = new();
    private static readonly PoolRuns Turn = new();

    /// <summary>Has a thread of the pool run it, and what it wakes.</summary>
    internal static void Add(IThreadPoolWorkItem item)
    {
        Waiting.Enqueue(item);
        ThreadPool.UnsafeQueueUserWorkItem(Turn, preferLocal: false);
    }

    /// <inheritdoc/>
    public void Execute()
    {
        if (Waiting.TryDequeue(out IThreadPoolWorkItem? item))
            RunQueue.RunOnPool(item);
    }
}
