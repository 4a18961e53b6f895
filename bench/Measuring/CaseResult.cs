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
/// <param name="Ratios">For ours only: our cost over each rival's, the median over the rounds. Below 1 is
/// cheaper.</param>
internal sealed record Showing(
    string Name, Dictionary<string, Spread> Metrics, Dictionary<string, double> Ratios);

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

        Dictionary<string, double> Ratios(List<Sample> ours) => rounds
            .Where(one => rivals.Contains(one.Key))
            .ToDictionary(one => one.Key, one => Ratio(ours, one.Value));
    }

    private static Dictionary<string, Spread> Metrics(List<Sample> samples) => samples[0].Values
        .Select((value, index) => (value.Key, Spread.Of(samples.Select(sample => sample.Values[index].Value))))
        .ToDictionary();

    /// <summary>Round by round: what disturbed a round disturbed both.</summary>
    private static double Ratio(List<Sample> ours, List<Sample> theirs) =>
        Spread.Of(ours.Zip(theirs, (our, their) => our.Headline / their.Headline)).Median;
}
