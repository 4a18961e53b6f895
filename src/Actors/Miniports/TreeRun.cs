using ChimneyActors.Buffers;
using ChimneyActors.Ndis;
using ChimneyActors.Supervision;

namespace ChimneyActors.Miniports;

/// <summary>One tree while its parts are on the lanes. Whoever brings a part home tells it, on that thread.</summary>
/// <remarks>
/// The miniport holds the root, parked; each part is a parcel of its own with a ticket of this tree. If the miniport
/// dies nothing more is begun, and the custodian holds the root until the last part is home: the host then hears what
/// really became of each block.
/// </remarks>
internal sealed class TreeRun(DriverStack stack, MiniportDesk desk, HolderId holder, OffloadRequest request)
{
    private readonly OffloadBlock _root = (OffloadBlock)request.Flight.Head;
    private readonly Lock _lock = new();
    private readonly TreeWalk _walk = new((OffloadBlock)request.Flight.Head, request.Flight.Head.Operation);
    private bool _isAbandoned;
    private bool _isHome;

    /// <summary>What is asked.</summary>
    public OffloadOperation Operation { get; } = request.Flight.Head.Operation;

    /// <summary>The root of the tree.</summary>
    public OffloadBlock Root => _root;

    /// <summary>The tree of a part that is on its way; null if it is none.</summary>
    public static TreeRun? Of(Parcel part) => (part.ProtocolReserved as PartTicket)?.Run;

    /// <summary>The next block that something is to be asked of; null if none can be now.</summary>
    public TreeStep? Next()
    {
        lock (_lock)
            return _walk.Next();
    }

    /// <summary>Nothing is asked of a block.</summary>
    public void End(TreeStep step, NdisStatus status)
    {
        lock (_lock)
            TreeWalk.End(step, status);
    }

    /// <summary>A block's request to the lane of its object, on its journey.</summary>
    public Flight Begin(TreeStep step, OffloadHandle parent)
    {
        OffloadBlock part = step.Block.ToPart(parent);
        part.Operation = Operation;
        part.Connection = step.Block.Connection;
        part.ProtocolReserved = new PartTicket(this, step);
        lock (_lock)
            _walk.Begin(step);
        stack.Blocks[part] = 0;
        desk.Tally.CountPosted(1);
        Flight flight = Flight.Depart(part, holder);
        part.Frames.Push(desk.Miniport, null);
        return flight;
    }

    /// <summary>Completes the root if everything is over.</summary>
    /// <returns>The completion, held by the miniport; null if it is too early, or somebody else has it.</returns>
    public OffloadCompletion? TryFinish(Holdings parked)
    {
        lock (_lock)
        {
            if (_isHome || _isAbandoned || !_walk.IsOver)
                return null;
            _isHome = true;
            parked.Remove(_root);
            return _root.TryComplete(request.Flight.Id, holder, _walk.Seal(_root), 0)
                ? OffloadCompletion.Of(_root, 1)
                : null;
        }
    }

    /// <summary>The miniport is dead or dying.</summary>
    public void Abandon(Holdings parked)
    {
        FlightId flight = request.Flight.Id;
        lock (_lock)
        {
            if (_isHome || _isAbandoned)
                return;
            parked.Remove(_root);
            _isAbandoned = true;
            _walk.GiveUp();
            _isHome = !_root.Custody.TryMove(
                CustodyState.Outstanding, flight, holder, CustodyState.Outstanding, flight, HolderId.Custodian);
            if (_isHome || !_walk.IsOver)
                return;     // taken by the auditor; or the last part will see to it
            _isHome = true;
        }
        CarryHome();
    }

    private void Answered(TreeStep step, in Landed landed)
    {
        lock (_lock)
        {
            step.Block.TakeBack(landed.Block!);
            _walk.Answer(step, landed.Status);
            if (!_isAbandoned)
            {
                if (!landed.AtHome)
                    desk.Miniport.Tell(new TreeMoved(this), null);
                return;
            }
            if (_isHome || !_walk.IsOver)
                return;
            _isHome = true;
        }
        CarryHome();
    }

    private void CarryHome()
    {
        if (!_root.TryComplete(request.Flight.Id, HolderId.Custodian, _walk.Seal(_root), 0))
            return;
        stack.Ledger.CountBroughtHome();
        stack.Custodian.CarryHome(_root);
    }

    /// <summary>The promise behind one part.</summary>
    private sealed class PartTicket(TreeRun run, TreeStep step) : Ticket
    {
        public TreeRun Run => run;

        protected override void OnAnswered(in Landed landed) => run.Answered(step, landed);
    }
}

/// <summary>To a miniport: a part of this tree came home without it.</summary>
internal sealed record TreeMoved(TreeRun Run) : Akka.Actor.INoSerializationVerificationNeeded;
