using System.Globalization;

namespace ChimneyActors.Bench.Measuring;

/// <summary>What this process keeps: managed objects after a collection, and pages of memory.</summary>
/// <param name="Managed">Bytes.</param>
/// <param name="Resident">Bytes, the runtime's own and what the collector holds back included.</param>
internal readonly record struct MemoryUse(double Managed, double Resident)
{
    public static MemoryUse Now()
    {
        double managed = GC.GetTotalMemory(forceFullCollection: true);
        string line = File.ReadLines("/proc/self/status")
            .First(one => one.StartsWith("VmRSS", StringComparison.Ordinal));
        string kilobytes = line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[^2];
        return new MemoryUse(managed, double.Parse(kilobytes, CultureInfo.InvariantCulture) * 1024);
    }

    /// <summary>Adds to a sample what each of so many things has taken since.</summary>
    public Sample Since(Sample sample, int count)
    {
        MemoryUse now = Now();
        return sample.With(Metric.ManagedBytes, (now.Managed - Managed) / count)
            .With(Metric.ResidentBytes, (now.Resident - Resident) / count);
    }
}
