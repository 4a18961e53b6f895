using System.Globalization;

namespace ChimneyActors.Bench.Measuring;

/// <summary>The names of what is measured, as they stand over the columns. All are costs: less is better.</summary>
internal static class Metric
{
    public const string Nanos = "ns/op";
    public const string CpuNanos = "CPU ns/op";
    public const string Bytes = "allocated B/op";
    public const string Median = "p50 us";
    public const string P99 = "p99 us";
    public const string P999 = "p99.9 us";
    public const string ManagedBytes = "managed B each";
    public const string ResidentBytes = "resident B each";

    /// <summary>A number as a table shows it: three digits that mean something, no more.</summary>
    public static string Show(double value) => value switch
    {
        < 0.05 and > -0.05 => "0",
        < 10 and > -10 => value.ToString("0.0", CultureInfo.InvariantCulture),
        _ => value.ToString("N0", CultureInfo.InvariantCulture),
    };
}
