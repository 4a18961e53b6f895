using Akka.Actor;
using ChimneyActors.Buffers;
using ChimneyActors.Ndis;

namespace ChimneyActors.Supervision;

/// <summary>How a target speaks to the actor of one connection: by telling it. Made once for each instance.</summary>
internal sealed class ActorUpcalls(HolderId holder, IActorRef connection, NetBufferListPool receivePool)
    : IOffloadUpcalls
{
    public HolderId Holder => holder;

    public NetBufferListPool ReceivePool => receivePool;

    public void Complete(OffloadCompletion completion) => connection.Tell(completion, ActorRefs.NoSender);

    public void Indicate(OffloadIndication indication) => connection.Tell(indication, ActorRefs.NoSender);
}
