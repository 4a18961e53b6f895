using ChimneyActors.Buffers;
using ChimneyActors.Ndis;
using ChimneyActors.Supervision;
using ChimneyActors.Supervision.Lifecycle;
using ChimneyActors.Supervision.Trees;

namespace ChimneyActors.Miniports;

/// <summary>Bottom driver: gives new connections to its shelves, takes trees apart, and speaks for the adapter. Off the
/// data path.</summary>
/// <remarks>A tree is a barrier: each block is asked for in the lane of its object, behind what was asked there before,
/// and the tree goes up when every block has a status.</remarks>
internal sealed partial class MiniportActor(
    DriverStack stack, Edge edge, HolderId me, Edge[] shelves, AdapterNode adapter)
    : DriverActor(stack, edge, me)
{
    private readonly Holdings _parked = new();
    private readonly List<TreeRun> _trees = [];

    private MiniportDesk Desk => adapter.Desk!;

    protected override void OnPlaced() => PumpOids();

    protected override void Handle(object message)
    {
        switch (message)
        {
            case InitiateOffload initiate when WantsItLater: HoldBack(initiate); break;
            case InitiateOffload { Block.IsTree: false } initiate:
                Between();
                Pass(ShelfOf(initiate.Block.Connection), initiate, initiate.Flight);
                break;
            case OidRequest request: Take(request); break;
            case OidRequestComplete done: Finish(done); break;
            case OffloadRequest { Flight.Head: OffloadBlock { IsTree: true } } tree: Begin(tree); break;
            case OffloadCompletion part: TakePart(part); break;
            case TreeMoved moved when _trees.Contains(moved.Run): GoOn(moved.Run); break;
            case TreeMoved: break;      // of an instance before this one, which has left it to the custodian
            case OidsGoOn: PumpOids(); break;
            case InitiatesInVain vain: RefuseHeldBack(NdisStatus.Paused, vain.Through); break;
            case HangSuspect: CheckForHang(); break;
            case LifeEvent told: OnLife(told); break;
            default: Unhandled(message); break;
        }
    }

    /// <inheritdoc/>
    protected override void OnDying() => LetGo();

    /// <inheritdoc/>
    protected override void PostStop()
    {
        base.PostStop();
        LetGo();
    }

    private Edge ShelfOf(OffloadHandle handle) => shelves[handle.Slot % shelves.Length];

    private void Begin(OffloadRequest tree)
    {
        if (tree.Flight.Head.ParkedIn is not null)
        {
            OnStray(tree, tree.Flight);     // doubled by a driver above
            return;
        }
        _parked.Park(tree.Flight.Head);
        var run = new TreeRun(Stack, Desk, Me, (OffloadBlock)tree.Flight.Head);
        _trees.Add(run);
        Between();
        GoOn(run);
    }

    private void TakePart(OffloadCompletion part)
    {
        Between();
        part.Flight.Head.Frames.Pop();
        TreeRun? run = TreeRun.Of(part.Flight.Head);
        Landing.Land(Stack, part.Flight, Me, Desk.Tally);
        if (run is not null && _trees.Contains(run))
            GoOn(run);
    }

    private void GoOn(TreeRun run)
    {
        while (run.Next() is { } step)
            Ask(run, step);
        if (run.TryFinish(_parked) is not { } completion)
            return;
        _trees.Remove(run);
        AlsoInHand(completion.Flight);
        Between();
        Pass((Edge)completion.Flight.Head.Frames.Top.Driver, completion, completion.Flight);
    }

    private void Ask(TreeRun run, TreeStep step)
    {
        if ((run.Refuse(step) ?? Settled(run, step)) is { } status)
        {
            run.End(step, status);
            return;
        }
        Flight part = run.Begin(step, ParentOf(run, step));
        AlsoInHand(part);
        Between();
        OffloadHandle handle = step.Block.Connection;
        Edge? lane = run.Operation == OffloadOperation.Initiate
            ? ShelfOf(handle)
            : Stack.Handles.Find(handle)?.Edge;
        if (lane is not null)
            Pass(lane, RequestOf(run.Operation, part), part);
        else
            Stack.Custodian.TakeOver(part, Me);     // it ended just now
    }

    /// <summary>What a block comes to without anybody below being asked; null to ask.</summary>
    private NdisStatus? Settled(TreeRun run, TreeStep step)
    {
        OffloadBlock block = step.Block;
        switch (run.Operation)
        {
            case OffloadOperation.Initiate when block.Role == BlockRole.Linker:
                return NdisStatus.Success;
            case OffloadOperation.Initiate when block.Layer != OffloadLayer.Tcp
                && adapter.Current.Target is not { Capabilities.StateObjects: true }:
                return block.Layer == OffloadLayer.Path
                    ? NdisStatus.OffloadPathEntries
                    : NdisStatus.OffloadNeighborEntries;
            case OffloadOperation.Update when IsNothingToUpdate(block) && ParentOf(run, step).IsNone:
                return NdisStatus.Success;      // it only says whom the paths below move to
            default:
                return null;
        }
    }

    private static bool IsNothingToUpdate(OffloadBlock block) =>
        block.Neighbor is null && block.Path is null && block.Update is null;

    /// <summary>What the object of a block is linked to by this tree.</summary>
    private static OffloadHandle ParentOf(TreeRun run, TreeStep step)
    {
        bool links = run.Operation == OffloadOperation.Initiate
            || (run.Operation == OffloadOperation.Update && step.Block.Layer == OffloadLayer.Path);
        return links && step.Above is { Block: { Role: not BlockRole.Placeholder } above }
            ? above.Connection
            : OffloadHandle.None;
    }

    private static OffloadRequest RequestOf(OffloadOperation operation, Flight part) => operation switch
    {
        OffloadOperation.Initiate => new InitiateOffload(part),
        OffloadOperation.Terminate => new TerminateOffload(part),
        OffloadOperation.Query => new QueryOffload(part),
        OffloadOperation.Update => new UpdateOffload(part),
        _ => new InvalidateOffload(part),
    };

    /// <summary>Brings home what only this instance knows of.</summary>
    private void LetGo()
    {
        foreach (TreeRun run in _trees)
            run.Abandon(_parked);
        _trees.Clear();
        LetGoOfControl();
    }
}
