using System.Diagnostics;
using ChimneyActors.Bench.Messaging;

namespace ChimneyActors.Bench.Kernel;

/// <summary>One who speaks TCP: the same services in the shape that is natural to him.</summary>
internal interface IClient : ITalker
{
    /// <summary>Connections one after another in each slot: one byte, then FIN both ways, or RST.</summary>
    Task ChurnAsync(int count, int slots, bool reset);
}

/// <summary>One who keeps connections, or what he has in their place.</summary>
internal interface ITalker : IAsyncDisposable
{
    /// <summary>Opens connections and keeps them.</summary>
    Task OpenAsync(int count, int slots, bool echo);

    /// <summary>Round trips over all that are open, one at a time on each.</summary>
    Task ReplyAsync(ReplyRun run);

    /// <summary>Writes of 64 KiB over all that are open, then FIN both ways.</summary>
    /// <param name="each">Writes on each connection.</param>
    Task WriteAsync(int each);

    /// <summary>Ends all that are open, all at once, until each knows that the peer has its FIN. Only ours is told so;
    /// to the others the peer's own FIN has to say it.</summary>
    Task DisconnectAsync();

    /// <summary>What is left to do then: FIN the other way, and be rid of them.</summary>
    Task CloseAsync();
}

/// <summary>Round trips of 64 bytes, and how long each took.</summary>
internal sealed class ReplyRun(int connections, int each)
{
    public const int Bytes = 64;

    private int _next;

    public int Each => each;

    /// <summary>Ends with the last connection.</summary>
    public Countdown All { get; } = new(connections);

    /// <summary>Nanoseconds of each.</summary>
    public long[] Nanos { get; } = new long[connections * each];

    public void Add(long since) =>
        Nanos[Interlocked.Increment(ref _next) - 1] = (long)Stopwatch.GetElapsedTime(since).TotalNanoseconds;
}

/// <summary>Runs a number of things, some at a time.</summary>
internal static class Slots
{
    public static Task RunAsync(int count, int slots, Func<int, Task> run)
    {
        int next = -1;
        return Task.WhenAll(Enumerable.Range(0, Math.Min(slots, count)).Select(_ => SlotAsync()));

        async Task SlotAsync()
        {
            while (Interlocked.Increment(ref next) is var index && index < count)
                await run(index).ConfigureAwait(false);
        }
    }
}
