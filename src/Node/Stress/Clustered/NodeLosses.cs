using HdrHistogram;

namespace ChimneyActors.Node.Stress.Clustered;

/// <summary>A connection that lost something. Times are milliseconds since 1970.</summary>
/// <param name="Adapter">Address of the node that served it.</param>
/// <param name="Opened">When it began.</param>
/// <param name="LastAnswer">When the last of its requests was answered.</param>
internal readonly record struct LostConnection(string Adapter, long Opened, long LastAnswer);

/// <summary>How long it took from the kill of a node until every request of a connection that it served was answered at
/// its host.</summary>
/// <param name="P50">Milliseconds.</param>
/// <param name="P99">Milliseconds.</param>
/// <param name="Connections">Of so many.</param>
internal readonly record struct NodeLosses(long P50, long P99, long Connections)
{
    private const long MillisMax = 120_000;

    /// <summary>Counts them.</summary>
    /// <param name="kills">When which node was killed.</param>
    /// <param name="lost">What lost something, by whatever cause: a node keeps its address in its next life, and loses
    /// connections by cuts and stops too.</param>
    public static NodeLosses Of(
        IReadOnlyCollection<(string Address, long At)> kills, IReadOnlyCollection<LostConnection> lost)
    {
        var histogram = new LongHistogram(1, MillisMax, 3);
        foreach (LostConnection one in lost)
        {
            long[] after = [.. kills.Where(kill => kill.Address == one.Adapter && kill.At >= one.Opened)
                .Select(kill => kill.At)];
            if (after.Length > 0 && one.LastAnswer >= after.Min())
                histogram.RecordValue(Math.Clamp(one.LastAnswer - after.Min(), 1, MillisMax));
        }

        return histogram.TotalCount == 0
            ? default
            : new NodeLosses(
                histogram.GetValueAtPercentile(50), histogram.GetValueAtPercentile(99), histogram.TotalCount);
    }
}
