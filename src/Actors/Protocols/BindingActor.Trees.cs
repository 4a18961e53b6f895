using ChimneyActors.Buffers;
using ChimneyActors.Ndis;
using ChimneyActors.Supervision;
using ChimneyActors.Supervision.Trees;

namespace ChimneyActors.Protocols;

/// <summary>Trees of blocks, and what is said of neighbors.</summary>
internal sealed partial class BindingActor
{
    private void Take(TreePost post)
    {
        if (post.Operation == OffloadOperation.Initiate && !node.MayOffload)
        {
            post.Refuse(NdisStatus.Paused);
            return;
        }
        if (post.Operation == OffloadOperation.Initiate)
            post.Name();
        else if (post.Operation == OffloadOperation.Terminate)
            foreach (BindingConnection connection in post.BeginLeaving())
                Close(connection);
        Flight flight = post.Depart(Me);
        AlsoInHand(flight);
        OffloadRequest request = post.Operation switch
        {
            OffloadOperation.Initiate => new InitiateOffload(flight),
            OffloadOperation.Terminate => new TerminateOffload(flight),
            OffloadOperation.Query => new QueryOffload(flight),
            OffloadOperation.Update => new UpdateOffload(flight),
            _ => new InvalidateOffload(flight),
        };
        Between();
        bool isNew = post.Operation == OffloadOperation.Initiate && !StateRoute.HasLinker(post.Root);
        if ((isNew ? node.Lower.Driver : StateRoute.Below(Stack, post.Root, Edge)) is { } below)
            Pass(below, request, flight);
        else
            Stack.Custodian.TakeOver(request, Me);      // nothing of it is offloaded any more
    }

    /// <summary>Answered in this handler, whatever the owner does (NRQ-06).</summary>
    private void Answer(NeighborReachabilityQuery query)
    {
        OffloadBlock block = query.Block;
        NeighborOffloadState state = block.Neighbor!;
        Between();
        if (OwnerOf(query.Connection) is { } owner)
            TellUser(() => block.Neighbor = state with
            {
                Cached = state.Cached with { HostReachabilityDelta = owner.AnswerReachability(state) },
            });
        if (!block.TryComplete(query.Flight.Id, Me, NdisStatus.Success, 0))
            return;
        OffloadCompletion answer = OffloadCompletion.Of(block, 1);
        AlsoInHand(answer.Flight);
        Pass((Edge)block.Frames.Top.Driver, answer, answer.Flight);
    }

    private void HearOfObject(TcpOffloadEvent said)
    {
        if (OwnerOf(said.Connection) is { } owner)
            TellUser(owner.Lost);
    }

    private void HearOfDoubt(NeighborReachabilityInDoubt doubt)
    {
        if (OwnerOf(doubt.Connection) is { } owner)
            TellUser(owner.InDoubt);
    }

    private IStateOwner? OwnerOf(OffloadHandle handle) => Stack.Handles.Find(handle)?.ProtocolContext as IStateOwner;
}
