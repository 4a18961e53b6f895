using ChimneyActors.Buffers;
using ChimneyActors.Ndis;

namespace ChimneyActors.Supervision.Lifecycle;

/// <summary>What an adapter has said to everybody above it, in order. Outlives the drivers that are to hear it: each
/// binding knows how far it has heard, so that nothing is heard twice or not at all, whoever dies.</summary>
internal sealed class StatusLog
{
    /// <summary>More than that nobody can be behind who is to hear everything.</summary>
    public const int KeptMax = 1024;

    private readonly Lock _lock = new();
    private readonly Queue<IndicateStatus> _kept = new();
    private long _last;

    /// <summary>How much was said.</summary>
    public long Last
    {
        get
        {
            lock (_lock)
                return _last;
        }
    }

    /// <summary>Says something.</summary>
    public IndicateStatus Add(string adapter, NdisStatus status, object? information)
    {
        lock (_lock)
        {
            var said = new IndicateStatus(adapter, ++_last, status, information);
            _kept.Enqueue(said);
            if (_kept.Count > KeptMax)
                _kept.Dequeue();
            return said;
        }
    }

    /// <summary>The first that was said behind a number; null if none was.</summary>
    public IndicateStatus? After(long number)
    {
        lock (_lock)
            return _kept.FirstOrDefault(said => said.Number > number);
    }
}
