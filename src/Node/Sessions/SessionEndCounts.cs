namespace ChimneyActors.Node.Sessions;

/// <summary>How many sessions ended how.</summary>
internal sealed class SessionEndCounts
{
    private readonly long[] _counts = new long[Enum.GetValues<SessionEnd>().Length];

    /// <summary>One more.</summary>
    public void Add(SessionEnd end) => Interlocked.Increment(ref _counts[(int)end]);

    /// <summary>In words; without those that never happened.</summary>
    public IReadOnlyDictionary<string, long> Texts() => Enum.GetValues<SessionEnd>()
        .Where(end => Interlocked.Read(ref _counts[(int)end]) > 0)
        .ToDictionary(end => end.Text(), end => Interlocked.Read(ref _counts[(int)end]));
}
