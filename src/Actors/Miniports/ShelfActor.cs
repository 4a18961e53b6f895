using Akka.Actor;
using ChimneyActors.Buffers;
using ChimneyActors.Ndis;
using ChimneyActors.Supervision;
using ChimneyActors.Supervision.Lifecycle;

namespace ChimneyActors.Miniports;

/// <summary>Parent of a part of a miniport's connections; one parent over all of them would be a bottleneck.</summary>
internal sealed class ShelfActor : DriverActor
{
    private readonly AdapterNode _adapter;
    private readonly Births _connections;
    private readonly Births _stranded;
    private readonly Props _connectionProps;
    private readonly Props _strandedProps;

    public ShelfActor(DriverStack stack, Edge edge, HolderId me, AdapterNode adapter)
        : base(stack, edge, me)
    {
        _adapter = adapter;
        _connections = new Births((entry, holder) => new ConnectionActor(
            stack, entry, holder, entry.Target!, adapter.Name, entry.Target!.Capabilities.Forward));
        _stranded = new Births((entry, holder) => new StrandedConnectionActor(stack, entry, holder));
        _connectionProps = PropsOf(_connections);
        _strandedProps = PropsOf(_stranded);
    }

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
        AdapterInstance plugged = _adapter.Current;
        if (plugged.IsRemoved || !AdapterLifecycle.TakesConnections(plugged.State))
        {
            bool isPaused = !plugged.IsRemoved && AdapterLifecycle.IsPaused(plugged.State);
            RefuseHome(initiate, isPaused ? NdisStatus.Paused : NdisStatus.Failure);     // LIFE-17
            return;
        }
        entry.Edge.Route = plugged.RouteOf(entry.Top);      // before the look: who disables something finds it here
        if (entry.Layer == OffloadLayer.Tcp)
            _adapter.CountIn();
        if (!plugged.Takes(initiate.Block.Socket))
        {
            RefuseHome(initiate, NdisStatus.OffloadConnectionRejected);     // CAP-13
            return;
        }
        entry.Shelf = Edge;
        entry.Target = plugged.Target;
        entry.AcceptedThrough = initiate.Block.Delivered;
        entry.Join(entry.Edge);
        Start(entry, _connections, _connectionProps);
        Between();
        Pass(entry.Edge, initiate, initiate.Flight);
    }

    private void StandIn(ConnectionEntry entry)
    {
        if (entry.Ended || !entry.Begun || entry.Remains is null || entry.Edge.Current is not null
            || Stack.Handles.Find(entry.Handle) != entry)
            return;
        Start(entry, _stranded, _strandedProps).Tell(StrandedConnectionActor.Begin, Self);
    }

    private Props PropsOf(Births births) =>
        Props.CreateBy(births).WithMailbox(LeanMailbox).WithDispatcher(Stack.Settings.Dispatcher);

    private static IActorRef Start(ConnectionEntry entry, Births births, Props props)
    {
        HolderId holder = HolderId.Next();
        entry.Holder = holder;
        string name = DeadLetterTap.ActorName($"c{entry.Handle}", holder);
        births.Await(name, entry, holder);
        IActorRef connection = Context.ActorOf(props, name);
        entry.Edge.PointAt(connection, holder);
        return connection;
    }
}
