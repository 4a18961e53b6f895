namespace ChimneyActors.Bench.Messaging;

/// <summary>One request at a time, the next when the last is answered. A window is so many lanes.</summary>
internal abstract class Lane
{
    private Countdown _all = null!;
    private long _left;

    /// <summary>Runs a number of requests over all lanes, to the last answer.</summary>
    public static Task RunAsync(Lane[] lanes, long requests)
    {
        var all = new Countdown(lanes.Length);
        foreach (Lane lane in lanes)
        {
            lane._all = all;
            lane._left = Math.Max(1, requests / lanes.Length);
        }
        foreach (Lane lane in lanes)
            lane.Start();
        return all.Done;
    }

    /// <summary>Sends the first request on its way; each answer asks <see cref="Next"/>.</summary>
    public abstract void Start();

    /// <summary>A request is answered. True: there is one more to send.</summary>
    public bool Next()
    {
        if (--_left > 0)
            return true;
        _all.Signal();
        return false;
    }
}

/// <summary>Ends when all have signalled.</summary>
internal sealed class Countdown(int count)
{
    private readonly TaskCompletionSource _done = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _left = count;

    public Task Done => _done.Task;

    public void Signal()
    {
        if (Interlocked.Decrement(ref _left) == 0)
            _done.SetResult();
    }
}
