using System.Diagnostics.CodeAnalysis;
using Akka.Actor;
using Akka.Dispatch.MessageQueues;
using ChimneyActors.Buffers;

namespace ChimneyActors.Supervision;

/// <summary>What many tell and one reads: the queue inside both mailboxes. Stays answerable after its owner's
/// death.</summary>
/// <remarks>
/// Tellers fill one array, the reader empties another and takes the full one when his own is empty: one interlocked
/// step to tell, next to none to read. Whether the owner is dead is decided in the same step as where a message goes,
/// so a message is read, or is a dead letter, and never both. Akka reads a mailbox on one thread at a time. A message
/// that comes alone needs no array: most connections never have two.
/// </remarks>
/// <param name="keepMax">Room in envelopes that is kept after a storm.</param>
internal struct Inbox(int keepMax)
{
    private const int SmallSize = 4;
    private readonly int _keepMax = keepMax;

    // Shared, under the latch.
    private Latch _latch;
    private Envelope[]? _told;
    private Envelope _alone;    // the one that is told, while there is no array
    private int _toldCount;
    private int _lastTaken;     // how many were told last time: as many may come again
    private IMessageQueue? _deadLetters;

    // The reader's own; others only look whether anything is left.
    private Envelope[]? _taken;
    private int _end;
    private int _left;

    /// <summary>Whether there is anything.</summary>
    /// <remarks>
    /// A teller tells and then looks whether the reader is at work; a reader goes to rest and then looks here. One of
    /// them must see the other, or the message lies here and nobody comes. The teller's stores may still be on their
    /// way when it looks, but not its entering: so the reader waits for whoever is inside.
    /// </remarks>
    public bool HasMessages
    {
        get
        {
            if (Volatile.Read(ref _left) > 0 || Volatile.Read(ref _toldCount) > 0)
                return true;
            _latch.Pass();
            // First what is told: when it is taken, it is seen as left before.
            return Volatile.Read(ref _toldCount) > 0 || Volatile.Read(ref _left) > 0;
        }
    }

    /// <summary>How many there are, roughly while somebody reads.</summary>
    public int Count => Volatile.Read(ref _toldCount) + Volatile.Read(ref _left);

    /// <summary>Room that is held now, in envelopes.</summary>
    public readonly int Room => (_told?.Length ?? 0) + (_taken?.Length ?? 0);

    private readonly int Oldest => _end - _left;

    /// <summary>From any thread.</summary>
    public void Add(IActorRef receiver, in Envelope envelope)
    {
        IMessageQueue? deadLetters;
        _latch.Enter();
        try
        {
            deadLetters = _deadLetters;
            if (deadLetters is null)
            {
                int count = _toldCount;
                if (count == 0 && _told is null)
                    _alone = envelope;
                else
                    RoomFor(count) = envelope;
                Volatile.Write(ref _toldCount, count + 1);
            }
        }
        finally
        {
            _latch.Leave();
        }
        deadLetters?.Enqueue(receiver, envelope);   // the owner died while we were on our way
    }

    /// <summary>The oldest; only from the owner's thread.</summary>
    public bool TryTake(out Envelope envelope)
    {
        if (_left == 0)
        {
            if (Volatile.Read(ref _toldCount) == 0)
            {
                envelope = default;
                return false;
            }
            if (TryTakeOnly(out envelope))
                return true;
        }
        Envelope[] taken = _taken!;
        ref Envelope oldest = ref taken[Oldest];
        envelope = oldest;
        oldest = default;
        int left = _left - 1;
        if (left == 0 && taken.Length > _keepMax)
            _taken = null;      // a storm is over: give the memory back
        Volatile.Write(ref _left, left);
        return true;
    }

    /// <summary>The oldest, left where it is; only from the owner's thread.</summary>
    public bool TryPeek([MaybeNullWhen(false)] out object next)
    {
        _latch.Enter();
        try
        {
            next = _left > 0 ? _taken![Oldest].Message
                : _toldCount == 0 ? null : _told is null ? _alone.Message : _told[0].Message;
            return next is not null;
        }
        finally
        {
            _latch.Leave();
        }
    }

    /// <summary>The owner is dead: what is here and what still comes goes to the dead letters.</summary>
    public void Close(IActorRef owner, IMessageQueue deadLetters)
    {
        _latch.Enter();
        _deadLetters = deadLetters;
        _latch.Leave();
        while (TryTake(out Envelope envelope))
            deadLetters.Enqueue(owner, envelope);
    }

    /// <summary>There is something told. A single message is taken at once; of several, all change hands.</summary>
    private bool TryTakeOnly(out Envelope envelope)
    {
        _latch.Enter();
        try
        {
            _lastTaken = _toldCount;
            if (_toldCount == 1)
            {
                ref Envelope only = ref _told is null ? ref _alone : ref _told[0];
                envelope = only;
                only = default;
                if (_told?.Length > _keepMax)
                    _told = null;
                Volatile.Write(ref _toldCount, 0);
                return true;
            }
            (_told, _taken) = (_taken, _told);
            _end = _toldCount;
            Volatile.Write(ref _left, _toldCount);
            Volatile.Write(ref _toldCount, 0);
            envelope = default;
            return false;
        }
        finally
        {
            _latch.Leave();
        }
    }

    private ref Envelope RoomFor(int place)
    {
        if (_told is null || place == _told.Length)
            Array.Resize(ref _told, Math.Max(SmallSize, Math.Max(place * 2, _lastTaken)));
        if (_alone.Message is not null)
        {
            _told[0] = _alone;
            _alone = default;
        }
        return ref _told[place];
    }
}
