using System.Globalization;
using System.Text.RegularExpressions;
using ChimneyActors.Conformance.Cases;
using ChimneyActors.Conformance.Rules;

namespace ChimneyActors.Conformance.Tests;

/// <summary>The data files of the kit fit the reference, the documents and the cases.</summary>
public sealed partial class RuleBookSpecs
{
    [Fact]
    public void There_are_417_rules_each_with_a_short_title()
    {
        RuleBook.Rules.Count.ShouldBe(417);
        RuleBook.Rules.Select(rule => rule.Id).ShouldBeUnique();
        RuleBook.Rules.ShouldAllBe(rule => rule.Title.Length > 0 && rule.Title.Length <= 80);
        RuleBook.Rules.SelectMany(rule => rule.Layers.Split(',')).Distinct()
            .ShouldBe(["T", "I", "R", "P"], ignoreOrder: true);
    }

    [Fact]
    public void Each_area_is_numbered_from_1_without_a_gap()
    {
        foreach (IGrouping<string, ConformanceRule> area in RuleBook.Rules.GroupBy(rule => rule.Area))
            area.Select(rule => rule.Id).ShouldBe(Enumerable.Range(1, area.Count())
                .Select(number => string.Create(CultureInfo.InvariantCulture, $"{area.Key}-{number:00}")));
    }

    [Fact]
    public void The_documents_have_a_row_for_each_rule_or_a_line_for_its_area()
    {
        string[] overview = File.ReadAllLines(Path.Combine(Root(), "docs", "conformance.md"));
        var rows = Directory.GetFiles(Path.Combine(Root(), "docs", "conformance"), "*.md").SelectMany(File.ReadAllLines)
            .Select(line => RowId().Match(line)).Where(row => row.Success).Select(row => row.Groups[1].Value)
            .ToHashSet();
        var areas = overview.Select(line => AreaLine().Match(line)).Where(line => line.Success)
            .ToDictionary(line => line.Groups[1].Value,
                line => int.Parse(line.Groups[2].Value, CultureInfo.InvariantCulture));

        RuleBook.Rules.Where(rule => !rows.Contains(rule.Id) && !areas.ContainsKey(rule.Area))
            .Select(rule => rule.Id).ShouldBeEmpty();
        rows.Where(id => !RuleBook.Has(id)).ShouldBeEmpty();
        foreach ((string area, int count) in areas)
            RuleBook.Rules.Count(rule => rule.Area == area).ShouldBe(count, area);
    }

    [Fact]
    public void Remarks_cases_and_requirements_name_rules_that_exist()
    {
        RuleBook.RemarkedIds.Where(id => !RuleBook.Has(id)).ShouldBeEmpty();
        CaseList.All.SelectMany(one => one.Rules).Where(id => !RuleBook.Has(id)).ShouldBeEmpty();
        RuleBook.Requirements.SelectMany(one => one.Rules).Where(id => !RuleBook.Has(id)).ShouldBeEmpty();
        RuleBook.Requirements.Count.ShouldBe(7);
        RuleBook.Requirements.ShouldAllBe(one => one.Remark.Length > 0);
    }

    [Fact]
    public void No_rule_that_a_case_asserts_is_said_to_be_open_or_not_applicable_everywhere()
    {
        string[] asserted = [.. CaseList.All.SelectMany(one => one.Rules).Distinct()];

        asserted.Where(id => RuleBook.RemarkOf(id, "any") is { Verdict: not RuleVerdict.Upheld }).ShouldBeEmpty();
    }

    [Fact]
    public void Each_case_has_a_name_of_its_own_and_says_what_it_asserts()
    {
        CaseList.All.Select(one => one.Name).ShouldBeUnique();
        CaseList.All.ShouldAllBe(one => one.Rules.Length > 0 && one.Rules.Distinct().Count() == one.Rules.Length);
    }

    internal static string Root()
    {
        DirectoryInfo? folder = new(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "ChimneyActors.sln")))
            folder = folder.Parent;
        return folder?.FullName ?? throw new DirectoryNotFoundException("no ChimneyActors.sln above the tests");
    }

    [GeneratedRegex(@"^\| ([A-Z]+-\d+) \|")]
    private static partial Regex RowId();

    /// <summary>An area that is not built at all has one line, with the number of its rules.</summary>
    [GeneratedRegex(@"^\| ([A-Z]+) \| (\d+) \| [a-z]")]
    private static partial Regex AreaLine();
}
