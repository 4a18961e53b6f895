using System.Text.Json;
using ChimneyActors.Node.Tests.Support;

namespace ChimneyActors.Node.Tests.Conform;

public sealed class ConformSpecs
{
    [Fact]
    public async Task Every_rule_is_accounted_for_and_none_is_breached()
    {
        using TempFolder folder = new();
        string page = folder.File("page.html");

        (int code, string output, string errors) =
            await ChimneyProcess.RunAsync("conform", "--target", "simulated", "--seeds", "1", "--html", page, "--json");

        code.ShouldBe(0, errors + output);
        JsonElement report = JsonDocument.Parse(output).RootElement;
        int Count(string name) => report.GetProperty(name).GetInt32();
        Count("rules").ShouldBe(417);
        Count("breached").ShouldBe(0);
        Count("absent").ShouldBe(0);
        (Count("upheld") + Count("notApplicable") + Count("open")).ShouldBe(417);
        report.GetProperty("byArea").GetProperty("DISC").GetProperty("rules").GetInt32().ShouldBe(37);
        report.GetProperty("requirements").GetArrayLength().ShouldBe(7);
        string html = await File.ReadAllTextAsync(page);
        html.ShouldContain("DISC-13");
        html.ShouldNotContain("<script");
        html.ShouldNotContain("http");
    }

    [Fact]
    public async Task One_rule_is_shown_with_its_cases()
    {
        (int code, string output, _) = await ChimneyProcess.RunAsync("conform", "--rule", "DISC-13");

        code.ShouldBe(0);
        output.ShouldContain("DISC-13: ");
        output.ShouldContain("upheld");
        output.ShouldContain("asserted in: ");
    }

    [Theory]
    [InlineData("--rule", "DISC-99")]
    [InlineData("--target", "moon")]
    [InlineData("--seeds", "0")]
    [InlineData("--assembly", "nothing.dll")]
    [InlineData("--assembly", "nothing.dll", "--type", "Nobody")]
    public async Task Wrong_usage_is_named(params string[] arguments)
    {
        (int code, _, string errors) = await ChimneyProcess.RunAsync(["conform", .. arguments]);

        code.ShouldBe(2);
        errors.ShouldStartWith("chimney: ");
    }
}
