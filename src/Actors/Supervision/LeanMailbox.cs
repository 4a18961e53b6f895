using System.Diagnostics.CodeAnalysis;
using Akka.Actor;
using Akka.Configuration;
using Akka.Dispatch;
using Akka.Dispatch.MessageQueues;

namespace ChimneyActors.Supervision;

/// <summary>A mailbox that costs next to nothing while its actor has nothing to do. Connections are many.</summary>
public sealed class LeanMailbox : MailboxType, IProducesMessageQueue<LeanMessageQueue>
{
    /// <summary>Made by Akka from <c>chimney.lean-mailbox</c>.</summary>
    public LeanMailbox(Settings settings, Config config)
        : base(settings, config)
    {
    }

    /// <inheritdoc/>
    public override IMessageQueue Create(IActorRef owner, ActorSystem system) => new LeanMessageQueue();
}

/// <summary>Has no memory before the first message, and gives back what a storm took; Akka's default holds two queues
/// from the start.</summary>
public sealed class LeanMessageQueue : IMessageQueue, IPeekable
{
    private const int KeepMax = 64;
    private Inbox _inbox = new(KeepMax);

    /// <inheritdoc/>
    public bool HasMessages => _inbox.HasMessages;

    /// <inheritdoc/>
    public int Count => _inbox.Count;

    /// <summary>Room that is held now, in envelopes.</summary>
    internal int Room => _inbox.Room;

    /// <inheritdoc/>
    public void Enqueue(IActorRef receiver, Envelope envelope) => _inbox.Add(receiver, in envelope);

    /// <inheritdoc/>
    public bool TryDequeue(out Envelope envelope) => _inbox.TryTake(out envelope);

    bool IPeekable.TryPeek([MaybeNullWhen(false)] out object next) => _inbox.TryPeek(out next);

    /// <inheritdoc/>
    public void CleanUp(IActorRef owner, IMessageQueue deadletters) => _inbox.Close(owner, deadletters);
}
