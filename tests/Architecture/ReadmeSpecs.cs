using System.Text.RegularExpressions;

namespace ChimneyActors.Architecture;

/// <summary>What the documents tell a reader to type is what CI types.</summary>
public sealed class ReadmeSpecs
{
    [Fact]
    public void Every_command_of_the_readme_is_run_by_ci() =>
        NotRun(
            Sources.Files("README.md").Where(file => file.Path == "README.md").SelectMany(file => file.Lines),
            File.ReadAllLines(Path.Combine(Sources.Root, ".ci", "run"))).ShouldBeNone();

    [Fact]
    public void The_example_of_the_seeded_world_is_an_excerpt_of_its_sample()
    {
        string[] page = File.ReadAllLines(Path.Combine(Sources.Root, "docs", "simulation.md"));
        string[] example = [.. page.SkipWhile(line => line != "```csharp").Skip(1).TakeWhile(line => line != "```")];
        string sample = Flat(File.ReadAllLines(Path.Combine(Sources.Root, "samples", "SeededDriver", "Workload.cs")));

        example.Length.ShouldBeGreaterThan(5);
        sample.ShouldContain(Flat(example));

        static string Flat(string[] lines) => string.Join("\n", lines.Select(line => line.Trim()));
    }

    [Theory]
    [InlineData("dotnet test", "dotnet test", true)]
    [InlineData("dotnet test", "    timeout 60 dotnet test 2>&1 | tee log", true)]
    [InlineData("dotnet test", "# dotnet test", false)]
    [InlineData("dotnet test", "dotnet test tests/Unit", false)]
    [InlineData("dotnet test", "dotnet build", false)]
    [InlineData("dotnet test  # all of them", "dotnet test", true)]
    public void A_command_that_is_not_run_is_found(string command, string script, bool isRun) =>
        (NotRun(["text", "```sh", command, "```", "more text"], [script]).Length == 0).ShouldBe(isRun);

    /// <summary>The commands in the document's sh blocks that no line of the script runs.</summary>
    private static string[] NotRun(IEnumerable<string> document, string[] script) =>
    [
        .. from command in Commands(document)
           let asWritten = new Regex($@"^(?!\s*#).*(^|\s){Regex.Escape(command)}($|\s*([;|&<>)]|\d>))")
           where !script.Any(asWritten.IsMatch)
           select command,
    ];

    private static IEnumerable<string> Commands(IEnumerable<string> document)
    {
        bool inBlock = false;
        foreach (string line in document)
        {
            if (line.StartsWith("```", StringComparison.Ordinal))
                inBlock = !inBlock && line.Trim() == "```sh";
            else if (inBlock && line.Split(" #")[0].Trim() is { Length: > 0 } command && command[0] != '#')
                yield return command;
        }
    }
}
