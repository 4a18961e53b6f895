namespace ChimneyActors.Conformance.Tests;

/// <summary>The table in docs/conformance.md is what the kit says, and not what somebody wrote.</summary>
public sealed class DocumentSpecs
{
    private const string Accept = "CHIMNEY_ACCEPT_CONFORMANCE";
    private const string Begin = "<!-- the kit's own words: begin -->\n";
    private const string End = "<!-- the kit's own words: end -->";

    [Fact]
    public void The_table_of_areas_is_that_of_the_kit()
    {
        string file = Path.Combine(RuleBookSpecs.Root(), "docs", "conformance.md");
        string text = File.ReadAllText(file).ReplaceLineEndings("\n");
        int begin = text.IndexOf(Begin, StringComparison.Ordinal) + Begin.Length;
        int end = text.IndexOf(End, StringComparison.Ordinal);
        string table = ConformanceReport.ToMarkdown(
            OwnRuns.On(ReferenceTarget.Simulated), OwnRuns.On(ReferenceTarget.Kernel));
        if (Environment.GetEnvironmentVariable(Accept) == "1")
            File.WriteAllText(file, text[..begin] + "\n" + table + "\n" + text[end..]);
        else
            text[begin..end].Trim().ShouldBe(
                table.Trim(), $"if that is meant: {Accept}=1 dotnet test tests/Conformance");
    }

    [Fact]
    public void A_page_needs_nothing_else_and_names_every_rule()
    {
        ConformanceResult result = OwnRuns.On(ReferenceTarget.Simulated);
        string page = result.ToHtml();

        page.ShouldStartWith("<!doctype html>\n<html lang=\"en\">");
        foreach (string foreign in (string[])["<script", "<link", "<img", "src=", "http:", "https:", "url("])
            page.ShouldNotContain(foreign);
        foreach (RuleResult rule in result.Rules)
            page.ShouldContain($"<th scope=\"row\">{rule.Rule.Id}</th>");
        foreach (CertificationRequirement requirement in ConformanceRun.Requirements)
            page.ShouldContain(requirement.Id);
    }
}
