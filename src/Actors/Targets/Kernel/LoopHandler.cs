namespace ChimneyActors.Targets.Kernel;

/// <summary>
/// What an <see cref="EpollLoop"/> calls: one connection. All calls come from the loop's thread, one at a time. What
/// they throw goes to <see cref="OnFault"/> of the same handler and to nobody else.
/// </summary>
internal abstract class LoopHandler : AckWaiter
{
    internal const int Unregistered = -1;

    /// <summary>The loop that calls this handler, for its whole life.</summary>
    internal required EpollLoop Loop { get; init; }

    /// <summary>Where the loop keeps this handler while its descriptor is registered.</summary>
    internal int LoopSlot { get; set; } = Unregistered;

    /// <summary>Linked into the list of those to be called again; the loop's business.</summary>
    internal LoopHandler? NextAgain { get; set; }

    internal bool IsAgain { get; set; }

    /// <summary>Somebody posted something, from any thread.</summary>
    internal abstract void OnPosted(object message, object? sender);

    /// <summary>The socket changed. Edge-triggered: what is not taken now is not announced again.</summary>
    internal abstract void OnReady(Readiness ready);

    /// <summary>Time to ask whether the peer has acknowledged more.</summary>
    /// <returns>How the wait goes on.</returns>
    internal abstract AckWait OnAckDue();

    /// <summary>The handler had asked to go on later, so that others get their turn.</summary>
    internal abstract void OnAgain();

    /// <summary>One of the calls above threw, or the loop itself broke. Must give up its descriptor.</summary>
    internal abstract void OnFault(Exception fault);
}

/// <summary>The answer to a question for acknowledgements.</summary>
internal enum AckWait
{
    /// <summary>Nothing is outstanding.</summary>
    Over,
    /// <summary>Some were acknowledged, more are outstanding.</summary>
    Progressed,
    /// <summary>Nothing new.</summary>
    Fruitless,
}
