using ChimneyActors.Embedding;

namespace ChimneyActors.Node.Stress;

/// <summary>What a stress run is to do.</summary>
internal sealed record StressOptions
{
    /// <summary>Of everything that is random.</summary>
    public required int Seed { get; init; }

    /// <summary>Connections at a time.</summary>
    public int Connections { get; init; } = 100;

    /// <summary>Requests in all; 0: until the time is over.</summary>
    public long Requests { get; init; }

    /// <summary>How long, when no number of requests is given; or how long actors die.</summary>
    public TimeSpan Duration { get; init; }

    /// <summary>Bytes of a request.</summary>
    public int Size { get; init; } = 256;

    /// <summary>Requests of a connection under way at a time.</summary>
    public int Window { get; init; } = 4;

    /// <summary>Faults of the target for each request.</summary>
    public double Faults { get; init; }

    /// <summary>Crashes of drivers for each request.</summary>
    public double Crashes { get; init; }

    /// <summary>Connection actors that are killed in a second; 0: this is no run of healing.</summary>
    public int Deaths { get; init; }

    /// <summary>How often a driver is killed, one after the other; zero for never.</summary>
    public TimeSpan DriverDeathsEvery { get; init; }

    /// <summary>How long nobody is killed before, and after it.</summary>
    public TimeSpan Calm { get; init; }

    /// <summary>How long the load lasts, when no number of requests is given.</summary>
    public TimeSpan Load => Deaths > 0 ? Calm + Duration + Calm : Duration;

    /// <summary>A broken intermediate in the stack.</summary>
    public BrokenHabit Broken { get; init; }

    /// <summary>How often it is.</summary>
    public int BrokenOneIn { get; init; } = 10_000;

    /// <summary>Hold so many idle connections instead; 0: no.</summary>
    public int Idle { get; init; }

    /// <summary>After that, a run that has not ended is a hang.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>Where the report goes as JSON.</summary>
    public string? JsonFile { get; init; }

    /// <summary>Least completions a second; 0: none stated.</summary>
    public double RateMin { get; init; }

    /// <summary>The command that does this again.</summary>
    public string Command { get; init; } = "";
}
