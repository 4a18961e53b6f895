using Akka.Actor;
using Akka.Delivery;
using Akka.Util;
using AkkaCluster = Akka.Cluster.Cluster;

namespace ChimneyActors.Bench.Cluster;

/// <summary>Makes the ends of reliable streams.</summary>
internal static class Deliveries
{
    /// <summary>An end that gives what comes to somebody, on its own thread. What it is told is sent.</summary>
    public static IActorRef Start(ActorSystem system, string name, Action<DeliveryEnd, byte[]> take)
    {
        IActorRef end = system.ActorOf(Props.Create(() => new DeliveryEnd(take)), name);
        system.ActorOf(ProducerController.Create<byte[]>(system, name, Option<Props>.None), $"{name}-out")
            .Tell(new ProducerController.Start<byte[]>(end));
        system.ActorOf(ConsumerController.Create<byte[]>(system, Option<IActorRef>.None), $"{name}-in")
            .Tell(new ConsumerController.Start<byte[]>(end));
        return end;
    }

    /// <summary>Has it hear what an end of another process sends.</summary>
    public static async Task HearAsync(ActorSystem system, string name, Address node, string other)
    {
        Address own = AkkaCluster.Get(system).SelfAddress;
        IActorRef from = await BenchSystem.FindAsync(system, node, $"{other}-out").ConfigureAwait(false);
        IActorRef to = await BenchSystem.FindAsync(system, own, $"{name}-in").ConfigureAwait(false);
        to.Tell(new ConsumerController.RegisterToProducerController<byte[]>(from));
    }
}
