using System.Reflection;
using ChimneyActors.Buffers;
using ChimneyActors.Conformance;
using ChimneyActors.TestKit;
using PublicApiGenerator;

namespace ChimneyActors.Architecture;

public sealed class PublicApiSpecs
{
    private const string Accept = "CHIMNEY_ACCEPT_API";
    [Fact]
    public void The_public_api_is_the_approved_one() => Compare(typeof(NdisStatus).Assembly, "Actors");

    [Fact]
    public void The_public_api_of_the_test_kit_is_the_approved_one() =>
        Compare(typeof(SeededActorSystem).Assembly, "TestKit");

    [Fact]
    public void The_public_api_of_the_conformance_kit_is_the_approved_one() =>
        Compare(typeof(ConformanceRun).Assembly, "Conformance");

    [Fact]
    public void The_public_api_of_the_cluster_library_is_the_approved_one() =>
        Compare(typeof(Cluster.ClusterTarget).Assembly, "Cluster");

    [Theory]
    [InlineData("a\nb\n", "a\nb\n", null)]
    [InlineData("a\nb\n", "a\nc\nb\n", "line 2: approved \"b\", now \"c\"")]
    [InlineData("a\nb\n", "a\n", "line 2: approved \"b\", now \"\"")]
    public void The_first_difference_is_shown(string approved, string now, string? message)
    {
        string? difference = FirstDifference(approved, now);
        if (message is null)
            difference.ShouldBeNull();
        else
            difference!.ShouldContain(message);
    }

    private static void Compare(Assembly assembly, string project)
    {
        string file = Path.Combine(Sources.Root, "src", project, "PublicApi.txt");
        string api = assembly.GeneratePublicApi(
            new ApiGeneratorOptions { IncludeAssemblyAttributes = false }).ReplaceLineEndings("\n").TrimEnd() + "\n";
        if (Environment.GetEnvironmentVariable(Accept) == "1")
            File.WriteAllText(file, api);

        string approved = File.Exists(file) ? File.ReadAllText(file).ReplaceLineEndings("\n") : "";

        FirstDifference(approved, api)?.Insert(0, $"{project}: ").ShouldBeNull();
    }

    private static string? FirstDifference(string approved, string now)
    {
        if (approved == now)
            return null;
        string[] old = approved.Split('\n');
        string[] fresh = now.Split('\n');
        int line = old.Zip(fresh).TakeWhile(pair => pair.First == pair.Second).Count();
        return $"""
            The public API changed at line {line + 1}: approved "{At(old)}", now "{At(fresh)}".
            If that is meant, accept it and commit PublicApi.txt:
                {Accept}=1 dotnet test tests/Architecture
            """;

        string At(string[] lines) => line < lines.Length ? lines[line].Trim() : "";
    }
}
