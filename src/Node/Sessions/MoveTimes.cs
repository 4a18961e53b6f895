using System.Globalization;
using HdrHistogram;

namespace ChimneyActors.Node.Sessions;

/// <summary>How long connections took that were taken back and offloaded again, over another adapter or a driver that
/// had died.</summary>
internal sealed class MoveTimes
{
    private const long LongestMicroseconds = 600_000_000;
    private readonly LongConcurrentHistogram _times = new(1, LongestMicroseconds, 3);

    /// <summary>One more.</summary>
    public void Add(TimeSpan took) =>
        _times.RecordValue(Math.Clamp((long)took.TotalMicroseconds, 1, LongestMicroseconds));

    /// <summary>All of them, for a summary.</summary>
    public MoveSummary Summarize()
    {
        HistogramBase times = _times.Copy();
        return times.TotalCount == 0 ? default : new MoveSummary(times.TotalCount,
            times.GetValueAtPercentile(50) / 1000.0, times.GetValueAtPercentile(99) / 1000.0,
            times.GetMaxValue() / 1000.0);
    }
}

/// <summary>What moves of connections came to.</summary>
/// <param name="Count">How many there were.</param>
/// <param name="P50Milliseconds">Half of them took no longer.</param>
/// <param name="P99Milliseconds">All but one in a hundred took no longer.</param>
/// <param name="MaxMilliseconds">The longest.</param>
internal readonly record struct MoveSummary(
    long Count, double P50Milliseconds, double P99Milliseconds, double MaxMilliseconds)
{
    /// <inheritdoc/>
    public override string ToString() => Count == 0 ? "0" : string.Create(CultureInfo.InvariantCulture,
        $"{Count:N0}, {P50Milliseconds:0.0} / {P99Milliseconds:0.0} / {MaxMilliseconds:0.0} ms");
}
