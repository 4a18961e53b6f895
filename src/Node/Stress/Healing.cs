using System.Diagnostics;

namespace ChimneyActors.Node.Stress;

/// <summary>What became of the load before, while, and after actors died.</summary>
/// <param name="Deaths">Connection actors that were killed.</param>
/// <param name="DriverDeaths">Drivers that were killed.</param>
/// <param name="RateBefore">Completions a second before.</param>
/// <param name="RateWhile">While they died.</param>
/// <param name="RateAfter">From a second after the last death.</param>
/// <param name="BackAfter">Milliseconds from the last death until the rate of half a second was nine tenths of the rate
/// before; null if it never was.</param>
internal sealed record HealingFigures(
    long Deaths, long DriverDeaths, double RateBefore, double RateWhile, double RateAfter, double? BackAfter);

/// <summary>Lets actors die under load for a while, with quiet before and after it, and looks how the load
/// fares.</summary>
internal sealed class Healing(StressOptions options, StressCounts counts, DeathPlan plan)
{
    private const double Enough = 0.9;
    private static readonly TimeSpan Pace = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan Window = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);
    private readonly List<Sample> _samples = [];

    /// <summary>From the start of the load to its end.</summary>
    public async Task<HealingFigures> RunAsync(Stopwatch watch)
    {
        TimeSpan begins = options.Calm;
        TimeSpan ends = begins + options.Duration;
        await SampleUntilAsync(watch, begins).ConfigureAwait(false);
        plan.Begin();
        await SampleUntilAsync(watch, ends).ConfigureAwait(false);
        plan.Stop();
        TimeSpan stopped = watch.Elapsed;
        await SampleUntilAsync(watch, ends + options.Calm).ConfigureAwait(false);
        // The first half of the quiet before it is for the runtime to compile what it runs.
        double before = Rate(begins / 2, begins);
        return new HealingFigures(plan.Connections, plan.Drivers.Sum(driver => driver.Count), before,
            Rate(begins, ends), Rate(stopped + Second, ends + options.Calm), BackAfter(stopped, before));
    }

    private async Task SampleUntilAsync(Stopwatch watch, TimeSpan end)
    {
        while (watch.Elapsed < end)
        {
            await Task.Delay(Pace).ConfigureAwait(false);
            _samples.Add(new Sample(watch.Elapsed, counts.Completed));
        }
    }

    private double? BackAfter(TimeSpan stopped, double before) => _samples
        .Where(sample => sample.At >= stopped + Window && Rate(sample.At - Window, sample.At) >= Enough * before)
        .Select(sample => (double?)(sample.At - stopped).TotalMilliseconds)
        .FirstOrDefault();

    private double Rate(TimeSpan from, TimeSpan to)
    {
        Sample[] within = [.. _samples.Where(sample => sample.At >= from && sample.At <= to)];
        return within.Length < 2
            ? 0
            : (within[^1].Completed - within[0].Completed) / (within[^1].At - within[0].At).TotalSeconds;
    }

    private readonly record struct Sample(TimeSpan At, long Completed);
}
