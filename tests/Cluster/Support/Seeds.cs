using System.Globalization;

namespace ChimneyActors.Cluster.Tests.Support;

/// <summary>Which seeds a spec runs: its own number of them, or that of CHIMNEY_SEEDS, from 1 or from CHIMNEY_FROM
/// on.</summary>
internal static class Seeds
{
    public static IEnumerable<int> Some(int usual) =>
        Enumerable.Range(Asked("CHIMNEY_FROM") ?? 1, Asked("CHIMNEY_SEEDS") ?? usual);

    private static int? Asked(string name) => int.TryParse(Environment.GetEnvironmentVariable(name),
        NumberStyles.None, CultureInfo.InvariantCulture, out int asked) ? asked : null;
}
