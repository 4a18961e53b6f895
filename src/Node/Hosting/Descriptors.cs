using System.Globalization;
using Serilog;

namespace ChimneyActors.Node.Hosting;

/// <summary>The file descriptors of the process: each connection takes one.</summary>
internal static class Descriptors
{
    private const string LimitsFile = "/proc/self/limits";
    private const string LimitName = "Max open files";
    private const int Spare = 200;   // files, epoll, listeners

    /// <summary>Says so if the connections that are allowed need more of them than the process may have.</summary>
    public static void WarnIfShort(int connections)
    {
        if (Limit() is { } limit && connections + Spare > limit)
            Log.Warning(
                "At most {Limit} file descriptors, but {Connections} connections are allowed: lower --connections-max "
                + "or raise 'ulimit -n'", limit, connections);
    }

    private static long? Limit()
    {
        if (!File.Exists(LimitsFile))
            return null;
        string? line = File.ReadLines(LimitsFile)
            .FirstOrDefault(line => line.StartsWith(LimitName, StringComparison.Ordinal));
        string[] words = (line ?? "")[Math.Min(LimitName.Length, line?.Length ?? 0)..]
            .Split(' ', StringSplitOptions.RemoveEmptyEntries);
        return words.Length > 0 && long.TryParse(words[0], CultureInfo.InvariantCulture, out long soft) ? soft : null;
    }
}
