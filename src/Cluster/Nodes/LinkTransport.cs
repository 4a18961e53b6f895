using Akka.Actor;
using ChimneyActors.Cluster.Wire;

namespace ChimneyActors.Cluster.Nodes;

/// <summary>How messages of links travel, and who is a member: Akka's, or a test's.</summary>
internal record LinkTransport
{
    /// <summary>The clock of the links.</summary>
    public TimeProvider Clock { get; init; } = TimeProvider.System;

    /// <summary>How tasks of users go on.</summary>
    public TaskCreationOptions Tasks { get; init; } = TaskCreationOptions.RunContinuationsAsynchronously;

    /// <summary>Who tells of members; null where somebody else does.</summary>
    public Func<string, Props>? Members { get; init; } = static role => Props.Create(() => new MembersActor(role));

    /// <summary>Tells the adapter of a node something, that is not known yet.</summary>
    public virtual void Tell(ActorSystem system, Address node, LinkMessage message, IActorRef from) =>
        system.ActorSelection(new RootActorPath(node) / "user" / Protocol.AdapterName).Tell(message, from);

    /// <summary>Tells the other side something.</summary>
    public virtual void Tell(IActorRef to, LinkMessage message, IActorRef from) => to.Tell(message, from);
}
