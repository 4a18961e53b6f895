using System.Globalization;
using ChimneyActors.Bench.Measuring;

namespace ChimneyActors.Bench.Kernel;

/// <summary>The rival in C: a process for each repetition, which says itself what it needed.</summary>
internal sealed class NativeClient(string program)
{
    /// <summary>Runs it.</summary>
    /// <param name="what">churn, reset, reply, bulk or crowd.</param>
    /// <param name="port">Of the peer.</param>
    /// <param name="count">Operations.</param>
    /// <param name="slots">Connections at a time.</param>
    /// <param name="name">The name of a case for each word that the program says.</param>
    public async Task<IReadOnlyList<Sample>> RunAsync(
        string what, int port, int count, int slots, Func<string, string> name)
    {
        string output = await Child.OutputOfAsync(program, what, Text(port), Text(count), Text(slots))
            .ConfigureAwait(false);
        return [.. output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => Parse(line, name))];
    }

    private static Sample Parse(string line, Func<string, string> name)
    {
        string[] words = line.Split(' ');
        double[] values = [.. words.Skip(1).Select(word => double.Parse(word, CultureInfo.InvariantCulture))];
        var sample = new Sample(name(words[0]), [new(Metric.Nanos, values[0]), new(Metric.CpuNanos, values[1])]);
        return values.Length < 5 ? sample
            : sample.With(Metric.Median, values[2]).With(Metric.P99, values[3]).With(Metric.P999, values[4]);
    }

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}
