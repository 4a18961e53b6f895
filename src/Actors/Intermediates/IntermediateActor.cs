using ChimneyActors.Buffers;
using ChimneyActors.Ndis;
using ChimneyActors.Supervision;
using ChimneyActors.Supervision.Lifecycle;
using ChimneyActors.Supervision.Trees;

namespace ChimneyActors.Intermediates;

/// <summary>Middle driver: push and pass down, pop and pass up; the same two methods for every I/O operation.</summary>
/// <remarks>Several upper edges on one driver need no table: the context on each parcel says whose it is
/// (CTX-04).</remarks>
/// <param name="stack">The stack.</param>
/// <param name="edge">Its name.</param>
/// <param name="me">This life of it.</param>
/// <param name="lowers">What is below.</param>
/// <param name="contextsMax">Most contexts at a time; 0 for no limit.</param>
internal partial class IntermediateActor(DriverStack stack, Edge edge, HolderId me, Lowers lowers, int contextsMax)
    : DriverActor(stack, edge, me)
{
    private readonly ContextBudget? _contexts = contextsMax > 0 ? new ContextBudget(contextsMax) : null;

    protected override void Handle(object message)
    {
        switch (message)
        {
            case OffloadRequest request:
                if (Admits(request))
                    GoOn(request);
                break;
            case OffloadCompletion completion: GoHome(completion); break;       // refused and returned data: downward
            case TcpOffloadReceiveIndicate indication: Indicate(indication, indication.Flight); break;
            case TcpOffloadEvent said: Tell(EntryOf(said)?.Above(Edge), said); break;
            case NeighborReachabilityQuery query: Indicate(query, query.Flight); break;
            case NeighborReachabilityInDoubt doubt: Tell(EntryOf(doubt)?.Above(Edge), doubt); break;
            case TcpOffloadReceiveAccepted accepted: Tell(EntryOf(accepted)?.Below(Edge), accepted); break;
            case IndicateStatus or HearAgain: HearStatuses(); break;
            case LifeEvent told: OnLife(told); break;
            default: Unhandled(message); break;
        }
    }

    /// <summary>Before anybody looks at a request: whoever cannot pass it on says so at once.</summary>
    protected bool Admits(OffloadRequest request)
    {
        if (_contexts is null || _contexts.TryTake(request))
            return true;
        SendBack(request);
        return false;
    }

    /// <summary>A request goes on its way down.</summary>
    protected void GoOn(OffloadRequest request)
    {
        if (request is InitiateOffload initiate)
            Begin(initiate);
        else
            GoDown(request);
    }

    /// <summary>It is not passed on after all.</summary>
    protected void Free(Flight flight) => _contexts?.Free(flight);

    /// <summary>Enters itself as a layer, and chooses the next one: the connection keeps both (IM-02, IM-16).</summary>
    private void Begin(InitiateOffload initiate)
    {
        StateRoute.Join(Stack, initiate.Block, Edge);
        if (StateRoute.HasLinker(initiate.Block))
            GoDown(initiate);       // what is linked to an object goes where that is
        else if (lowers.For(initiate) is { } below)
            GoDown(initiate, below);
        else
            Fail(initiate);
    }

    /// <summary>Nobody below can take it. The failure comes here as if from below, so that whoever has let it through
    /// hears of it; the entry goes with it (IM-18).</summary>
    private void Fail(InitiateOffload initiate)
    {
        initiate.Flight.Push(Edge);
        Between();
        RefuseHome(initiate, NdisStatus.Failure);
    }

    private void GoDown(OffloadRequest request)
    {
        Edge? below = request.Flight.Head is OffloadBlock { IsTree: true } tree
            ? StateRoute.Below(Stack, tree, Edge)
            : Stack.Handles.Find(request.Flight.Head.Connection)?.Below(Edge);
        if (below is not null)
            GoDown(request, below);
        else if (request is OidRequest asked)
            AskDown(asked);
        else
            Stack.Custodian.TakeOver(request, Me);      // the connection has ended meanwhile
    }

    private void GoDown(OffloadRequest request, Edge below)
    {
        request.Flight.Push(Edge);
        Between();
        Pass(below, request, request.Flight);
    }

    private void GoHome(OffloadCompletion completion)
    {
        Free(completion.Flight);
        PassHome(completion);
    }

    /// <summary>The host does itself what this driver cannot pass on (SEND-11, IM-13); what it cannot enter is not
    /// offloaded (IM-14). All or nothing, so that no part of a chain goes down.</summary>
    private void SendBack(OffloadRequest request)
    {
        Between();
        if (request is InitiateOffload { Block: var root })
        {
            foreach (OffloadBlock block in BlockTree.BlocksOf(root))
                if (block != root && block.Role != BlockRole.Placeholder)
                    block.TrySettle(NdisStatus.Resources);
            RefuseHome(request, NdisStatus.Resources);
            return;
        }
        request.Flight.Disperse(Me);
        RefuseHome(request, NdisStatus.RequestUpload, NdisStatus.UploadRequested);
    }

    private void Indicate(OffloadIndication indication, Flight flight)
    {
        if (EntryOf(indication)?.Above(Edge) is not { } above)
        {
            Stack.Custodian.TakeOver(indication, Me);
            return;
        }
        flight.Push(Edge);
        Between();
        Pass(above, indication, flight);
    }

    private ConnectionEntry? EntryOf(OffloadMessage message) => Stack.Handles.Find(message.Connection);
}
