namespace ChimneyActors.Node.Sessions;

/// <summary>One periodic look at all sessions, in place of a timer for each.</summary>
internal sealed class SessionSweep : IAsyncDisposable
{
    private static readonly TimeSpan PeriodMin = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan PeriodMax = TimeSpan.FromMilliseconds(500);
    private readonly PeriodicTimer _timer;
    private readonly Task _loop;

    /// <param name="table">What to look at.</param>
    /// <param name="shortest">The shortest time-out there is; zero if off.</param>
    /// <param name="clock">The clock.</param>
    public SessionSweep(SessionTable table, TimeSpan shortest, TimeProvider clock)
    {
        TimeSpan period = shortest == TimeSpan.Zero ? PeriodMax : shortest / 4;
        _timer = new PeriodicTimer(
            period < PeriodMin ? PeriodMin : period > PeriodMax ? PeriodMax : period, clock);
        _loop = LoopAsync(table);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        _timer.Dispose();
        await _loop.ConfigureAwait(false);
    }

    private async Task LoopAsync(SessionTable table)
    {
        while (await _timer.WaitForNextTickAsync().ConfigureAwait(false))
            table.Tick(Environment.TickCount64);
    }
}
