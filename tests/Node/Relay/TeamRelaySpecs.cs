using System.Globalization;
using System.Text.Json;
using ChimneyActors.Node.Tests.Support;
using Xunit.Abstractions;

namespace ChimneyActors.Node.Tests.Relay;

/// <summary>A relay on a team of two kernel adapters: one after the other is pulled out and comes back, under requests
/// and bulk transfers in both directions, and no client sees anything of it.</summary>
/// <remarks>For a longer run: <c>CHIMNEY_TEAM_SECONDS=60 dotnet test tests/Node --filter TeamRelaySpecs</c>.</remarks>
public sealed class TeamRelaySpecs(ITestOutputHelper output) : IDisposable
{
    private const int BulkBytes = 4_000_000;
    private const int Streams = 3;      // each way
    private static readonly TimeSpan Apart = TimeSpan.FromSeconds(2);
    private static readonly int Seconds =
        int.TryParse(Environment.GetEnvironmentVariable("CHIMNEY_TEAM_SECONDS"), out int seconds) ? seconds : 6;

    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("hash")]
    [InlineData("least-loaded")]
    [InlineData("active-standby")]
    public async Task Nothing_is_lost_while_one_adapter_after_the_other_is_pulled_out(string policy)
    {
        await using NginxServer nginx = await NginxServer.StartAsync();
        nginx.Publish("small", 1000, seed: 1);
        byte[] large = nginx.Publish("large", BulkBytes, seed: 2);
        string admin = _folder.File("node.sock");
        await using ChimneyProcess relay = await ChimneyProcess.RelayAsync(
            nginx.Address, "--adapters", "2", "--team", policy, "--admin", admin);
        using var over = new CancellationTokenSource();
        Task<(int Code, string Output)> wrk = Tool.RunAsync(
            TimeSpan.FromSeconds(Seconds) + Eventually.Deadline, "wrk", "-t1", "-c40", "--timeout", "30s",
            string.Create(CultureInfo.InvariantCulture, $"-d{Seconds}s"), "--latency", $"http://{relay.Address}/small");
        Task<int>[] bulk =
        [
            .. Enumerable.Range(0, Streams).Select(_ => GetAsync(relay, large, over.Token)),
            .. Enumerable.Range(0, Streams).Select(number => PutAsync(relay, nginx, $"put{number}", over.Token)),
        ];

        int removals = await RemoveInTurnAsync(admin, wrk);
        (int code, string said) = await wrk;
        await over.CancelAsync();
        int[] transfers = await Task.WhenAll(bulk);

        code.ShouldBe(0, said);
        said.ShouldNotContain("Socket errors", Case.Sensitive, said);
        said.ShouldNotContain("Non-2xx", Case.Sensitive, said);
        transfers.ShouldAllBe(count => count > 0);
        JsonElement summary = await relay.EndsWellAsync();
        summary.GetProperty("ends").EnumerateObject().Select(end => end.Name)
            .ShouldBeSubsetOf(["closed", "client reset", "drained"], summary.ToString());
        JsonElement moves = summary.GetProperty("moves");
        moves.GetProperty("count").GetInt64().ShouldBeGreaterThan(removals);
        output.WriteLine($"{policy}: {removals} removals in {Seconds} s, {transfers.Sum()} transfers, moves {moves}");
        output.WriteLine($"{summary.GetProperty("ledger")}\n{said}");
    }

    /// <summary>Each is back before the next one goes.</summary>
    private static async Task<int> RemoveInTurnAsync(string admin, Task until)
    {
        using NodeSocket node = new(admin);
        using PeriodicTimer turn = new(Apart);
        int removals = 0;
        while (!until.IsCompleted)
        {
            string adapter = $"nic{removals % 2}";
            await node.LeadAsync(adapter, "remove");
            await node.LeadAsync(adapter, "initialize");
            removals++;
            await turn.WaitForNextTickAsync();
        }
        return removals;
    }

    /// <summary>Gets the same file again and again over one connection.</summary>
    private static async Task<int> GetAsync(ChimneyProcess relay, byte[] expected, CancellationToken over)
    {
        using HttpClient client = OneConnection();
        string wanted = Sockets.Checksum(expected);
        int count = 0;
        for (; !over.IsCancellationRequested; count++)
            Sockets.Checksum(await client.GetByteArrayAsync(new Uri($"http://{relay.Address}/large"), default))
                .ShouldBe(wanted, $"download {count}");
        return count;
    }

    /// <summary>Puts another file each time, over one connection, and looks what has arrived.</summary>
    private static async Task<int> PutAsync(
        ChimneyProcess relay, NginxServer nginx, string name, CancellationToken over)
    {
        using HttpClient client = OneConnection();
        int count = 0;
        for (; !over.IsCancellationRequested; count++)
        {
            byte[] content = Sockets.RandomBytes(BulkBytes, seed: count);
            using ByteArrayContent body = new(content);
            using HttpResponseMessage answer =
                await client.PutAsync(new Uri($"http://{relay.Address}/{name}"), body, default);
            answer.IsSuccessStatusCode.ShouldBeTrue($"upload {count}: {answer.StatusCode}");
            Sockets.Checksum(nginx.Read(name)).ShouldBe(Sockets.Checksum(content), $"upload {count}");
        }
        return count;
    }

    private static HttpClient OneConnection() => new(new SocketsHttpHandler { MaxConnectionsPerServer = 1 })
    {
        Timeout = Eventually.Deadline,
    };
}
