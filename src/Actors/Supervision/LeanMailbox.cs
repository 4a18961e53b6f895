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

/// <summary>A ring that is made with the first message and grows; Akka's default holds two queues from the
/// start.</summary>
public sealed class LeanMessageQueue : IMessageQueue, IPeekable
{
    private const int SmallSize = 4;
    private const int KeepMax = 64;
    private Envelope[]? _ring;
    private int _first;
    private int _count;
    private IMessageQueue? _deadLetters;

    /// <inheritdoc/>
    public bool HasMessages => Volatile.Read(ref _count) > 0;

    /// <inheritdoc/>
    public int Count => Volatile.Read(ref _count);

    /// <inheritdoc/>
    public void Enqueue(IActorRef receiver, Envelope envelope)
    {
        IMessageQueue? deadLetters;
        lock (this)
        {
            deadLetters = _deadLetters;
            if (deadLetters is null)
            {
                _ring ??= new Envelope[SmallSize];
                if (_count == _ring.Length)
                    Grow();
                _ring[(_first + _count) & (_ring.Length - 1)] = envelope;
                Volatile.Write(ref _count, _count + 1);
            }
        }
        deadLetters?.Enqueue(receiver, envelope);   // the owner died while we were on our way
    }

    /// <inheritdoc/>
    public bool TryDequeue(out Envelope envelope)
    {
        if (Volatile.Read(ref _count) == 0)
        {
            envelope = default;
            return false;
        }
        lock (this)
        {
            if (_count == 0)
            {
                envelope = default;
                return false;
            }
            envelope = _ring![_first];
            _ring[_first] = default;
            _first = (_first + 1) & (_ring.Length - 1);
            Volatile.Write(ref _count, _count - 1);
            if (_count == 0 && _ring.Length > KeepMax)
            {
                _ring = null;   // a storm is over: give the memory back
                _first = 0;
            }
            return true;
        }
    }

    bool IPeekable.TryPeek([MaybeNullWhen(false)] out object next)
    {
        lock (this)
        {
            next = _count > 0 ? _ring![_first].Message : null;
            return _count > 0;
        }
    }

    /// <inheritdoc/>
    public void CleanUp(IActorRef owner, IMessageQueue deadletters)
    {
        lock (this)
            _deadLetters = deadletters;
        while (TryDequeue(out Envelope envelope))
            deadletters.Enqueue(owner, envelope);
    }

    private void Grow()
    {
        var larger = new Envelope[_ring!.Length * 2];
        for (int i = 0; i < _count; i++)
            larger[i] = _ring[(_first + i) & (_ring.Length - 1)];
        _ring = larger;
        _first = 0;
    }
}
