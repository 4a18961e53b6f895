using System.Text.Json;
using ChimneyActors.Node.Tests.Support;
using Xunit.Abstractions;

namespace ChimneyActors.Node.Tests.Relay;

/// <summary>A relay that serves connections itself and offloads those that its policy chooses: they move to and fro
/// under real clients, and no client sees anything of it.</summary>
public sealed class HostRelaySpecs(ITestOutputHelper output) : IDisposable
{
    private const int Files = 4;
    private const int FileBytes = 10_000_000;
    private static readonly string[] Rotating = ["--offload", "busy", "--offload-rotate", "5ms"];

    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Curl_keeps_one_connection_while_it_is_moved_a_hundred_times()
    {
        await using NginxServer nginx = await NginxServer.StartAsync();
        byte[] large = nginx.Publish("large", FileBytes, seed: 2);
        await using ChimneyProcess relay = await ChimneyProcess.RelayAsync(nginx.Address, Rotating);

        // At this rate it takes eight seconds, time for hundreds of moves.
        (int code, string said) = await CurlAsync(relay, "5M");

        code.ShouldBe(0, said);
        said.Split('\n', StringSplitOptions.RemoveEmptyEntries).Sum(int.Parse).ShouldBe(1, "one connection for all");
        AllAre(large);
        JsonElement summary = await relay.EndsWellAsync();
        JsonElement front = summary.GetProperty("front");
        front.GetProperty("promoted").GetInt64().ShouldBeGreaterThanOrEqualTo(100, $"{summary}");
        front.GetProperty("demoted").GetInt64().ShouldBeGreaterThanOrEqualTo(100, $"{summary}");
        front.GetProperty("cameHome").GetInt64().ShouldBe(0, $"{summary}");
        output.WriteLine($"{summary}");
    }

    [Fact]
    public async Task Fifty_clients_see_nothing_of_it()
    {
        await using NginxServer nginx = await NginxServer.StartAsync();
        nginx.Publish("small", 1000, seed: 1);
        byte[] large = nginx.Publish("large", FileBytes, seed: 2);
        await using ChimneyProcess relay = await ChimneyProcess.RelayAsync(nginx.Address, Rotating);
        Task<(int Code, string Output)> wrk = Tool.RunAsync(Eventually.Deadline + TimeSpan.FromSeconds(5),
            "wrk", "-t1", "-c50", "--timeout", "30s", "-d5s", $"http://{relay.Address}/small");
        Task<(int Code, string Output)> curl = CurlAsync(relay, "20M");

        (int code, string said) = await wrk;
        (await curl).Code.ShouldBe(0);

        code.ShouldBe(0, said);
        said.ShouldNotContain("Socket errors", Case.Sensitive, said);
        said.ShouldNotContain("Non-2xx", Case.Sensitive, said);
        AllAre(large);
        JsonElement summary = await relay.EndsWellAsync();
        summary.GetProperty("ends").EnumerateObject().Select(end => end.Name)
            .ShouldBeSubsetOf(["closed", "client reset", "drained"], $"{summary}");
        foreach (string side in new[] { "front", "back" })
            summary.GetProperty(side).GetProperty("demoted").GetInt64().ShouldBeGreaterThan(100, $"{summary}");
        output.WriteLine($"{summary}\n{said}");
    }

    [Fact]
    public async Task Without_contexts_everything_is_served_by_the_node_itself()
    {
        await using NginxServer nginx = await NginxServer.StartAsync();
        byte[] large = nginx.Publish("large", FileBytes, seed: 2);
        await using ChimneyProcess relay = await ChimneyProcess.RelayAsync(
            nginx.Address, [.. Rotating, "--offload-contexts", "0"]);

        (await CurlAsync(relay, "1G")).Code.ShouldBe(0);

        AllAre(large);
        JsonElement summary = await relay.EndsWellAsync();
        summary.GetProperty("front").GetProperty("promoted").GetInt64().ShouldBe(0);
        summary.GetProperty("moves").GetProperty("count").GetInt64().ShouldBe(0);
    }

    /// <summary>Gets the file four times; says for each how many connections it took.</summary>
    private Task<(int Code, string Output)> CurlAsync(ChimneyProcess relay, string rate) =>
        Tool.RunAsync(Eventually.Deadline + TimeSpan.FromSeconds(10), "curl", "-fsS", "--limit-rate", rate,
            "-o", _folder.File("got#1"), "-w", "%{num_connects}\\n", $"http://{relay.Address}/large?[1-{Files}]");

    private void AllAre(byte[] expected)
    {
        for (int i = 1; i <= Files; i++)
            Sockets.Checksum(File.ReadAllBytes(_folder.File($"got{i}")))
                .ShouldBe(Sockets.Checksum(expected), $"file {i}");
    }
}
