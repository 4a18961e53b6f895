using ChimneyActors.Buffers;
using ChimneyActors.Ndis;

namespace ChimneyActors.Supervision.Trees;

/// <summary>One tree while its parts are on the lanes. Whoever brings a part home tells it, on that thread.</summary>
/// <remarks>
/// The miniport holds the root, parked; each part is a parcel of its own with a ticket of this tree. If the miniport
/// dies the custodian holds the root until the last part is home, so that the host hears what really became of each
/// block. Nothing more is begun then, but of a terminate: that needs no driver between the host and the lanes, and
/// whoever brings a part home goes on with the next.
/// </remarks>
/// <param name="stack">The stack.</param>
/// <param name="desk">Of the miniport whose lanes they are.</param>
/// <param name="holder">The miniport's actor, or the custodian.</param>
/// <param name="root">The tree, held by the holder.</param>
internal sealed class TreeRun(DriverStack stack, MiniportDesk desk, HolderId holder, OffloadBlock root)
{
    private readonly Lock _lock = new();
    private readonly FlightId _flight = root.Custody.Flight;
    private readonly TreeWalk _walk = new(root, root.Operation);
    private bool _isAbandoned = holder == HolderId.Custodian;
    private bool _isGoingOn;
    private bool _isHome;

    /// <summary>What is asked.</summary>
    public OffloadOperation Operation { get; } = root.Operation;

    /// <summary>The root of the tree.</summary>
    public OffloadBlock Root => root;

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

    /// <summary>What a block comes to because of what it is about; null if its lane is to be asked.</summary>
    public NdisStatus? Refuse(TreeStep step)
    {
        OffloadBlock block = step.Block;
        if (stack.Handles.Find(block.Connection) is not { Ended: false })
        {
            Report(VerifierCheck.NotReady,
                $"asks a {Operation} of a {block.Layer} {block.Connection} that is not offloaded");
            return NdisStatus.Failure;
        }
        if (Operation != OffloadOperation.Terminate
            || stack.Links.DependentsOf(block.Connection) is not { Length: > 0 } left)
            return null;
        // A dependent whose terminate stands in the same tree and was not carried out is nobody's mistake.
        if (!Array.TrueForAll(left, entry => step.Below.Exists(below => below.Block.Connection == entry.Handle)))
            Report(VerifierCheck.RefCount,
                $"terminates a {block.Layer} {block.Connection} on which {left.Length} objects depend");
        return NdisStatus.Failure;
    }

    /// <summary>A block's request to the lane of its object, on its journey.</summary>
    public Flight Begin(TreeStep step, OffloadHandle parent)
    {
        OffloadBlock part = step.Block.ToPart(parent);
        part.Operation = Operation;
        part.Connection = step.Block.Connection;
        part.ProtocolReserved = new PartTicket(this, step);
        bool isAlone;
        lock (_lock)
        {
            _walk.Begin(step);
            isAlone = _isAbandoned;
        }
        stack.Blocks[part] = 0;
        desk.Tally.CountPosted(1);
        Flight flight = Flight.Depart(part, isAlone ? HolderId.Custodian : holder);
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
            parked.Remove(root);
            return root.TryComplete(_flight, holder, _walk.Seal(root), 0) ? OffloadCompletion.Of(root, 1) : null;
        }
    }

    /// <summary>The miniport is dead or dying.</summary>
    public void Abandon(Holdings parked)
    {
        lock (_lock)
        {
            if (_isHome || _isAbandoned)
                return;
            parked.Remove(root);
            _isAbandoned = true;
            // If not, the auditor at the end of the stack has taken it.
            _isHome = !root.Custody.TryMove(
                CustodyState.Outstanding, _flight, holder, CustodyState.Outstanding, _flight, HolderId.Custodian);
            if (_isHome || Operation != OffloadOperation.Terminate || stack.Stopping)
                _walk.GiveUp();
        }
        GoOnAlone();
    }

    /// <summary>Without a miniport: asks what can be asked, and brings the root home after the last part.</summary>
    public void GoOnAlone()
    {
        lock (_lock)
        {
            if (_isGoingOn || _isHome)
                return;     // whoever is at it looks again
            _isGoingOn = true;
        }
        while (NextAlone() is { } step)
        {
            if (Refuse(step) is { } status)
                End(step, status);
            else
                stack.Custodian.CarryHome(Begin(step, OffloadHandle.None).Head);
        }
    }

    private TreeStep? NextAlone()
    {
        lock (_lock)
        {
            if (_walk.Next() is { } step)
                return step;
            _isGoingOn = false;
            if (!_walk.IsOver)
                return null;
            _isHome = true;
        }
        if (root.TryComplete(_flight, HolderId.Custodian, _walk.Seal(root), 0))
        {
            stack.Ledger.CountBroughtHome();
            stack.Custodian.CarryHome(root);
        }
        return null;
    }

    private void Answered(TreeStep step, in Landed landed)
    {
        bool isAlone;
        lock (_lock)
        {
            step.Block.TakeBack(landed.Block!);
            _walk.Answer(step, landed.Status);
            isAlone = _isAbandoned;
        }
        if (isAlone)
            GoOnAlone();
        else if (!landed.AtHome)
            desk.Miniport.Tell(new TreeMoved(this), null);
    }

    private void Report(VerifierCheck check, string what) =>
        stack.Ledger.Report(check, root.Frames.Bottom.Driver.Name, root, _flight, what);

    /// <summary>The promise behind one part.</summary>
    private sealed class PartTicket(TreeRun run, TreeStep step) : Ticket
    {
        public TreeRun Run => run;

        protected override void OnAnswered(in Landed landed) => run.Answered(step, landed);
    }
}

/// <summary>To a miniport: a part of this tree came home without it.</summary>
internal sealed record TreeMoved(TreeRun Run) : Akka.Actor.INoSerializationVerificationNeeded;
