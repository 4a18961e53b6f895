using System.Collections.Concurrent;
using Akka.Actor;
using ChimneyActors.Buffers;
using ChimneyActors.Supervision;

namespace ChimneyActors.Miniports;

/// <summary>Makes the actors of a shelf's connections from one <see cref="Props"/>: Akka keeps the props of every
/// actor, and with arguments in them they would be a tenth of an idle connection.</summary>
/// <remarks>What a connection's actor is made of waits here, under the actor's name, from the start until Akka asks for
/// it on the actor's own first run. A connection's actor is never made twice: who fails is stopped.</remarks>
internal sealed class Births(Func<ConnectionEntry, HolderId, ActorBase> make) : IIndirectActorProducer
{
    private readonly ConcurrentDictionary<string, (ConnectionEntry Entry, HolderId Holder)> _awaited = new();

    /// <inheritdoc/>
    public Type ActorType => typeof(DriverActor);

    /// <summary>Notes an actor that is to be made.</summary>
    public void Await(string name, ConnectionEntry entry, HolderId holder) => _awaited[name] = (entry, holder);

    /// <inheritdoc/>
    public ActorBase Produce()
    {
        string name = ActorCell.GetCurrentSelfOrNoSender()!.Path.Name;
        return _awaited.TryRemove(name, out (ConnectionEntry Entry, HolderId Holder) one)
            ? make(one.Entry, one.Holder)
            : throw new InvalidOperationException($"Nobody awaits an actor '{name}'.");
    }

    /// <inheritdoc/>
    public void Release(ActorBase actor)
    {
    }
}
