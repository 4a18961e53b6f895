namespace ChimneyActors.Targets.Kernel;

/// <summary>One thing posted to a handler: the message, and on whose behalf.</summary>
internal readonly record struct LoopPost(LoopHandler Handler, object Message, object? Sender);

/// <summary>
/// What other threads want of a loop. Two lists that change places, under a lock held for a few instructions: nothing
/// is allocated once they have grown, and the order of posting is kept.
/// </summary>
internal sealed class LoopInbox
{
    private readonly Lock _gate = new();
    private List<LoopPost> _incoming = [];
    private List<LoopPost> _draining = [];
    private bool _closed;
    private bool _sleeping;

    /// <summary>Whether nothing was posted; true a moment too long at worst.</summary>
    internal bool IsEmpty => Volatile.Read(ref _incoming).Count == 0;

    /// <summary>Adds a post, unless the loop has ended.</summary>
    /// <param name="post">What to hand to whom.</param>
    /// <param name="wake">True if the loop sleeps and this caller is the one to wake it.</param>
    internal bool TryAdd(in LoopPost post, out bool wake)
    {
        lock (_gate)
        {
            wake = false;
            if (_closed)
                return false;
            _incoming.Add(post);
            wake = _sleeping;
            _sleeping = false;
            return true;
        }
    }

    /// <summary>True if the loop may go to sleep: nothing was posted, and the next to post will wake it.</summary>
    internal bool TrySleep()
    {
        lock (_gate)
            return _sleeping = _incoming.Count == 0 && !_closed;
    }

    internal void Awake()
    {
        lock (_gate)
            _sleeping = false;
    }

    /// <summary>Everything posted so far; valid until the next call.</summary>
    internal List<LoopPost> Drain()
    {
        _draining.Clear();
        lock (_gate)
            (_incoming, _draining) = (_draining, _incoming);
        return _draining;
    }

    /// <summary>Takes nothing more. True if the loop sleeps and must be woken.</summary>
    internal bool Close()
    {
        lock (_gate)
        {
            _closed = true;
            bool wake = _sleeping;
            _sleeping = false;
            return wake;
        }
    }
}
