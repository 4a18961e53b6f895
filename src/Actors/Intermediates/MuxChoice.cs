using ChimneyActors.Ndis;

namespace ChimneyActors.Intermediates;

/// <summary>A multiplexer: what comes from a driver above goes to the one below that is named for it; what comes from
/// another goes to each in turn.</summary>
/// <param name="routes">Names of drivers above, with those of drivers below. A route stands, whether its driver is
/// there or not: who wants another one then, wants a <see cref="TeamChoice"/>.</param>
public sealed class MuxChoice(IReadOnlyDictionary<string, string>? routes = null) : LowerChoice
{
    private uint _turn;

    /// <inheritdoc/>
    protected internal override int Choose(string upper, OffloadBlock block, IReadOnlyList<LowerDriver> lowers)
    {
        if (routes is not null && routes.TryGetValue(upper, out string? wanted))
            for (int i = 0; i < lowers.Count; i++)
                if (lowers[i].Name == wanted)
                    return i;
        int first = (int)(_turn++ % (uint)lowers.Count);
        return TeamChoice.NextThere(lowers, first) ?? first;
    }

    /// <summary>What is wrong with the routes for these drivers below; null if nothing is.</summary>
    internal string? Objection(IReadOnlyList<string> lowers) => routes?.Values.Except(lowers).FirstOrDefault();
}
