using ChimneyActors.Buffers;

namespace ChimneyActors.Node.Stress.Clustered;

/// <summary>What the clients of one node saw, and where they tell it.</summary>
internal sealed class NodeTally
{
    private readonly Latencies _latencies = new();
    private readonly Lock _out = new();
    private long _posted;
    private long _completed;
    private long _sessions;
    private long _aborted;

    public long Posted => Interlocked.Read(ref _posted);

    public long Completed => Interlocked.Read(ref _completed);

    public long Sessions => Interlocked.Read(ref _sessions);

    public long Aborted => Interlocked.Read(ref _aborted);

    /// <summary>Latency of successes, in microseconds.</summary>
    public (long P50, long P99, long P999, long Max) Latency() => _latencies.Read();

    public void CountPosted() => Interlocked.Increment(ref _posted);

    public void CountCompleted(NdisStatus status, TimeSpan took)
    {
        Interlocked.Increment(ref _completed);
        if (status == NdisStatus.Success)
            _latencies.Add(took);
    }

    /// <summary>A connection came to its end.</summary>
    public void Count(SessionOver over)
    {
        Interlocked.Increment(ref _sessions);
        if (!over.IsWhole)
            Interlocked.Increment(ref _aborted);
        Tell(over);
    }

    /// <summary>Tells the coordinator.</summary>
    public void Tell(NodeEvent happened)
    {
        lock (_out)
        {
            Console.Out.WriteLine(happened.Write());
            Console.Out.Flush();
        }
    }
}
