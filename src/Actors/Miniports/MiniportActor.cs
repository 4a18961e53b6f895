using ChimneyActors.Buffers;
using ChimneyActors.Ndis;
using ChimneyActors.Supervision;

namespace ChimneyActors.Miniports;

/// <summary>Bottom driver: gives new connections to its shelves. Off the data path.</summary>
internal sealed class MiniportActor(DriverStack stack, Edge edge, HolderId me, Edge[] shelves)
    : DriverActor(stack, edge, me)
{
    protected override void Handle(object message)
    {
        switch (message)
        {
            case InitiateOffload initiate:
                Between();
                Pass(shelves[initiate.Block.Connection.Slot % shelves.Length], initiate, initiate.Flight);
                break;
            default:
                Unhandled(message);
                break;
        }
    }
}
