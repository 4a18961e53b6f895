namespace ChimneyActors.Node.Tests.Support;

/// <summary>Waiting for what must come, with a deadline no healthy run gets near.</summary>
internal static class Eventually
{
    public static readonly TimeSpan Deadline = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan Step = TimeSpan.FromMilliseconds(20);

    public static async Task BecomesTrueAsync(Func<bool> condition, string what, Func<string>? more = null)
    {
        using PeriodicTimer timer = new(Step);
        using CancellationTokenSource deadline = new(Deadline);
        while (!condition())
        {
            try
            {
                await timer.WaitForNextTickAsync(deadline.Token);
            }
            catch (OperationCanceledException)
            {
                throw new TimeoutException($"Within {Deadline}, never: {what}. {more?.Invoke()}");
            }
        }
    }

    /// <summary>Waits until a number has stood still for a second.</summary>
    public static async Task<long> StandsStillAsync(Func<long> number, string what)
    {
        long last = number();
        int still = 0;
        await BecomesTrueAsync(
            () =>
            {
                long now = number();
                still = now == last ? still + 1 : 0;
                last = now;
                return still >= 50;
            },
            $"{what} stands still");
        return last;
    }
}
