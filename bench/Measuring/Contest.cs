namespace ChimneyActors.Bench.Measuring;

/// <summary>One who takes part.</summary>
/// <param name="Name">As it stands in the table.</param>
/// <param name="IsRival">Whether ours are compared with it; else it is one of ours.</param>
/// <param name="RunAsync">One repetition; a sample for each case that it shows.</param>
internal sealed record Contestant(string Name, bool IsRival, Func<Task<IReadOnlyList<Sample>>> RunAsync)
{
    public static Contestant Ours(string name, Func<Task<Sample>> run) => new(name, false, One(run));

    public static Contestant Rival(string name, Func<Task<Sample>> run) => new(name, true, One(run));

    private static Func<Task<IReadOnlyList<Sample>>> One(Func<Task<Sample>> run) =>
        async () => [await run().ConfigureAwait(false)];
}

/// <summary>Lets contestants run in turn, round after round, so that a disturbance meets them all.</summary>
internal static class Contest
{
    /// <summary>One round that does not count, then as many as are wanted. What came out is told case by
    /// case.</summary>
    public static async Task RunAsync(BenchOptions options, Action<CaseResult> tell, params Contestant[] contestants)
    {
        var samples = new Dictionary<string, Dictionary<string, List<Sample>>>();
        for (int round = options.IsQuick ? 1 : 0; round <= options.Repetitions; round++)
            foreach (Contestant contestant in contestants)
                foreach (Sample sample in await contestant.RunAsync().ConfigureAwait(false))
                    if (round > 0)
                        Keep(samples, contestant.Name, sample);
        HashSet<string> rivals = [.. contestants.Where(one => one.IsRival).Select(one => one.Name)];
        foreach ((string name, Dictionary<string, List<Sample>> rounds) in samples)
            tell(CaseResult.Of(options, name, rounds, rivals));
    }

    private static void Keep(
        Dictionary<string, Dictionary<string, List<Sample>>> samples, string contestant, Sample sample)
    {
        if (!samples.TryGetValue(sample.Case, out Dictionary<string, List<Sample>>? rounds))
            samples.Add(sample.Case, rounds = []);
        if (!rounds.TryGetValue(contestant, out List<Sample>? own))
            rounds.Add(contestant, own = []);
        own.Add(sample);
    }
}
