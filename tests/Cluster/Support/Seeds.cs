using System.Globalization;

namespace ChimneyActors.Cluster.Tests.Support;

/// <summary>How many seeds a spec runs: its own number, or that of CHIMNEY_SEEDS.</summary>
internal static class Seeds
{
    public static IEnumerable<int> Some(int usual) =>
        Enumerable.Range(1, int.TryParse(Environment.GetEnvironmentVariable("CHIMNEY_SEEDS"),
            NumberStyles.None, CultureInfo.InvariantCulture, out int asked) ? asked : usual);
}
