using System.Collections.Concurrent;
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
    private readonly ConcurrentQueue<Envelope> _queue = new();
    private volatile IMessageQueue? _deadLetters;

    /// <inheritdoc/>
    public bool HasMessages => !_queue.IsEmpty;

    /// <inheritdoc/>
    public int Count => _queue.Count;

    /// <inheritdoc/>
    public void Enqueue(IActorRef receiver, Envelope envelope)
    {
        _queue.Enqueue(envelope);
        // Either the last cleaning sees this message, or we see that it has begun.
        Interlocked.MemoryBarrier();
        if (_deadLetters is { } deadLetters)
            Empty(receiver, deadLetters);
    }

    /// <inheritdoc/>
    public bool TryDequeue(out Envelope envelope) => _queue.TryDequeue(out envelope);

    bool IPeekable.TryPeek([MaybeNullWhen(false)] out object next)
    {
        bool has = _queue.TryPeek(out Envelope envelope);
        next = envelope.Message;
        return has;
    }

    /// <inheritdoc/>
    public void CleanUp(IActorRef owner, IMessageQueue deadletters)
    {
        _deadLetters = deadletters;
        Interlocked.MemoryBarrier();
        Empty(owner, deadletters);
    }

    private void Empty(IActorRef owner, IMessageQueue deadLetters)
    {
        while (_queue.TryDequeue(out Envelope late))
            deadLetters.Enqueue(owner, late);
    }
}

/// <summary>Shows what its actor will handle next, to whoever writes a trace.</summary>
internal interface IPeekable
{
    /// <summary>The next message, left where it is; false if there is none.</summary>
    bool TryPeek([MaybeNullWhen(false)] out object next);
}
