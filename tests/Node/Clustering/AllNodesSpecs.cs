using System.Net.Sockets;
using System.Text.Json;
using ChimneyActors.Node.Tests.Support;

namespace ChimneyActors.Node.Tests.Clustering;

/// <summary>What an operator of one node hears of all: two real processes in one cluster.</summary>
public sealed class AllNodesSpecs : IDisposable
{
    /// <summary>Who is dead stays a member while it is asked for.</summary>
    private static readonly string[] VeryPatient =
        ["--set", "akka.cluster.failure-detector.acceptable-heartbeat-pause=90s"];

    private readonly TempFolder _folder = new();

    private string Admin => _folder.File("relay.sock");

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_request_that_sits_on_another_node_is_named_with_its_node()
    {
        using var reads = new SemaphoreSlim(0);
        using TestServer upstream = new(async socket =>
        {
            await reads.WaitAsync();
            await socket.ReceiveToEndAsync();
        });
        await using ChimneyProcess relay = await RelayAsync(upstream);
        await using ChimneyProcess adapter = await ChimneyProcess.AdapterAsync(relay, VeryPatient);
        await new Operator(Admin).HasAdaptersAsync(1);
        using Socket client = await Sockets.ConnectAsync(relay.Address);
        Task sending = client.SendAllAsync(new byte[32 << 20]);

        JsonElement[] there = [];
        await Operator.SeesAsync(async () =>
        {
            (int code, JsonElement[] lines, string errors) = await AskAsync("pending", "--over", "300ms");
            code.ShouldBe(0, errors);
            there = [.. lines.Where(line => IsOf(line, "request") && IsFrom(line, adapter)
                && line.GetProperty("operation").GetString() == "Send")];
            return there.Length > 0;
        }, "a send sits on the adapter's node");

        there.ShouldAllBe(one => one.GetProperty("waitsFor").GetString() == "the peer");
        there.ShouldAllBe(one => one.GetProperty("path").GetString() == "adapter/mux-adapter");
        there.ShouldAllBe(one => one.GetProperty("node").GetString() == AddressOf(adapter));
        reads.Release();
        await sending.WaitAsync(Eventually.Deadline);
        client.Dispose();
        await relay.EndsWellAsync();
    }

    [Fact]
    public async Task A_node_that_dies_before_it_has_answered_is_named_and_the_others_are_heard()
    {
        using TestServer upstream = new(async socket => await socket.ReceiveToEndAsync());
        await using ChimneyProcess relay = await RelayAsync(upstream);
        await using ChimneyProcess adapter = await ChimneyProcess.AdapterAsync(relay, VeryPatient);
        await new Operator(Admin).HasAdaptersAsync(1);
        using Socket client = await Sockets.ConnectAsync(relay.Address);
        await Operator.SeesAsync(async () => (await AskAsync("netstat")).Lines
            .Count(line => IsOf(line, "connection")) == 3, "both nodes name what they have");

        adapter.Stop();     // it hears the question, if it comes so early, and does not answer
        await using (ChimneyProcess asking = ChimneyProcess.Start(
            ["pending", "--all", "--over", "2s", "--admin", Admin, "--json"]))
        {
            adapter.Murder();
            (await asking.ExitAsync()).ShouldBe(3, asking.Errors);
            IsNamed(Parse(asking.Output), adapter);
        }

        (int code, JsonElement[] lines, string errors) = await AskAsync("netstat");
        code.ShouldBe(3, errors);
        IsNamed(lines, adapter);
        lines.Where(line => IsOf(line, "connection")).Select(line => line.GetProperty("node").GetString())
            .ShouldBe([$"{AddressOf(relay)} (this one)", $"{AddressOf(relay)} (this one)"]);
        lines[^1].GetProperty("count").GetInt32().ShouldBe(2);
        (code, string said, _) = await ChimneyProcess.RunAsync("netstat", "--all", "--admin", Admin);
        code.ShouldBe(3);
        said.ShouldContain($"{AddressOf(adapter)}  no answer in time");
        said.ShouldEndWith("2 connections on 2 nodes, 1 of them silent");
    }

    private Task<ChimneyProcess> RelayAsync(TestServer upstream) => ChimneyProcess.ListenAsync(
        ["relay", "--to", upstream.Address.ToString(), "--cluster", "127.0.0.1:0", "--roles", "host",
            "--admin", Admin, .. VeryPatient]);

    private async Task<(int Code, JsonElement[] Lines, string Errors)> AskAsync(string verb, params string[] more)
    {
        (int code, string output, string errors) =
            await ChimneyProcess.RunAsync([verb, "--all", "--admin", Admin, "--json", .. more]);
        return (code, Parse(output), errors);
    }

    private static void IsNamed(JsonElement[] lines, ChimneyProcess dead)
    {
        JsonElement silent = lines.Single(line => IsOf(line, "silent"));
        silent.GetProperty("node").GetString().ShouldBe(AddressOf(dead));
        silent.GetProperty("failure").GetString().ShouldBe("no answer in time");
        lines.ShouldNotContain(line => !IsOf(line, "silent") && IsFrom(line, dead));
    }

    private static JsonElement[] Parse(string output) =>
        [.. output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonElement.Parse(line))];

    private static bool IsOf(JsonElement line, string happened) =>
        line.GetProperty("event").GetString() == happened;

    private static bool IsFrom(JsonElement line, ChimneyProcess node) =>
        line.TryGetProperty("node", out JsonElement from) && from.GetString() == AddressOf(node);

    private static string AddressOf(ChimneyProcess node) => $"akka.tcp://chimney@{node.Member}";
}
