using ChimneyActors.Node.Sessions;

namespace ChimneyActors.Node.Relay;

/// <summary>The sums of all pairs.</summary>
internal sealed class RelayStatistics
{
    private readonly SessionEndCounts _ends = new();
    private long _toUpstream;
    private long _toClient;
    private long _discarded;

    /// <summary>Bytes the upstreams acknowledged.</summary>
    public long ToUpstream => Interlocked.Read(ref _toUpstream);

    /// <summary>Bytes the clients acknowledged.</summary>
    public long ToClient => Interlocked.Read(ref _toClient);

    /// <summary>Bytes received that nobody could have any more.</summary>
    public long Discarded => Interlocked.Read(ref _discarded);

    /// <summary>Connections that were taken back and offloaded again.</summary>
    public MoveTimes Moves { get; } = new();

    /// <summary>Adds one pair.</summary>
    public void Add(RelayRecord record)
    {
        _ends.Add(record.End);
        Interlocked.Add(ref _toUpstream, record.UpstreamAcknowledged);
        Interlocked.Add(ref _toClient, record.ClientAcknowledged);
        Interlocked.Add(ref _discarded, record.Discarded);
    }

    /// <summary>How many ended how.</summary>
    public IReadOnlyDictionary<string, long> Ends() => _ends.Texts();
}
