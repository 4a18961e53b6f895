namespace ChimneyActors.TestKit;

/// <summary>Virtual time: it moves when the loop moves it, to the next thing that is due.</summary>
internal sealed class SeededClock : TimeProvider
{
    private readonly PriorityQueue<Due, (long At, long Number)> _due = new();
    private long _now = TimeSpan.TicksPerSecond;
    private long _number;

    /// <summary>Ticks since the beginning.</summary>
    public TimeSpan Now => new(_now);

    /// <inheritdoc/>
    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    /// <inheritdoc/>
    public override long GetTimestamp() => _now;

    /// <inheritdoc/>
    public override DateTimeOffset GetUtcNow() => DateTimeOffset.UnixEpoch + Now;

    /// <inheritdoc/>
    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = new SeededTimer(this, callback, state);
        timer.Change(dueTime, period);
        return timer;
    }

    /// <summary>Something that happens later, once or again and again.</summary>
    public Due At(TimeSpan delay, TimeSpan? interval, Action action)
    {
        var due = new Due(action, interval);
        Add(due, delay);
        return due;
    }

    /// <summary>Moves on to the next thing that is due, and does it. False: nothing ever is.</summary>
    public bool Advance() => Advance(TimeSpan.MaxValue);

    /// <summary>The same, unless it is due later than this. Then nothing moves.</summary>
    public bool Advance(TimeSpan latest)
    {
        while (_due.TryPeek(out Due? due, out (long At, long Number) when))
        {
            if (!due.IsOver && when.At > latest.Ticks)
                return false;
            _due.Dequeue();
            if (due.IsOver)
                continue;
            _now = Math.Max(_now, when.At);
            if (due.Interval is { } interval)
                Add(due, interval);
            else
                due.IsOver = true;
            due.Action();
            return true;
        }
        return false;
    }

    /// <summary>Time passes in which nothing is due.</summary>
    public void PassUntil(TimeSpan then) => _now = Math.Max(_now, then.Ticks);

    /// <summary>Back to the beginning; nothing is due any more.</summary>
    public void Reset()
    {
        _due.Clear();
        _now = TimeSpan.TicksPerSecond;
        _number = 0;
    }

    private void Add(Due due, TimeSpan delay) =>
        _due.Enqueue(due, (_now + Math.Max(delay.Ticks, 0), _number++));

    /// <summary>One thing to come.</summary>
    internal sealed class Due(Action action, TimeSpan? interval)
    {
        public Action Action => action;

        public TimeSpan? Interval => interval;

        /// <summary>Whether it has been, or is not wanted any more.</summary>
        public bool IsOver { get; set; }
    }

    private sealed class SeededTimer(SeededClock clock, TimerCallback callback, object? state) : ITimer
    {
        private Due? _next;

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            Dispose();
            if (dueTime != Timeout.InfiniteTimeSpan)
                _next = clock.At(dueTime, period > TimeSpan.Zero ? period : null, () => callback(state));
            return true;
        }

        public void Dispose()
        {
            if (_next is not null)
                _next.IsOver = true;
        }

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }
    }
}
