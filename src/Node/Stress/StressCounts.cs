using System.Collections.Concurrent;

namespace ChimneyActors.Node.Stress;

/// <summary>What the clients saw, all together.</summary>
internal sealed class StressCounts
{
    private const int BrokenMax = 100;
    private readonly Latencies _latencies = new();
    private readonly ConcurrentQueue<string> _broken = new();
    private long _posted;
    private long _completed;
    private long _succeeded;
    private long _lost;
    private long _doubled;
    private long _sessions;
    private long _disconnects;
    private long _repairs;
    private long _brokenCount;

    public long Posted => Interlocked.Read(ref _posted);

    public long Completed => Interlocked.Read(ref _completed);

    public long Succeeded => Interlocked.Read(ref _succeeded);

    public long Lost => Interlocked.Read(ref _lost);

    public long Doubled => Interlocked.Read(ref _doubled);

    /// <summary>Sessions that ended and were judged.</summary>
    public long Sessions => Interlocked.Read(ref _sessions);

    public long Disconnects => Interlocked.Read(ref _disconnects);

    /// <summary>How often a connection was taken back and offloaded again.</summary>
    public long Repairs => Interlocked.Read(ref _repairs);

    /// <summary>Promises that a client or a peer saw broken.</summary>
    public long BrokenCount => Interlocked.Read(ref _brokenCount);

    /// <summary>The first hundred of them.</summary>
    public IReadOnlyCollection<string> Broken => _broken;

    public void CountPosted() => Interlocked.Increment(ref _posted);

    public void CountDisconnect() => Interlocked.Increment(ref _disconnects);

    public void CountCompleted(bool success, TimeSpan took)
    {
        Interlocked.Increment(ref _completed);
        if (success)
            Interlocked.Increment(ref _succeeded);
        _latencies.Add(took);
    }

    public void CountSession(int repairs)
    {
        Interlocked.Increment(ref _sessions);
        Interlocked.Add(ref _repairs, repairs);
    }

    public void CountLost(long requests) => Interlocked.Add(ref _lost, requests);

    public void CountDoubled(long requests) => Interlocked.Add(ref _doubled, requests);

    /// <summary>Somebody saw a promise broken.</summary>
    public void Break(string what)
    {
        Interlocked.Increment(ref _brokenCount);
        if (_broken.Count < BrokenMax)
            _broken.Enqueue(what);
    }

    /// <summary>Latency in microseconds.</summary>
    public (long P50, long P99, long P999, long Max) Latency() => _latencies.Read();
}
