using Akka.Actor;
using ChimneyActors.Buffers;
using ChimneyActors.Ndis;
using ChimneyActors.Supervision;

namespace ChimneyActors.Miniports;

/// <summary>Parent of a part of a miniport's connections; one parent over all of them would be a bottleneck.</summary>
internal sealed class ShelfActor(
    DriverStack stack, Edge edge, HolderId me, IOffloadTarget target, string miniport) : DriverActor(stack, edge, me)
{
    /// <summary>Name of the mailbox of connections, in reference.conf.</summary>
    public const string LeanMailbox = "chimney.lean-mailbox";

    protected override SupervisorStrategy SupervisorStrategy() => FailurePolicy.Strategy;

    protected override void OnPlaced()
    {
        // A fresh shelf finds the connections that its predecessor took down with it.
        foreach (ConnectionEntry entry in Stack.Handles.All())
            if (entry.Shelf == Edge)
                StandIn(entry);
    }

    protected override void Handle(object message)
    {
        switch (message)
        {
            case InitiateOffload initiate: Begin(initiate); break;
            case ConnectionOrphaned orphan: StandIn(orphan.Entry); break;
            default: Unhandled(message); break;
        }
    }

    private void Begin(InitiateOffload initiate)
    {
        if (Stack.Handles.Find(initiate.Block.Connection) is not { } entry)
        {
            Stack.Custodian.TakeOver(initiate, Me);
            return;
        }
        entry.Shelf = Edge;
        entry.Target = target;
        entry.AcceptedThrough = initiate.Block.Delivered;
        entry.Join(entry.Edge);
        HolderId holder = HolderId.Next();
        Start(entry, holder, Props.Create(() => new ConnectionActor(Stack, entry, holder, target, miniport)));
        Between();
        Pass(entry.Edge, initiate, initiate.Flight);
    }

    private void StandIn(ConnectionEntry entry)
    {
        if (entry.Ended || !entry.Begun || entry.Remains is null || entry.Edge.Current is not null
            || Stack.Handles.Find(entry.Handle) != entry)
            return;
        HolderId holder = HolderId.Next();
        Start(entry, holder, Props.Create(() => new StrandedConnectionActor(Stack, entry, holder)))
            .Tell(StrandedConnectionActor.Begin, Self);
    }

    private IActorRef Start(ConnectionEntry entry, HolderId holder, Props props)
    {
        entry.Holder = holder;
        string name = DeadLetterTap.ActorName($"c{entry.Handle}", holder);
        IActorRef connection = Context.ActorOf(
            props.WithMailbox(LeanMailbox).WithDispatcher(Stack.Settings.Dispatcher), name);
        entry.Edge.PointAt(connection, holder);
        return connection;
    }
}
