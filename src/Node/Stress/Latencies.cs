using HdrHistogram;

namespace ChimneyActors.Node.Stress;

/// <summary>How long requests took, in microseconds, to three digits; an hour at the most. Thread-safe.</summary>
internal sealed class Latencies
{
    private static readonly long Longest = TimeSpan.FromHours(1).Ticks / TimeSpan.TicksPerMicrosecond;
    private readonly LongConcurrentHistogram _all = new(1, Longest, 3);

    /// <summary>One more.</summary>
    public void Add(TimeSpan took) =>
        _all.RecordValue(Math.Clamp(took.Ticks / TimeSpan.TicksPerMicrosecond, 1, Longest));

    /// <summary>So many of them took no longer.</summary>
    public (long P50, long P99, long P999, long Max) Read() => _all.TotalCount == 0
        ? default
        : (_all.GetValueAtPercentile(50), _all.GetValueAtPercentile(99), _all.GetValueAtPercentile(99.9),
            _all.GetMaxValue());
}
