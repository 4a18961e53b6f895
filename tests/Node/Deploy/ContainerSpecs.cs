using System.Text.Json;
using ChimneyActors.Node.Tests.Support;

namespace ChimneyActors.Node.Tests.Deploy;

/// <summary>What the container runs. Whether it can be built is for a machine that can.</summary>
public sealed class ContainerSpecs : IDisposable
{
    private readonly TempFolder _folder = new();
    private readonly string[] _lines = Deployed.Text("container/Containerfile").Split('\n');

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task It_runs_is_found_healthy_and_ends_by_its_signal_as_it_stands_there()
    {
        (string, string) run = ("/run/chimney/", _folder.Root);
        Words("ENTRYPOINT").ShouldBe(["chimney"]);
        await using ChimneyProcess node = ChimneyProcess.Start(
            [.. Deployed.Here(Words("CMD"), ("0.0.0.0:8080", "127.0.0.1:0"), run), "--json"]);
        await node.ListensAsync();

        string[] probe = Deployed.Here(Words("HEALTHCHECK"), run);
        probe[0].ShouldBe("chimney");
        (await ChimneyProcess.RunAsync(probe[1..])).Code.ShouldBe(0);
        _lines.ShouldContain("STOPSIGNAL SIGTERM");
        await node.EndsWellAsync();
    }

    /// <summary>The list behind a word that begins a line.</summary>
    private string[] Words(string instruction)
    {
        string line = _lines.Last(line => line.StartsWith(instruction + " ", StringComparison.Ordinal));
        return JsonSerializer.Deserialize<string[]>(line[line.IndexOf('[')..])!;
    }
}
