using System.Collections.Concurrent;
using System.Globalization;
using ChimneyActors.Buffers;

namespace ChimneyActors.Supervision;

/// <summary>Crashes drivers at the steps of their handlers, from a seed.</summary>
/// <remarks>Connections are counted and named together, as <c>connection</c>; the shelves of a miniport by theirs.
/// Thread-safe.</remarks>
public sealed class SeededCrashPlan : ICrashPlan
{
    private const string Connection = "connection";
    private readonly ConcurrentDictionary<string, long> _crashes = new();
    private readonly SeededChance _chance;
    private readonly double _rate;
    private readonly string[] _drivers;
    private long _count;
    private int _stopped;

    /// <summary>A plan.</summary>
    /// <param name="seed">The same seed gives the same series of decisions.</param>
    /// <param name="rate">Crashes for each message that a driver handles, 0 to 1. Each message has up to three
    /// steps to crash at: before its handler, between its parts, after it.</param>
    /// <param name="drivers">Only these crash; none named: all.</param>
    public SeededCrashPlan(int seed, double rate, params string[] drivers)
        : this(new SeededChance(seed), rate, drivers)
    {
    }

    /// <summary>A plan whose luck comes from elsewhere.</summary>
    internal SeededCrashPlan(SeededChance chance, double rate, params string[] drivers)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(rate is >= 0 and <= 1, true, nameof(rate));
        _chance = chance;
        _rate = rate / 3;
        _drivers = drivers;
    }

    /// <summary>How many crashes were injected.</summary>
    public long Count => Interlocked.Read(ref _count);

    /// <summary>How many for each driver.</summary>
    public IReadOnlyDictionary<string, long> Crashes => _crashes;

    /// <summary>From now on nobody crashes on purpose.</summary>
    public void Stop() => Volatile.Write(ref _stopped, 1);

    /// <inheritdoc/>
    /// <exception cref="InjectedCrashException">This is where the driver is to die.</exception>
    public void At(string driver, CrashStep step)
    {
        if (Volatile.Read(ref _stopped) != 0)
            return;
        if (_drivers.Length > 0 && !_drivers.Contains(NameOf(driver)))
            return;
        if (!_chance.Hits(_rate, out _))
            return;
        string name = NameOf(driver);
        _crashes.AddOrUpdate(name, 1, static (_, count) => count + 1);
        throw new InjectedCrashException(Interlocked.Increment(ref _count), driver, step);
    }

    private static string NameOf(string driver) =>
        driver.StartsWith(Connection + "-", StringComparison.Ordinal) ? Connection : driver;
}

/// <summary>Thrown in a driver on purpose.</summary>
/// <param name="id">Serial number in the plan, from 1.</param>
/// <param name="driver">The driver.</param>
/// <param name="step">Where in its handler.</param>
public sealed class InjectedCrashException(long id, string driver, CrashStep step) : Exception(
    string.Create(CultureInfo.InvariantCulture, $"Crash {id} on purpose: {driver}, {step} its handler's steps"))
{
    /// <summary>Serial number in the plan.</summary>
    public long Id { get; } = id;

    /// <summary>The driver.</summary>
    public string Driver { get; } = driver;

    /// <summary>Where in its handler.</summary>
    public CrashStep Step { get; } = step;
}
