namespace ChimneyActors.Embedding;

/// <summary>How a connection stands when the policy looks at it.</summary>
/// <param name="IsOffloaded">Whether it has a context at the target.</param>
/// <param name="Here">For how long it has been where it is.</param>
/// <param name="Quiet">For how long it has moved nothing.</param>
/// <param name="Bytes">Bytes it has moved since it is where it is.</param>
/// <param name="Banned">For how long it must still stay in the host.</param>
internal readonly record struct OffloadStanding(
    bool IsOffloaded, TimeSpan Here, TimeSpan Quiet, long Bytes, TimeSpan Banned);

/// <summary>Which connections change their place. Pure: no clock, no connection.</summary>
internal static class OffloadChoice
{
    /// <summary>Those to take back, and those to offload, each by its place in the list; the former first.</summary>
    /// <param name="policy">By which rules.</param>
    /// <param name="standings">All that can be moved now.</param>
    /// <param name="free">Contexts that nobody has.</param>
    public static (List<int> Back, List<int> Offload) Of(
        OffloadPolicy policy, IReadOnlyList<OffloadStanding> standings, int free)
    {
        var back = new List<int>();
        var wanting = new List<int>();
        var staying = new List<int>();
        for (int i = 0; i < standings.Count; i++)
        {
            OffloadStanding one = standings[i];
            bool rotates = policy.Rotate > TimeSpan.Zero && one.Here >= policy.Rotate;
            if (one.IsOffloaded)
                (rotates || IsIdle(policy, one) ? back : staying).Add(i);
            else if (rotates || IsWorthIt(policy, one))
                wanting.Add(i);
        }
        wanting.Sort((left, right) => standings[right].Bytes.CompareTo(standings[left].Bytes));
        int room = Math.Max(0, free + back.Count);
        if (wanting.Count > room)
            room += MakeRoom(policy, standings, staying, back, wanting.Count - room);
        return (back, wanting.Count > room ? wanting[..room] : wanting);
    }

    /// <summary>Who has been quiet for longer than a connection must be busy to get a context gives it to one that
    /// is.</summary>
    private static int MakeRoom(
        OffloadPolicy policy, IReadOnlyList<OffloadStanding> standings, List<int> staying, List<int> back, int wanted)
    {
        int made = 0;
        staying.Sort((left, right) => standings[right].Quiet.CompareTo(standings[left].Quiet));
        foreach (int i in staying)
        {
            if (made == wanted || standings[i].Quiet <= policy.PromoteAge || standings[i].Quiet <= policy.Interval)
                break;
            back.Add(i);
            made++;
        }
        return made;
    }

    private static bool IsIdle(OffloadPolicy policy, OffloadStanding one) =>
        policy.DemoteIdle != Timeout.InfiniteTimeSpan && one.Quiet >= policy.DemoteIdle;

    private static bool IsWorthIt(OffloadPolicy policy, OffloadStanding one) =>
        one.Banned <= TimeSpan.Zero && one.Here >= policy.PromoteAge && one.Bytes >= policy.PromoteBytes
        && !IsIdle(policy, one);
}
