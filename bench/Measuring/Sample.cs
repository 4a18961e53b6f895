namespace ChimneyActors.Bench.Measuring;

/// <summary>What one repetition of one contestant showed for one case.</summary>
/// <param name="Case">What was done, for example "window 64".</param>
/// <param name="Values">By the names in <see cref="Metric"/>; the first one is what contestants are compared
/// by.</param>
internal sealed record Sample(string Case, IReadOnlyList<KeyValuePair<string, double>> Values)
{
    /// <summary>By what contestants are compared.</summary>
    public double Headline => Values[0].Value;

    /// <summary>A value by its name, if it was measured.</summary>
    public double? Find(string metric)
    {
        foreach (KeyValuePair<string, double> value in Values)
            if (value.Key == metric)
                return value.Value;
        return null;
    }

    /// <summary>The same with further values behind.</summary>
    public Sample With(string metric, double value) => this with { Values = [.. Values, new(metric, value)] };

    /// <summary>The same with the percentiles of latencies.</summary>
    /// <param name="nanos">One for each operation; is sorted here.</param>
    public Sample WithLatencies(long[] nanos)
    {
        Array.Sort(nanos);
        return With(Metric.Median, At(nanos, 0.5))
            .With(Metric.P99, At(nanos, 0.99)).With(Metric.P999, At(nanos, 0.999));
    }

    private static double At(long[] sorted, double part) =>
        sorted[Math.Min(sorted.Length - 1, (int)(sorted.Length * part))] / 1000.0;
}
