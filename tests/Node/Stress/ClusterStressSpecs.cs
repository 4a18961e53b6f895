using System.Text.Json;
using ChimneyActors.Node.Tests.Support;

namespace ChimneyActors.Node.Tests.Stress;

/// <summary>Real node processes, killed, stopped and cut off.</summary>
public sealed class ClusterStressSpecs : IDisposable
{
    // Nodes are started, lost, noticed and started again: a busy machine takes its time for that.
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(6);
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("--kill-every", "nodesKilled")]
    [InlineData("--stop-every", "nodesStopped")]
    [InlineData("--partition-every", "partitions")]
    public async Task Whatever_becomes_of_a_node_nothing_is_lost_or_doubled_on_those_that_live(
        string trouble, string counted)
    {
        string file = _folder.File("stress.json");
        (int code, string output, string errors) = await ChimneyProcess.RunAsync(Limit,
            "stress", "--cluster", "3", "--duration", "10s", "--connections", "5", trouble, "3s", "--seed", "3",
            "--json", file);
        code.ShouldBe(0, output + errors);
        JsonElement report = JsonDocument.Parse(await File.ReadAllTextAsync(file)).RootElement;
        report.GetProperty(counted).GetInt32().ShouldBeGreaterThan(0);
        report.GetProperty("nodes").GetArrayLength().ShouldBe(3);
        report.GetProperty("connections").GetInt32().ShouldBe(15);
        foreach (string none in new[] { "lost", "doubled", "violations" })
            report.GetProperty(none).GetInt64().ShouldBe(0, none);
        foreach (string some in new[] { "posted", "completed", "sessions" })
            report.GetProperty(some).GetInt64().ShouldBeGreaterThan(0, some);
        report.GetProperty("lateFenced").GetInt64().ShouldBeGreaterThanOrEqualTo(0);
        report.GetProperty("poolBalanced").GetBoolean().ShouldBeTrue();
        report.GetProperty("reasons").GetArrayLength().ShouldBe(0);
        output.ShouldContain("every promise was kept, on every node");
    }

    [Theory]
    [InlineData("'1' in --cluster: a whole number from 2 to 16", "--cluster", "1")]
    [InlineData("both --cluster and --faults", "--cluster", "3", "--faults", "0.1")]
    [InlineData("bad time 'often' in --kill-every", "--cluster", "3", "--kill-every", "often")]
    public async Task What_cannot_be_done_is_said_at_once(string said, params string[] args)
    {
        (int code, _, string errors) = await ChimneyProcess.RunAsync(["stress", .. args]);
        code.ShouldBe(2, errors);
        errors.ShouldContain(said);
    }
}
