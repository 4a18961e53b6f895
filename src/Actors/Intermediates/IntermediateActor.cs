using ChimneyActors.Buffers;
using ChimneyActors.Ndis;
using ChimneyActors.Supervision;
using ChimneyActors.Supervision.Lifecycle;
using ChimneyActors.Supervision.Trees;

namespace ChimneyActors.Intermediates;

/// <summary>Middle driver: push and pass down, pop and pass up; the same two methods for every I/O operation.</summary>
/// <remarks>Several upper edges on one driver need no table: the context on each parcel says whose it is
/// (CTX-04).</remarks>
internal partial class IntermediateActor(DriverStack stack, Edge edge, HolderId me, Lowers lowers)
    : DriverActor(stack, edge, me)
{
    protected override void Handle(object message)
    {
        switch (message)
        {
            case InitiateOffload initiate: Begin(initiate); break;
            case OffloadRequest request: GoDown(request); break;
            case OffloadCompletion completion: PassHome(completion); break;     // refused and returned data: downward
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

    /// <summary>Enters itself as a layer, and chooses the next one: the connection keeps both (IM-02, IM-16).</summary>
    private void Begin(InitiateOffload initiate)
    {
        StateRoute.Join(Stack, initiate.Block, Edge);
        if (StateRoute.HasLinker(initiate.Block))
            GoDown(initiate);       // what is linked to an object goes where that is
        else
            GoDown(initiate, lowers.For(initiate));
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
        Push(request.Flight);
        Between();
        Pass(below, request, request.Flight);
    }

    private void Indicate(OffloadIndication indication, Flight flight)
    {
        if (EntryOf(indication)?.Above(Edge) is not { } above)
        {
            Stack.Custodian.TakeOver(indication, Me);
            return;
        }
        Push(flight);
        Between();
        Pass(above, indication, flight);
    }

    /// <summary>One context on each parcel: who is to get it when it comes back.</summary>
    private void Push(Flight flight)
    {
        for (Parcel? parcel = flight.Head; parcel is not null; parcel = parcel.Next)
            parcel.Frames.Push(Edge, parcel.Frames.Top.Driver);
    }

    private ConnectionEntry? EntryOf(OffloadMessage message) => Stack.Handles.Find(message.Connection);
}
