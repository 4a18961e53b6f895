using ChimneyActors.Supervision;

namespace ChimneyActors.Node.Stress;

/// <summary>Kills connection actors at a steady rate, and drivers one after the other, as long as it is on.</summary>
/// <remarks>By the clock and not by chance alone: a stack that slows down under it is not spared. Which connection
/// dies, and where in its handler, is drawn. Thread-safe.</remarks>
internal sealed class DeathPlan(StressOptions options, TimeProvider clock, string[] drivers) : ICrashPlan
{
    /// <summary>Of the moments at which one might die, one in so many is taken: else it would be whoever comes first,
    /// at the beginning of its handler.</summary>
    private const int Choice = 4;
    private readonly Random _random = new(options.Seed);
    private readonly Lock _gate = new();
    private readonly SortedDictionary<string, long> _ofDrivers = new(StringComparer.Ordinal);
    private long _begun;
    private bool _isOn;
    private long _connections;
    private long _ofAllDrivers;

    /// <summary>Connection actors that were killed.</summary>
    public long Connections => Interlocked.Read(ref _connections);

    /// <summary>Drivers that were killed, and how often.</summary>
    public IReadOnlyList<(string Driver, long Count)> Drivers
    {
        get
        {
            lock (_gate)
                return [.. _ofDrivers.Select(pair => (pair.Key, pair.Value))];
        }
    }

    /// <summary>From now on they die.</summary>
    public void Begin()
    {
        _begun = clock.GetTimestamp();
        Volatile.Write(ref _isOn, true);
    }

    /// <summary>From now on nobody does.</summary>
    public void Stop() => Volatile.Write(ref _isOn, false);

    /// <inheritdoc/>
    /// <exception cref="InjectedCrashException">This is where the driver is to die.</exception>
    public void At(string driver, CrashStep step)
    {
        if (!Volatile.Read(ref _isOn))
            return;
        double seconds = clock.GetElapsedTime(_begun).TotalSeconds;
        if (driver.StartsWith("connection-", StringComparison.Ordinal))
        {
            if (IsDue(ref _connections, seconds * options.Deaths))
                throw new InjectedCrashException(Connections, driver, step);
        }
        else if (options.DriverDeathsEvery > TimeSpan.Zero && IsNext(driver)
            && IsDue(ref _ofAllDrivers, seconds / options.DriverDeathsEvery.TotalSeconds))
        {
            lock (_gate)
                _ofDrivers[driver] = _ofDrivers.GetValueOrDefault(driver) + 1;
            throw new InjectedCrashException(Interlocked.Read(ref _ofAllDrivers), driver, step);
        }
    }

    private bool IsNext(string driver) => drivers[Interlocked.Read(ref _ofAllDrivers) % drivers.Length] == driver;

    private bool IsDue(ref long count, double allowed)
    {
        long before = Interlocked.Read(ref count);
        if (before + 1 > allowed)
            return false;
        lock (_gate)
        {
            if (_random.Next(Choice) != 0)
                return false;
        }
        return Interlocked.CompareExchange(ref count, before + 1, before) == before;
    }
}
