namespace ChimneyActors.Targets.Kernel;

/// <summary>
/// Decides whether a loop looks for events a little longer before it sleeps. A sleep that ends at once costs more than
/// it spares: the thread has to be woken, and its core too.
/// </summary>
/// <remarks>
/// Looking is earned and lost. A sleep that something ended soon earns a little; to look in vain costs more than a
/// success and the sleep behind it earn, and when all is lost some sleeps pass before the next try; so a loop that
/// looks is right in at least two of three times, and an idle one, whose sleeps are long, never looks. Whoever looks
/// offers its core to others. If somebody takes it and what was looked for is there afterwards, it was the peer on the
/// same core, and nothing is quicker; if not, the loop sleeps at once for a while. That happens now and then on any
/// machine; where it happens again before many looks were right the cores are needed elsewhere, and the while is twice
/// as long each time. Pure: time is what the caller says it is.
/// </remarks>
internal sealed class SpinTrust
{
    private const int Most = 16;
    private const int CostInVain = 3;     // the sleep behind it may earn one again
    private const int CostTaken = 4;
    private const int CostTakenMost = 1_000_000;

    // A sleep lasts longer than a look for the same event: cores have to be woken, the peer's for it and ours by it.
    private const int SleepForLook = 4;

    private readonly long _longest;
    private readonly long _taken;
    private int _trust;
    private int _right;     // looks, since the core was taken or since that costs less
    private int _costTaken = CostTaken;

    /// <param name="longest">How long it looks at most, in ticks; 0 for never.</param>
    /// <param name="taken">A core that was offered and comes back later than this was taken, in ticks.</param>
    internal SpinTrust(long longest, long taken) => (_longest, _taken) = (longest, taken);

    /// <summary>Ticks to look before the next sleep.</summary>
    internal long Budget => _trust > 0 ? _longest : 0;

    /// <summary>A sleep was ended by an event or a post.</summary>
    internal void NoteSleep(long ticks)
    {
        if (ticks <= _longest * SleepForLook)
            _trust = Math.Min(_trust + 1, Most);
        else if (_trust > 0)
            _trust--;
    }

    /// <summary>It looked, and found something or not.</summary>
    internal void NoteSpin(bool found)
    {
        _trust = found ? Math.Min(_trust + 1, Most) : _trust - CostInVain;
        if (!found && _trust <= 0)
            _trust = -Most;
        if (found && ++_right == Most)
        {
            _right = 0;
            _costTaken = Math.Max(_costTaken / 2, CostTaken);
        }
    }

    /// <summary>Whether a core that was offered for so long was taken by somebody.</summary>
    internal bool IsTaken(long ticks) => ticks > _taken;

    /// <summary>Somebody took the core, and what was looked for did not come of it: it is no time to look.</summary>
    internal void NoteTaken()
    {
        _trust = -_costTaken;
        _right = 0;
        _costTaken = Math.Min(_costTaken * 2, CostTakenMost);
    }
}
