using Akka.Actor;
using ChimneyActors.Bench.Messaging;

namespace ChimneyActors.Bench.Kernel;

/// <summary>To each actor that stands for a connection: write so often.</summary>
internal sealed record Writes(int Each, Countdown All)
{
    /// <summary>Has all write; ends when they have.</summary>
    public static Task TellAll(IActorRef[] connections, int each)
    {
        var writes = new Writes(each, new Countdown(connections.Length));
        return TellAll(connections, writes, writes.All);
    }

    /// <summary>The same with another message.</summary>
    public static Task TellAll(IActorRef[] connections, object message, Countdown all)
    {
        foreach (IActorRef one in connections)
            one.Tell(message, ActorRefs.NoSender);
        return all.Done;
    }
}
