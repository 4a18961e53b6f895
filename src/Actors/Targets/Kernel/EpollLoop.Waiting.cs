using System.Diagnostics;

namespace ChimneyActors.Targets.Kernel;

/// <summary>How the loop waits for events: it looks, looks a little longer while that pays, then sleeps.</summary>
internal sealed unsafe partial class EpollLoop
{
    private void Poll()
    {
        long wait = NanosecondsToSleep();
        fixed (byte* events = _events)
        {
            bool looks = wait != 0 && _spin.Budget > 0;
            int found = looks ? Spin(events, wait) : 0;
            if (found == 0)     // what is due meanwhile is due no later for a look
                found = Sleep(events, looks ? NanosecondsToSleep() : wait);
            if (found < 0 && found != -Errno.Interrupted)
                throw new IOException($"The epoll loop '{_name}' is broken: errno {-found}.");
            DeliverPosts();   // first: a receive posted before data came in must be there when the data is looked at
            for (int index = 0; index < found; index++)
                Dispatch(NativeEpoll.KeyOf(events, index), NativeEpoll.ReadinessOf(events, index));
        }
    }

    /// <summary>Looks for events without sleeping, while the past says that it pays.</summary>
    private int Spin(byte* events, long wait)
    {
        long start = Stopwatch.GetTimestamp();
        long ticks = wait < 0 ? _spin.Budget : Math.Min(_spin.Budget, (long)(wait * 1e-9 * Stopwatch.Frequency));
        for (long now = start; now - start < ticks;)
        {
            if (IsFound(events, out int found))
                return found;
            long offered = Stopwatch.GetTimestamp();
            Thread.Yield();
            now = Stopwatch.GetTimestamp();
            if (!_spin.IsTaken(now - offered))
                continue;
            // Who took the core may be just who was waited for: then it is there in time all the same.
            if (now - start <= ticks && IsFound(events, out found))
                return found;
            _spin.NoteTaken();
            return 0;
        }

        if (ticks == _spin.Budget)
            _spin.NoteSpin(found: false);
        return 0;
    }

    private bool IsFound(byte* events, out int found)
    {
        found = NativeEpoll.Wait(_epoll, events, BatchMax, 0);
        if (found == 0 && _inbox.IsEmpty)
            return false;
        _spin.NoteSpin(found: true);
        return true;
    }

    private int Sleep(byte* events, long wait)
    {
        bool sleeps = wait != 0 && _inbox.TrySleep();
        long start = sleeps ? Stopwatch.GetTimestamp() : 0;
        int found = NativeEpoll.Wait(_epoll, events, BatchMax, sleeps ? wait : 0);
        if (!sleeps)
            return found;
        _inbox.Awake();
        if (found > 0)
            _spin.NoteSleep(Stopwatch.GetTimestamp() - start);
        return found;
    }

    private long NanosecondsToSleep()
    {
        if (_firstAgain is not null)
            return 0;
        long due = _wheel.NextDue;
        if (due == AckWheel.Never)
            return NativeEpoll.Infinite;
        long ticks = due - _time.GetTimestamp();
        return ticks <= 0 ? 0 : (long)(ticks * _nanosecondsPerTick);
    }
}
