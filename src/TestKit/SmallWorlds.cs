namespace ChimneyActors.TestKit;

/// <summary>Makes small worlds that are like a large one: some of its traits, few drivers, one or two connections,
/// short streams. What goes wrong in it goes wrong often, because little time is left for it.</summary>
/// <param name="plan">The plan of the large one.</param>
internal sealed class SmallWorlds(int[] plan)
{
    /// <summary>Whether it is lively goes with the place in front of that: so the worlds that are drawn stay what they
    /// were before there were lively ones.</summary>
    private static readonly PlanPlace[] Places =
        [.. Enum.GetValues<PlanPlace>().Where(place => place != PlanPlace.Lively)];


    /// <summary>All choices of a small world.</summary>
    /// <param name="seed">One of its own for each.</param>
    public Choices Draw(long seed)
    {
        var coin = new SeededRandom(unchecked(seed * 31) + 7);
        int bytes = coin.Percent(50) ? 0 : coin.Below(coin.Percent(60) ? 40 : 1500);
        return Choices.Draw(seed, DrawPlan(coin), [bytes]);
    }

    private int At(PlanPlace place, int behind = 0) =>
        (int)place + behind < plan.Length ? plan[(int)place + behind] : 0;

    private int[] DrawPlan(SeededRandom coin)
    {
        var small = new int[(int)PlanPlace.End];
        for (int i = 0; i + 1 < Places.Length; i++)
            if (coin.Percent(50))
                for (int at = (int)Places[i]; at < (int)Places[i + 1]; at++)
                    small[at] = at < plan.Length ? plan[at] : 0;
        int layers = At(PlanPlace.Layers);
        Set(PlanPlace.Layers, coin.Percent(50) ? 0 : coin.Below(layers + 1),
            coin.Percent(30) ? At(PlanPlace.Layers, 1) : 0);
        if (coin.Percent(30))
        {
            // One layer alone, of those that do more than pass.
            Set(PlanPlace.Layers, 1, 0);
            Set(PlanPlace.Kinds, At(PlanPlace.Kinds, coin.Below(PlanPlace.Asks - PlanPlace.Kinds)));
        }
        Set(PlanPlace.Connections, At(PlanPlace.Connections) > 0 && coin.Percent(30) ? 1 : 0);
        Set(PlanPlace.Posts, coin.Between(1, 5));
        if (At(PlanPlace.Crashes) > 0)
            Set(PlanPlace.Crashes, coin.Percent(75) ? 1 : 0, 1, coin.Between(10, 150));
        if (At(PlanPlace.Faults) > 0)
            Set(PlanPlace.Faults, coin.Percent(75) ? 1 : 0, 1, coin.Between(20, 299));
        if (coin.Percent(50))
            Set(PlanPlace.Pools, 0, coin.Below(8), coin.Below(4), coin.Below(4));
        Set(PlanPlace.StopsEarly, small[(int)PlanPlace.StopsEarly], coin.Below(40));
        Set(PlanPlace.Vanishes, small[(int)PlanPlace.Vanishes], coin.Below(40));
        return small;

        void Set(PlanPlace place, params ReadOnlySpan<int> choices) => choices.CopyTo(small.AsSpan((int)place));
    }
}
