using System.Diagnostics.CodeAnalysis;
using Akka.Actor;
using Akka.Configuration;
using Akka.Dispatch;
using Akka.Dispatch.MessageQueues;

namespace ChimneyActors.Supervision;

/// <summary>The mailbox of drivers: loses nothing when its actor dies.</summary>
/// <remarks>Akka empties the mailbox of a dead actor into the dead letters once. Who looked the mailbox up before that
/// and is only now putting a message in puts it where nobody looks any more: no letter, no way home.</remarks>
public sealed class DriverMailbox : MailboxType, IProducesMessageQueue<DriverMessageQueue>
{
    /// <summary>Made by Akka from <c>chimney.driver-mailbox</c>.</summary>
    public DriverMailbox(Settings settings, Config config)
        : base(settings, config)
    {
    }

    /// <inheritdoc/>
    public override IMessageQueue Create(IActorRef owner, ActorSystem system) => new DriverMessageQueue();
}

/// <summary>An unbounded queue that stays answerable after its owner's death.</summary>
public sealed class DriverMessageQueue : IMessageQueue, IUnboundedMessageQueueSemantics, IPeekable
{
    // Drivers are few and their storms come again: a megabyte is kept.
    private const int KeepMax = 65536;
    private Inbox _inbox = new(KeepMax);

    /// <inheritdoc/>
    public bool HasMessages => _inbox.HasMessages;

    /// <inheritdoc/>
    public int Count => _inbox.Count;

    /// <inheritdoc/>
    public void Enqueue(IActorRef receiver, Envelope envelope) => _inbox.Add(receiver, in envelope);

    /// <inheritdoc/>
    public bool TryDequeue(out Envelope envelope) => _inbox.TryTake(out envelope);

    bool IPeekable.TryPeek([MaybeNullWhen(false)] out object next) => _inbox.TryPeek(out next);

    /// <inheritdoc/>
    public void CleanUp(IActorRef owner, IMessageQueue deadletters)
    {
        _inbox.Close(owner, deadletters);
    }
}

/// <summary>Shows what its actor will handle next, to whoever writes a trace.</summary>
internal interface IPeekable
{
    /// <summary>The next message, left where it is; false if there is none.</summary>
    bool TryPeek([MaybeNullWhen(false)] out object next);
}
