using ChimneyActors.Buffers;
using ChimneyActors.Ndis;
using ChimneyActors.Supervision;
using ChimneyActors.Supervision.Lifecycle;

namespace ChimneyActors.Miniports;

/// <summary>Bottom driver: gives new connections to its shelves, and speaks for the adapter. Off the data
/// path.</summary>
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
            case LifeEvent told:
                OnLife(told);
                break;
            default:
                Unhandled(message);
                break;
        }
    }

    /// <inheritdoc/>
    protected override void OnLife(LifeEvent told)
    {
        if (told.Instance is not { Target: IOffloadAdapter target } plugged)
        {
            base.OnLife(told);
            return;
        }
        Between();
        plugged.Calls.Ask(told, target, plugged.Why);
    }
}
