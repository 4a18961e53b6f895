using System.Diagnostics;

namespace ChimneyActors.Bench.Measuring;

/// <summary>Wall time, CPU time of this process and allocated bytes, from the start to the stop.</summary>
internal sealed class Meter
{
    private readonly long _bytes;
    private readonly TimeSpan _cpu;
    private readonly long _start;

    private Meter()
    {
        GC.Collect();
        _bytes = GC.GetTotalAllocatedBytes(precise: true);
        _cpu = Environment.CpuUsage.TotalTime;
        _start = Stopwatch.GetTimestamp();
    }

    public static Meter Start() => new();

    /// <summary>The costs of one operation.</summary>
    public Sample Stop(string name, long operations)
    {
        double nanos = Stopwatch.GetElapsedTime(_start).TotalNanoseconds / operations;
        double cpu = (Environment.CpuUsage.TotalTime - _cpu).TotalNanoseconds / operations;
        double bytes = (double)(GC.GetTotalAllocatedBytes(precise: true) - _bytes) / operations;
        return new Sample(name, [new(Metric.Nanos, nanos), new(Metric.CpuNanos, cpu), new(Metric.Bytes, bytes)]);
    }
}
