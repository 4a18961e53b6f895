namespace ChimneyActors.Architecture;

/// <summary>The conformance table says nothing that cannot be looked up.</summary>
public sealed class ConformanceSpecs
{
    private static readonly string Overview = Path.Combine("docs", "conformance.md");
    private static readonly SourceFile[] Documents =
        [.. Sources.Files(".md").Where(file => file.Path.StartsWith(Path.Combine("docs", "conformance")))];

    private static readonly RuleGroup[] Groups =
        Conformance.Groups(Documents.Single(file => file.Path == Overview).Lines);

    private static readonly RuleRow[] Rows =
        [.. Documents.SelectMany(file => Conformance.Rows(file.Path, file.Lines))];

    [Fact]
    public void Every_rule_of_a_listed_group_has_one_row()
    {
        Groups.ShouldNotBeEmpty();
        Conformance.Gaps(Groups, Rows).ShouldBeNone();
    }

    [Fact]
    public void Every_status_is_known_and_goes_with_its_row() =>
        Rows.SelectMany(Conformance.Dishonest).ShouldBeNone();

    [Fact]
    public void Every_test_that_is_named_exists()
    {
        SourceFile[] tests = Under("tests");
        Rows.SelectMany(row => Conformance.Untested(row, tests)).ShouldBeNone();
    }

    [Fact]
    public void Every_place_that_is_named_exists()
    {
        SourceFile[] library = Under("src");
        Rows.SelectMany(row => Conformance.Misplaced(row, library)).ShouldBeNone();
    }

    [Fact]
    public void The_counts_are_those_of_the_rows() =>
        Conformance.Miscounted(Groups, Rows).ShouldBeNone();

    [Fact]
    public void Every_link_leads_to_a_file() =>
        Documents.SelectMany(Conformance.DeadLinks).ShouldBeNone();

    [Fact]
    public void What_does_not_fit_is_found()
    {
        RuleGroup[] groups = Conformance.Groups(["| g | AB-01 to AB-03 | x | 1 | 0 | 1 | 0 | 0 | 0 |"]);
        RuleRow[] rows = Conformance.Rows("file",
        [
            "| AB-01 | x | kept | `Type` | - |", "| AB-02 | x | nearly | - | Specs.Method |",
            "| AB-02 | x | partly | - | - |",
        ]);

        Conformance.Gaps(groups, rows).ShouldBe(["AB-03 has no row", "AB-02 has two rows"]);
        rows.SelectMany(Conformance.Dishonest).Count().ShouldBe(4);
        rows.SelectMany(row => Conformance.Untested(row, [])).ShouldBe(["AB-02: there is no test Specs.Method"]);
        rows.SelectMany(row => Conformance.Misplaced(row, [])).ShouldBe(["AB-01: the library has no Type"]);
        Conformance.Miscounted(groups, rows).ShouldBeEmpty();
        Conformance.Miscounted(groups, rows[..1]).ShouldBe(["AB: the rows say | 1 | 0 | 0 | 0 | 0 | 0 |"]);
    }

    private static SourceFile[] Under(string folder) =>
        [.. Sources.Files(".cs").Where(file => file.Path.StartsWith(folder + Path.DirectorySeparatorChar))];
}
