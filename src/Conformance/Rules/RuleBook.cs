using System.Reflection;

namespace ChimneyActors.Conformance.Rules;

/// <summary>The data files of the kit: all rules, what is said of those without a case, and the requirements of the
/// old certification.</summary>
internal static class RuleBook
{
    /// <summary>Every rule, in the order of the reference.</summary>
    public static IReadOnlyList<ConformanceRule> Rules { get; } =
    [
        .. Rows("rules.tsv", 4).Select(row => new ConformanceRule(row[0], row[1], row[2] switch
        {
            "must" => true,
            "should" => false,
            _ => throw new FormatException($"{row[0]}: '{row[2]}' must be must or should."),
        }, row[3])),
    ];

    /// <summary>The areas, in the order of the reference.</summary>
    public static IReadOnlyList<string> Areas { get; } = [.. Rules.Select(rule => rule.Area).Distinct()];

    /// <summary>The requirements of the old certification.</summary>
    public static IReadOnlyList<CertificationRequirement> Requirements { get; } =
    [
        .. Rows("requirements.tsv", 3).Select(row => new CertificationRequirement(
            row[0], row[1].Length == 0 ? [] : row[1].Split(' '), row[2])),
    ];

    private static readonly Dictionary<(string Id, string Target), Remark> Remarks =
        Rows("remarks.tsv", 4).ToDictionary(row => (row[0], row[1]), row => new Remark(row[2] switch
        {
            "n/a" => RuleVerdict.NotApplicable,
            "open" => RuleVerdict.Open,
            "part" => RuleVerdict.Upheld,
            _ => throw new FormatException($"{row[0]}: '{row[2]}' must be n/a, open or part."),
        }, row[3]));

    /// <summary>Ids of the remarks, for the test that compares them with the rules.</summary>
    public static IEnumerable<string> RemarkedIds => Remarks.Keys.Select(key => key.Id);

    /// <summary>Whether there is a rule of that id.</summary>
    public static bool Has(string id) => Rules.Any(rule => rule.Id == id);

    /// <summary>What is known about a rule on a target before any case has run; null for nothing.</summary>
    public static Remark? RemarkOf(string id, string target) =>
        Remarks.GetValueOrDefault((id, target)) ?? Remarks.GetValueOrDefault((id, "any"));

    private static IEnumerable<string[]> Rows(string file, int columns)
    {
        Assembly here = typeof(RuleBook).Assembly;
        using var reader = new StreamReader(here.GetManifestResourceStream(file)!);
        while (reader.ReadLine() is { } line)
        {
            string[] row = line.Split('\t');
            if (row.Length != columns)
                throw new FormatException($"{file}: '{line}' must have {columns} columns.");
            yield return row;
        }
    }
}

/// <summary>What is known about a rule without asking.</summary>
/// <param name="Verdict">Not applicable, open, or upheld: then the reason says which part is not.</param>
/// <param name="Reason">Why.</param>
internal sealed record Remark(RuleVerdict Verdict, string Reason);
