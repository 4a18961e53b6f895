using ChimneyActors.Node.Sessions;

namespace ChimneyActors.Node.Serve;

/// <summary>The sums of all sessions of a service.</summary>
internal sealed class ServiceStatistics
{
    private readonly SessionEndCounts _ends = new();
    private long _received;
    private long _acknowledged;

    /// <summary>Bytes received.</summary>
    public long Received => Interlocked.Read(ref _received);

    /// <summary>Bytes sent that clients acknowledged.</summary>
    public long Acknowledged => Interlocked.Read(ref _acknowledged);

    /// <summary>How many ended how.</summary>
    public IReadOnlyDictionary<string, long> Ends() => _ends.Texts();

    /// <summary>Adds one session.</summary>
    public void Add(ServiceRecord record)
    {
        _ends.Add(record.End);
        Interlocked.Add(ref _received, record.Received);
        Interlocked.Add(ref _acknowledged, record.Acknowledged);
    }
}
