using ChimneyActors.Node.Verbs;

namespace ChimneyActors.Node.Stress;

/// <summary>Both ends of every connection are in this process; the kernel limits its descriptors.</summary>
internal static class DescriptorLimit
{
    private const int Others = 300;
    private const string Limits = "/proc/self/limits";
    private const string Row = "Max open files";

    /// <summary>Fails before anything is opened, rather than in the middle.</summary>
    public static void Check(int connections)
    {
        long needed = (connections * 2L) + Others;
        if (Read() is { } limit && limit < needed)
            throw NodeException.Environment(
                $"{connections} connections with both ends here need {needed} descriptors", "of this process",
                $"it may have {limit}; see ulimit -n");
    }

    private static long? Read()
    {
        if (!File.Exists(Limits))
            return null;
        string? row = File.ReadLines(Limits).FirstOrDefault(line => line.StartsWith(Row, StringComparison.Ordinal));
        string? soft = row?[Row.Length..].Split(' ', StringSplitOptions.RemoveEmptyEntries).FirstOrDefault();
        return long.TryParse(soft, out long limit) ? limit : null;
    }
}
