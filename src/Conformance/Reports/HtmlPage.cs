using System.Globalization;
using System.Net;
using System.Text;

namespace ChimneyActors.Conformance.Reports;

/// <summary>The result as one page: no script, no other file, readable without colours and by a screen
/// reader.</summary>
internal static class HtmlPage
{
    private const string Style = """
        :root { color-scheme: light dark; }
        body { font: 1rem/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 72rem; padding: 0 1rem; }
        table { border-collapse: collapse; width: 100%; }
        caption { text-align: left; font-weight: 600; padding: .5rem 0; }
        th, td { text-align: left; vertical-align: top; padding: .25rem .6rem; border-bottom: 1px solid #8886; }
        td.n { text-align: right; font-variant-numeric: tabular-nums; }
        .v { white-space: nowrap; font-weight: 600; }
        .upheld { color: light-dark(#0a6b2d, #6fd68f); }
        .breached, .absent { color: light-dark(#b00020, #ff8a8a); }
        pre { overflow-x: auto; font-size: .85rem; padding: .5rem; border: 1px solid #8886; }
        summary { cursor: pointer; font-size: 1.2rem; font-weight: 600; margin-top: 1rem; }
        """;

    /// <summary>Makes it.</summary>
    public static string Of(ConformanceResult result)
    {
        var page = new StringBuilder();
        string title = $"Conformance of {result.Subject} on the {result.Target} target";
        page.Append("<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n")
            .Append("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n")
            .Append($"<title>{Safe(title)}</title>\n<style>\n{Style}\n</style>\n</head>\n<body>\n<main>\n")
            .Append($"<h1>{Safe(title)}</h1>\n<p>{Safe(TextPage.Head(result))}.</p>\n");
        Areas(page, result);
        Breaches(page, result);
        page.Append("<h2>Rules</h2>\n");
        foreach (IGrouping<string, RuleResult> area in result.Rules.GroupBy(rule => rule.Rule.Area))
            Rules(page, area.Key, [.. area]);
        Requirements(page, result);
        return page.Append("</main>\n</body>\n</html>\n").ToString();
    }

    private static void Areas(StringBuilder page, ConformanceResult result)
    {
        Begin(page, "Areas", "area", "rules", "upheld", "not applicable", "open", "breached", "absent");
        foreach (AreaCount area in result.ByArea)
        {
            page.Append($"<tr><th scope=\"row\"><a href=\"#{Safe(area.Area)}\">{Safe(area.Area)}</a></th>");
            foreach (int count in (int[])[area.Rules, area.Upheld, area.NotApplicable, area.Open, area.Breached,
                area.Absent])
                page.Append($"<td class=\"n\">{count.ToString(CultureInfo.InvariantCulture)}</td>");
            page.Append("</tr>\n");
        }
        End(page);
    }

    private static void Breaches(StringBuilder page, ConformanceResult result)
    {
        RuleResult[] broken = [.. result.Rules.Where(rule => rule.Breaches.Count > 0)];
        if (broken.Length == 0)
            return;
        page.Append("<h2>Breaches</h2>\n");
        foreach (RuleResult rule in broken)
        {
            page.Append($"<h3>{Safe(rule.Rule.Id)}: {Safe(rule.Rule.Title)}</h3>\n<ul>\n");
            foreach (RuleBreach breach in rule.Breaches)
                page.Append($"<li>by {Safe(breach.Driver)}, in \"{Safe(breach.Case)}\": {Safe(breach.Detail)}</li>\n");
            page.Append($"</ul>\n<pre tabindex=\"0\">{Safe(string.Join('\n', rule.Breaches[0].Trace))}</pre>\n");
        }
    }

    private static void Rules(StringBuilder page, string area, RuleResult[] rules)
    {
        page.Append($"<details open id=\"{Safe(area)}\">\n<summary>{Safe(area)}</summary>\n");
        Begin(page, $"Rules of {area}", "id", "layer", "force", "rule", "verdict", "reason, or the cases");
        foreach (RuleResult rule in rules)
        {
            string verdict = TextPage.Word(rule.Verdict);
            string why = rule.Reason.Length > 0 ? rule.Reason : string.Join("; ", rule.Cases.Take(3));
            page.Append($"<tr><th scope=\"row\">{Safe(rule.Rule.Id)}</th><td>{Safe(rule.Rule.Layers)}</td>")
                .Append($"<td>{(rule.Rule.IsMust ? "must" : "should")}</td><td>{Safe(rule.Rule.Title)}</td>")
                .Append($"<td class=\"v {Safe(verdict.Replace(' ', '-'))}\">{Safe(verdict)}</td>")
                .Append($"<td>{Safe(why)}</td></tr>\n");
        }
        End(page);
        page.Append("</details>\n");
    }

    private static void Requirements(StringBuilder page, ConformanceResult result)
    {
        page.Append("<h2>Requirements of the old certification</h2>\n");
        Begin(page, "Which rules stand for which requirement", "requirement", "rules", "remark");
        var verdicts = result.Rules.ToDictionary(rule => rule.Rule.Id, rule => TextPage.Word(rule.Verdict));
        foreach (CertificationRequirement requirement in ConformanceRun.Requirements)
        {
            string rules = string.Join(", ", requirement.Rules.Select(id =>
                verdicts.TryGetValue(id, out string? verdict) ? $"{id} {verdict}" : id));
            page.Append($"<tr><th scope=\"row\">{Safe(requirement.Id)}</th><td>{Safe(rules)}</td>")
                .Append($"<td>{Safe(requirement.Remark)}</td></tr>\n");
        }
        End(page);
    }

    private static void Begin(StringBuilder page, string caption, params string[] columns)
    {
        page.Append($"<table>\n<caption>{Safe(caption)}</caption>\n<thead><tr>");
        foreach (string column in columns)
            page.Append($"<th scope=\"col\">{Safe(column)}</th>");
        page.Append("</tr></thead>\n<tbody>\n");
    }

    private static void End(StringBuilder page) => page.Append("</tbody>\n</table>\n");

    private static string Safe(string text) => WebUtility.HtmlEncode(text);
}
