namespace ChimneyActors.Supervision;

/// <summary>How often a driver may be started anew within a window, and how long to wait before each.</summary>
/// <remarks>Pure: time comes from the caller. Connections do not share it.</remarks>
internal sealed class RestartBudget(int restartsMax, TimeSpan window, TimeSpan backoffMin, TimeSpan backoffMax)
{
    private readonly Queue<TimeSpan> _starts = new();

    /// <summary>Delay before the next start, or null when the budget is used up.</summary>
    /// <param name="now">Monotonic time.</param>
    public TimeSpan? NextStart(TimeSpan now)
    {
        while (_starts.TryPeek(out TimeSpan oldest) && now - oldest > window)
            _starts.Dequeue();
        if (_starts.Count >= restartsMax)
            return null;
        _starts.Enqueue(now);
        // The first death of a window costs no wait: neighbours are waiting.
        if (_starts.Count == 1)
            return TimeSpan.Zero;
        double factor = Math.Pow(2, Math.Min(_starts.Count - 2, 20));
        return TimeSpan.FromTicks((long)Math.Min(backoffMin.Ticks * factor, backoffMax.Ticks));
    }
}
