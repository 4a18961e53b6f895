using System.Numerics;

namespace ChimneyActors.Targets.Kernel;

/// <summary>Who waits for acknowledgements; carries its own links, so that waiting allocates nothing.</summary>
internal abstract class AckWaiter
{
    internal AckWaiter? WheelNext;
    internal AckWaiter? WheelPrevious;
    internal long WheelDue;
    internal byte WheelStep;
    internal bool InWheel;
}

/// <summary>
/// Decides when to ask again whether the peer has acknowledged. Linux reports the acknowledgement of a FIN, and of data
/// when the buffer was full, but of no other data: somebody has to ask.
/// </summary>
/// <remarks>
/// The first question comes after 100 microseconds, every fruitless one doubles the pause, up to 100 milliseconds: an
/// acknowledgement is noticed after at most twice the time it took, and a peer that does not read costs ten questions a
/// second. One list a step: everybody in it waits equally long, so it is in order of time by itself, and adding,
/// removing and finding the next are constant work. Pure: time is what the caller says it is.
/// </remarks>
internal sealed class AckWheel
{
    /// <summary>What <see cref="NextDue"/> says when nobody waits.</summary>
    internal const long Never = long.MaxValue;

    private const int Steps = 11;
    private static readonly TimeSpan First = TimeSpan.FromMicroseconds(100);
    private static readonly TimeSpan Longest = TimeSpan.FromMilliseconds(100);

    private readonly long[] _pauses = new long[Steps];
    private readonly AckWaiter?[] _heads = new AckWaiter?[Steps];
    private readonly AckWaiter?[] _tails = new AckWaiter?[Steps];
    private uint _occupied;   // one bit a step that somebody waits in

    /// <param name="ticksPerSecond">The unit of all times given to this wheel.</param>
    internal AckWheel(long ticksPerSecond)
    {
        for (int step = 0; step < Steps; step++)
        {
            double seconds = Math.Min(First.TotalSeconds * (1 << step), Longest.TotalSeconds);
            _pauses[step] = Math.Max(1, (long)(seconds * ticksPerSecond));
        }
    }

    internal int Waiting { get; private set; }

    /// <summary>When somebody is due next; <see cref="Never"/> if nobody waits.</summary>
    internal long NextDue
    {
        get
        {
            long due = Never;
            for (uint left = _occupied; left != 0; left &= left - 1)
                due = Math.Min(due, _heads[BitOperations.TrailingZeroCount(left)]!.WheelDue);
            return due;
        }
    }

    /// <summary>Waits from the shortest pause on: new bytes are out, or some were acknowledged.</summary>
    /// <remarks>Who is in the shortest pause already stays as due as it was; else a stream of small sends would put
    /// its question off for ever.</remarks>
    internal void Begin(AckWaiter waiter, long now)
    {
        if (waiter.InWheel && waiter.WheelStep == 0)
            return;
        End(waiter);
        Add(waiter, 0, now);
    }

    /// <summary>Asked in vain: waits twice as long as the last time.</summary>
    internal void Continue(AckWaiter waiter, long now)
    {
        int step = Math.Min(waiter.WheelStep + 1, Steps - 1);
        End(waiter);
        Add(waiter, step, now);
    }

    /// <summary>Waits no longer. No harm if it did not.</summary>
    internal void End(AckWaiter waiter)
    {
        if (!waiter.InWheel)
            return;
        int step = waiter.WheelStep;
        if (waiter.WheelPrevious is null)
            _heads[step] = waiter.WheelNext;
        else
            waiter.WheelPrevious.WheelNext = waiter.WheelNext;
        if (waiter.WheelNext is null)
            _tails[step] = waiter.WheelPrevious;
        else
            waiter.WheelNext.WheelPrevious = waiter.WheelPrevious;
        if (_heads[step] is null)
            _occupied &= ~(1u << step);
        waiter.WheelNext = waiter.WheelPrevious = null;
        waiter.InWheel = false;
        Waiting--;
    }

    /// <summary>Takes out one waiter whose time has come, or null. The caller asks for it, and lets it
    /// <see cref="Continue"/> if there was no progress.</summary>
    internal AckWaiter? TakeDue(long now)
    {
        for (uint left = _occupied; left != 0; left &= left - 1)
        {
            AckWaiter first = _heads[BitOperations.TrailingZeroCount(left)]!;
            if (first.WheelDue > now)
                continue;
            End(first);
            return first;
        }

        return null;
    }

    private void Add(AckWaiter waiter, int step, long now)
    {
        AckWaiter? last = _tails[step];
        waiter.WheelStep = (byte)step;
        waiter.WheelDue = now + _pauses[step];
        waiter.WheelPrevious = last;
        waiter.InWheel = true;
        if (last is null)
            _heads[step] = waiter;
        else
            last.WheelNext = waiter;
        _tails[step] = waiter;
        _occupied |= 1u << step;
        Waiting++;
    }
}
