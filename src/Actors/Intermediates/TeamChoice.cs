using ChimneyActors.Ndis;

namespace ChimneyActors.Intermediates;

/// <summary>How a team spreads new connections over its adapters.</summary>
public enum TeamPolicy
{
    /// <summary>By the Toeplitz hash of both addresses and ports: a connection comes to the same adapter again.
    /// </summary>
    Hash = 0,

    /// <summary>To the one with the fewest connections.</summary>
    LeastLoaded = 1,

    /// <summary>To the first that is there; the others stand by.</summary>
    ActiveStandby = 2,
}

/// <summary>Several adapters as one: a new connection goes to one that is there. When an adapter is lost its
/// connections are asked back, and the host's next initiate comes here again and goes to a partner.</summary>
/// <remarks>An adapter that comes back is used again from the next initiate on; what went to a partner stays there.
/// </remarks>
public sealed class TeamChoice(TeamPolicy policy = TeamPolicy.Hash) : LowerChoice
{
    private const uint Buckets = 128;       // of an indirection table: the low seven bits of the hash
    private uint _turn;

    /// <inheritdoc/>
    protected internal override int Choose(string upper, OffloadBlock block, IReadOnlyList<LowerDriver> lowers) =>
        policy switch
        {
            TeamPolicy.LeastLoaded => LeastLoaded(lowers),
            TeamPolicy.ActiveStandby => NextThere(lowers, 0) ?? 0,
            _ => ByHash(HashOf(block), lowers),
        };

    /// <summary>The first that is there, from one of them on.</summary>
    internal static int? NextThere(IReadOnlyList<LowerDriver> lowers, int first)
    {
        for (int i = 0; i < lowers.Count; i++)
            if (lowers[(first + i) % lowers.Count].IsThere)
                return (first + i) % lowers.Count;
        return null;
    }

    /// <summary>Who has lost its adapter is spread over all the others by the bits that have not spoken yet; nobody
    /// else moves.</summary>
    private static int ByHash(uint hash, IReadOnlyList<LowerDriver> lowers)
    {
        int own = (int)(hash % Buckets % (uint)lowers.Count);
        if (lowers[own].IsThere)
            return own;
        int[] there = [.. Enumerable.Range(0, lowers.Count).Where(index => lowers[index].IsThere)];
        return there.Length == 0 ? own : there[hash / Buckets % (uint)there.Length];
    }

    /// <summary>Equals take turns, so that a crowd that comes before the first of it is counted is spread all the same.
    /// </summary>
    private int LeastLoaded(IReadOnlyList<LowerDriver> lowers)
    {
        int first = (int)(_turn++ % (uint)lowers.Count);
        int best = first;
        for (int i = 0; i < lowers.Count; i++)
        {
            int at = (first + i) % lowers.Count;
            if (lowers[at].IsThere && (!lowers[best].IsThere || lowers[at].Connections < lowers[best].Connections))
                best = at;
        }
        return best;
    }

    /// <summary>As the host of a chimney computes it for the packets it receives: the peer is the source. Without
    /// addresses the name of the connection must do.</summary>
    private static uint HashOf(OffloadBlock block) => block.FourTuple is { } ends
        ? ToeplitzHash.Of(ends.Remote, ends.Local)
        : (uint)block.Connection.Slot;
}
