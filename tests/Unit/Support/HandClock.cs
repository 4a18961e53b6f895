namespace ChimneyActors.Unit.Support;

/// <summary>A clock whose timers ring when the test says so.</summary>
internal sealed class HandClock : TimeProvider
{
    private readonly List<Bell> _bells = [];

    public void Ring()
    {
        foreach (Bell bell in _bells.ToArray())
            bell.Ring();
    }

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var bell = new Bell(this, callback, state);
        _bells.Add(bell);
        return bell;
    }

    private sealed class Bell(HandClock clock, TimerCallback callback, object? state) : ITimer
    {
        public void Ring() => callback(state);

        public bool Change(TimeSpan dueTime, TimeSpan period) => true;

        public void Dispose() => clock._bells.Remove(this);

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }
    }
}
