using System.Text.RegularExpressions;
using ChimneyActors.Buffers;
using Mono.Cecil;
using Mono.Cecil.Cil;

namespace ChimneyActors.Architecture;

public sealed partial class TidySpecs
{
    private const int LineCharsMax = 120;
    private const int FileLinesMax = 400;
    private const int MethodLinesMax = 70;

    /// <summary>Files that may do without a namespace.</summary>
    private static readonly string[] Bare = ["Program.cs", "GlobalUsings.cs", "AssemblyInfo.cs"];

    [Fact]
    public void No_line_is_too_long() =>
        Sources.Lines(Sources.Files(".cs"), line => line.Length > LineCharsMax).ShouldBeNone();

    [Fact]
    public void No_file_is_too_long() =>
        Sources.Files(".cs").Where(file => file.Lines.Length > FileLinesMax)
            .Select(file => $"{file.Path}: {file.Lines.Length} lines").ShouldBeNone();

    [Fact]
    public void No_method_is_too_long() =>
        Directory.GetFiles(AppContext.BaseDirectory, "*.dll")
            .Where(path => File.Exists(Path.ChangeExtension(path, ".pdb")))
            .SelectMany(MethodLengths)
            .Where(method => method.Lines > MethodLinesMax)
            .Select(method => $"{method.Name}: {method.Lines} lines").ShouldBeNone();

    [Fact]
    public void The_length_of_a_method_is_seen() =>
        MethodLengths(typeof(NdisStatus).Assembly.Location).Select(method => method.Lines)
            .ShouldContain(lines => lines > 5);

    [Fact]
    public void Namespace_is_folder() =>
        Sources.Files(".cs").SelectMany(NamespaceFaults).ShouldBeNone();

    [Fact]
    public void Nothing_is_left_for_later() =>
        Sources.Lines(Sources.Files(".cs"), LeftForLater().IsMatch).ShouldBeNone();

    [Fact]
    public void No_test_waits_for_time_to_pass() =>
        Sources.Lines(Sources.Files(".cs").Where(file => file.Path.StartsWith("tests/", StringComparison.Ordinal)),
            Waiting().IsMatch).ShouldBeNone();

    [Fact]
    public void No_file_knows_the_machine_it_was_written_on() =>
        Sources.Lines(
            Sources.Files(".cs", ".md", ".csproj", ".props", ".json", ".conf", ".txt", ".sln", "run"),
            MachinePath().IsMatch).ShouldBeNone();

    [Theory]
    [InlineData("// TOD" + "O: later", true)]
    [InlineData("throw new NotImplemented" + "Exception();", true)]
    [InlineData("// method", false)]
    public void What_is_left_for_later_is_recognised(string line, bool wrong) =>
        LeftForLater().IsMatch(line).ShouldBe(wrong);

    [Theory]
    [InlineData("cd /hom" + "e/me/project", true)]
    [InlineData("C:\\User" + "s\\me", true)]
    [InlineData("src/workers/items and http://example.org/home", false)]
    public void A_path_of_a_machine_is_recognised(string line, bool wrong) =>
        MachinePath().IsMatch(line).ShouldBe(wrong);

    private static IEnumerable<string> NamespaceFaults(SourceFile file)
    {
        string[] found = [.. file.Lines.Where(line => line.StartsWith("namespace ", StringComparison.Ordinal))];
        if (found.Length == 0 && Bare.Contains(Path.GetFileName(file.Path)))
            yield break;
        string wanted = $"namespace {Sources.NamespaceOf(file)};";
        if (found.Length != 1 || found[0] != wanted)
            yield return $"{file.Path}: says \"{string.Join(" ", found)}\", should say \"{wanted}\"";
    }

    /// <summary>From the first statement to the last. Constructors are left out: theirs include the initialisers of
    /// fields, wherever in the file these are.</summary>
    private static IEnumerable<(string Name, int Lines)> MethodLengths(string path)
    {
        using ModuleDefinition module =
            ModuleDefinition.ReadModule(path, new ReaderParameters { ReadSymbols = true });
        foreach (MethodDefinition method in module.GetTypes().SelectMany(type => type.Methods))
        {
            int[] lines =
            [
                .. method.DebugInformation.SequencePoints.Where(IsOurs)
                    .SelectMany(point => new[] { point.StartLine, point.EndLine }),
            ];
            if (lines.Length > 0 && !method.IsConstructor)
                yield return (method.FullName, lines.Max() - lines.Min() + 1);
        }
    }

    /// <summary>What generators write beside the compiled files is nobody's to shorten.</summary>
    private static bool IsOurs(SequencePoint point) =>
        !point.IsHidden && !point.Document.Url.EndsWith(".g.cs", StringComparison.Ordinal)
        && !point.Document.Url.Contains("/obj/", StringComparison.Ordinal);

    [GeneratedRegex(@"\b(TOD[O]|FIXM[E]|HAC[K]|NotImplemented[E]xception)\b")]
    private static partial Regex LeftForLater();

    [GeneratedRegex(@"\b(Thread\.Sleep|Task\.Delay)\b")]
    private static partial Regex Waiting();

    [GeneratedRegex(@"(?<![\w.~:/-])/(home|root|work|Users)/|\b[A-Z]:\\(Users)\\")]
    private static partial Regex MachinePath();
}
