using System.Globalization;
using System.Text.RegularExpressions;

namespace ChimneyActors.Architecture;

/// <summary>One rule in docs/conformance.</summary>
/// <param name="File">The file it stands in.</param>
/// <param name="Id">DISC-13, say.</param>
/// <param name="Status">One of <see cref="Conformance.Statuses"/>, then perhaps a colon and a reason.</param>
/// <param name="Where">Types and members of the library, in backticks.</param>
/// <param name="Tests">Class.Method of the tests that show it; none is "-".</param>
internal sealed record RuleRow(string File, string Id, string Status, string Where, string Tests)
{
    /// <summary>The status without the reason.</summary>
    public string Kind => Status.Split(':')[0];

    public string[] TestNames => Tests == "-" ? [] : Tests.Split(", ");
}

/// <summary>A group of rules as the overview lists it.</summary>
/// <param name="Name">DISC, say.</param>
/// <param name="Last">How many rules it has: they are numbered from 1.</param>
/// <param name="Counts">How many rows have each status, in the order of <see cref="Conformance.Statuses"/>.</param>
internal sealed record RuleGroup(string Name, int Last, int[] Counts)
{
    public IEnumerable<string> Ids =>
        Enumerable.Range(1, Last).Select(number => string.Create(CultureInfo.InvariantCulture, $"{Name}-{number:00}"));
}

/// <summary>Reads the conformance table and finds what does not fit.</summary>
internal static partial class Conformance
{
    public static readonly string[] Statuses =
        ["kept", "kept, not tested", "partly", "not yet", "cannot", "other shape"];

    public static RuleGroup[] Groups(IEnumerable<string> overview) =>
    [
        .. from line in overview
           let cells = Cells(line)
           where cells.Length == 3 + Statuses.Length
           let range = Range().Match(cells[1])
           where range.Success
           select new RuleGroup(range.Groups["group"].Value, Number(range.Groups["last"].Value),
               [.. cells[3..].Select(Number)]),
    ];

    public static RuleRow[] Rows(string file, IEnumerable<string> lines) =>
    [
        .. from line in lines
           let cells = Cells(line)
           where cells.Length == 5 && RuleId().IsMatch(cells[0])
           select new RuleRow(file, cells[0], cells[2], cells[3], cells[4]),
    ];

    /// <summary>Rules without a row, rows without a rule, and rules with two.</summary>
    public static IEnumerable<string> Gaps(RuleGroup[] groups, RuleRow[] rows)
    {
        string[] ids = [.. groups.SelectMany(group => group.Ids)];
        string[] found = [.. rows.Select(row => row.Id)];
        return ids.Except(found).Select(id => $"{id} has no row")
            .Concat(found.Except(ids).Select(id => $"{id} is not in the overview"))
            .Concat(found.GroupBy(id => id).Where(same => same.Count() > 1).Select(same => $"{same.Key} has two rows"));
    }

    /// <summary>Rows whose status is unknown, or does not go with the rest of the row.</summary>
    public static IEnumerable<string> Dishonest(RuleRow row)
    {
        bool shown = row.TestNames.Length > 0;
        if (!Statuses.Contains(row.Kind))
            yield return $"{row.Id}: \"{row.Status}\" is no status";
        if (row.Kind == "kept" && !shown)
            yield return $"{row.Id} is kept and no test shows it";
        if (row.Kind is "kept, not tested" or "not yet" && shown)
            yield return $"{row.Id} is \"{row.Kind}\" and names a test";
        if (row.Kind is "partly" or "cannot" && row.Status == row.Kind)
            yield return $"{row.Id} does not say why";
        if (row.Kind == "other shape" && !Link().IsMatch(row.Status))
            yield return $"{row.Id} does not say where its shape is explained";
        if (row.Kind is "kept" or "kept, not tested" or "partly" && row.Where == "-")
            yield return $"{row.Id} does not say where it is kept";
    }

    /// <summary>Tests that no file of the tests has.</summary>
    public static IEnumerable<string> Untested(RuleRow row, SourceFile[] tests) =>
        from name in row.TestNames
        where name.Split('.') is not [{ } type, { } method]
            || !tests.Any(file => file.Has("class " + type) && file.Has(method))
        select $"{row.Id}: there is no test {name}";

    /// <summary>Types and members that no file of the library has.</summary>
    public static IEnumerable<string> Misplaced(RuleRow row, SourceFile[] library) =>
        from name in Code().Matches(row.Where).Select(match => match.Groups[1].Value)
        where !library.Any(file => name.Split('.').All(file.Has))
        select $"{row.Id}: the library has no {name}";

    /// <summary>Groups whose counts in the overview are not those of the rows.</summary>
    public static IEnumerable<string> Miscounted(RuleGroup[] groups, RuleRow[] rows) =>
        from @group in groups
        let own = rows.Where(row => row.Id.StartsWith(@group.Name + "-", StringComparison.Ordinal)).ToArray()
        let counts = Statuses.Select(status => own.Count(row => row.Kind == status)).ToArray()
        where !counts.SequenceEqual(@group.Counts)
        select $"{@group.Name}: the rows say | {string.Join(" | ", counts)} |";

    /// <summary>Links to files that are not there.</summary>
    public static IEnumerable<string> DeadLinks(SourceFile file) =>
        from line in file.Lines
        from link in Link().Matches(line)
        let path = Path.Combine(Sources.Root, Path.GetDirectoryName(file.Path)!, link.Groups[1].Value)
        where !File.Exists(path)
        select $"{file.Path}: {link.Groups[1].Value}";

    private static bool Has(this SourceFile file, string words) => file.Lines.Any(line => HasWords(line, words));

    private static bool HasWords(string line, string words)
    {
        for (int at = line.IndexOf(words, StringComparison.Ordinal); at >= 0;
            at = line.IndexOf(words, at + 1, StringComparison.Ordinal))
            if (!IsOfWord(line, at - 1) && !IsOfWord(line, at + words.Length))
                return true;
        return false;
    }

    private static bool IsOfWord(string line, int at) =>
        at >= 0 && at < line.Length && (char.IsLetterOrDigit(line[at]) || line[at] == '_');

    private static string[] Cells(string line) =>
        line.StartsWith('|') ? [.. line.Trim().Trim('|').Split('|').Select(cell => cell.Trim())] : [];

    private static int Number(string text) => int.Parse(text, CultureInfo.InvariantCulture);

    [GeneratedRegex(@"^(?<group>[A-Z]+)-01 to \k<group>-(?<last>\d+)$")]
    private static partial Regex Range();

    [GeneratedRegex(@"^[A-Z]+-\d+$")]
    private static partial Regex RuleId();

    [GeneratedRegex("`([^`]+)`")]
    private static partial Regex Code();

    [GeneratedRegex(@"\]\(([^)]+)\)")]
    private static partial Regex Link();
}
