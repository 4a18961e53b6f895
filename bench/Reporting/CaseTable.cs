using System.Globalization;
using ChimneyActors.Bench.Measuring;

namespace ChimneyActors.Bench.Reporting;

/// <summary>One case as rows of cells: who, our cost over each rival's, the costs.</summary>
internal static class CaseTable
{
    /// <summary>The first row is the heading.</summary>
    public static string[][] Rows(CaseResult result)
    {
        string[] rivals = [.. result.Showings.SelectMany(one => one.Ratios.Keys).Distinct()];
        string[] metrics = [.. result.Showings.SelectMany(one => one.Metrics.Keys).Distinct()];
        return
        [
            ["", .. rivals.Select(rival => "/ " + rival), .. metrics.Take(1), "min - max", .. metrics.Skip(1)],
            .. result.Showings.Select(one => Row(one, rivals, metrics)),
        ];
    }

    private static string[] Row(Showing one, string[] rivals, string[] metrics) =>
    [
        one.Name,
        .. rivals.Select(rival => one.Ratios.TryGetValue(rival, out Ratio? ratio) ? Show(ratio) : "-"),
        Value(one, metrics[0], spread => Metric.Show(spread.Median)),
        Value(one, metrics[0], spread => $"{Metric.Show(spread.Min)} - {Metric.Show(spread.Max)}"),
        .. metrics.Skip(1).Select(metric => Value(one, metric, spread => Metric.Show(spread.Median))),
    ];

    /// <summary>Wall time, and CPU time in parentheses.</summary>
    private static string Show(Ratio ratio)
    {
        string wall = ratio.Headline.ToString("0.00", CultureInfo.InvariantCulture);
        return ratio.Cpu is { } cpu ? string.Create(CultureInfo.InvariantCulture, $"{wall} ({cpu:0.00})") : wall;
    }

    private static string Value(Showing one, string metric, Func<Spread, string> show) =>
        one.Metrics.TryGetValue(metric, out Spread? spread) ? show(spread) : "-";
}
