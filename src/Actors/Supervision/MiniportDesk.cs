using ChimneyActors.Buffers;
using ChimneyActors.Ndis;

namespace ChimneyActors.Supervision;

/// <summary>What outlives a miniport's actor. Terminates of whole trees are left here whose way down was cut by a
/// death, and the next actor fetches them: a terminate needs no driver between the host and the miniport.</summary>
internal sealed class MiniportDesk(Edge miniport, Ledger ledger)
{
    private readonly Lock _lock = new();
    private readonly Queue<OffloadBlock> _left = new();
    private bool _isClosed;

    /// <summary>Where the miniport counts what it asks for the blocks of trees, whichever actor it is now.</summary>
    public Tally Tally { get; } = ledger.AddTally();

    /// <summary>Where the miniport is now.</summary>
    public Edge Miniport => miniport;

    /// <summary>Leaves a tree, held by the custodian until it is fetched.</summary>
    /// <returns>False: nobody will come.</returns>
    public bool Leave(OffloadBlock root)
    {
        lock (_lock)
        {
            if (_isClosed)
                return false;
            _left.Enqueue(root);
        }
        miniport.Tell(LookAgain.Instance, null);
        return true;
    }

    /// <summary>The longest waiting tree, held by who fetches it; null if there is none.</summary>
    public OffloadBlock? Fetch(HolderId holder)
    {
        lock (_lock)
            while (_left.TryDequeue(out OffloadBlock? root))
            {
                // An auditor at the end of the stack may have taken it in the meantime: the cell decides.
                FlightId flight = root.Custody.Flight;
                if (root.Custody.TryMove(CustodyState.Outstanding, flight, HolderId.Custodian,
                    CustodyState.Outstanding, flight, holder))
                    return root;
            }
        return null;
    }

    /// <summary>There is a miniport.</summary>
    public void Open()
    {
        lock (_lock)
            _isClosed = false;
    }

    /// <summary>The miniport does not come back by itself.</summary>
    /// <returns>What was left here.</returns>
    public OffloadBlock[] Close()
    {
        lock (_lock)
        {
            _isClosed = true;
            OffloadBlock[] left = [.. _left];
            _left.Clear();
            return left;
        }
    }
}
