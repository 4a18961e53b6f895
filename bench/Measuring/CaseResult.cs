namespace ChimneyActors.Bench.Measuring;

/// <summary>Median, least and most of all repetitions.</summary>
internal sealed record Spread(double Median, double Min, double Max)
{
    public static Spread Of(IEnumerable<double> values)
    {
        double[] sorted = [.. values.Order()];
        return new Spread(sorted[sorted.Length / 2], sorted[0], sorted[^1]);
    }
}

/// <summary>What one contestant showed in one case.</summary>
/// <param name="Name">Who.</param>
/// <param name="Metrics">The first is the one that the ratios are made of.</param>
/// <param name="Ratios">For ours only: to each rival.</param>
internal sealed record Showing(
    string Name, Dictionary<string, Spread> Metrics, Dictionary<string, Ratio> Ratios);

/// <summary>Our cost over a rival's, the median over the rounds. Below 1 we are cheaper.</summary>
/// <param name="Headline">By the first metric.</param>
/// <param name="Cpu">By CPU time, if it was measured: other load on the machine disturbs it less.</param>
internal sealed record Ratio(double Headline, double? Cpu);

/// <summary>One case of one benchmark: a small table, a line of JSON.</summary>
internal sealed record CaseResult(
    string Bench, string Case, string Command, int Cores, int Repetitions, IReadOnlyList<Showing> Showings)
{
    public static CaseResult Of(
        BenchOptions options, string name, Dictionary<string, List<Sample>> rounds, HashSet<string> rivals)
    {
        Showing[] showings =
        [
            .. from own in rounds
               select new Showing(own.Key, Metrics(own.Value), rivals.Contains(own.Key) ? [] : Ratios(own.Value)),
        ];
        return new CaseResult(
            options.Bench, name, options.Command, Environment.ProcessorCount, options.Repetitions, showings);

        Dictionary<string, Ratio> Ratios(List<Sample> ours) => rounds
            .Where(one => rivals.Contains(one.Key))
            .ToDictionary(one => one.Key, one => RatioOf(ours, one.Value));
    }

    private static Dictionary<string, Spread> Metrics(List<Sample> samples) => samples[0].Values
        .Select((value, index) => (value.Key, Spread.Of(samples.Select(sample => sample.Values[index].Value))))
        .ToDictionary();

    private static Ratio RatioOf(List<Sample> ours, List<Sample> theirs)
    {
        double? cpu = ours[0].Find(Metric.CpuNanos) > 0 && theirs[0].Find(Metric.CpuNanos) > 0
            ? Median(ours, theirs, sample => sample.Find(Metric.CpuNanos)!.Value)
            : null;
        return new Ratio(Median(ours, theirs, sample => sample.Headline), cpu);
    }

    /// <summary>Round by round: what disturbed a round disturbed both.</summary>
    private static double Median(List<Sample> ours, List<Sample> theirs, Func<Sample, double> cost) =>
        Spread.Of(ours.Zip(theirs, (our, their) => cost(our) / cost(their))).Median;
}
