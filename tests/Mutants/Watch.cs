using System.Diagnostics;
using System.Runtime.ExceptionServices;

namespace ChimneyActors.Mutants.Tests;

/// <summary>Runs each hunt on a thread of its own, and only for so long: a mutant may make a handler spin for ever, and
/// must then fail by its name instead of holding up everybody.</summary>
/// <param name="limit">How long a hunt may take.</param>
/// <param name="turnOff">Turns the mutant off, which may end the spinning.</param>
internal sealed class Watch(TimeSpan limit, Action turnOff)
{
    private const long HeapMax = 4L << 30;
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(5);
    private string? _stuck;

    /// <summary>Hunts.</summary>
    /// <param name="name">Of the mutant.</param>
    /// <param name="hunt">The hunt.</param>
    /// <exception cref="TimeoutException">It did not end, or, if it did not end with its mutant turned off either,
    /// the thread of an earlier one still runs, and nothing can be hunted beside it.</exception>
    public T Run<T>(string name, Func<T> hunt)
    {
        if (_stuck is not null)
            throw new TimeoutException($"not hunted: '{_stuck}' still spins");
        T result = default!;
        ExceptionDispatchInfo? failure = null;
        var thread = new Thread(() =>
        {
            try
            {
                result = hunt();
            }
            catch (Exception exception)
            {
                failure = ExceptionDispatchInfo.Capture(exception);
            }
        })
        {
            IsBackground = true,    // does not keep the process
            Name = name,
        };
        thread.Start();
        if (!EndsInTime(thread))
        {
            turnOff();
            if (!thread.Join(Grace))
                _stuck = name;
            throw new TimeoutException($"'{name}' makes something spin: its hunt did not end");
        }
        failure?.Throw();
        return result;
    }

    /// <summary>What spins may also collect.</summary>
    private bool EndsInTime(Thread thread)
    {
        long begun = Stopwatch.GetTimestamp();
        while (Stopwatch.GetElapsedTime(begun) is var gone && gone < limit && GC.GetTotalMemory(false) < HeapMax)
            if (thread.Join(gone + Interval < limit ? Interval : limit - gone))
                return true;
        return false;
    }
}
