using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using ChimneyActors.Node.Tests.Support;

namespace ChimneyActors.Node.Tests.Relay;

/// <summary>The drivers that a relay's settings put into its stack.</summary>
public sealed class DriverRelaySpecs : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_filter_denies_by_address_and_lets_everybody_else_through()
    {
        int accepted = 0;
        using TestServer upstream = new(socket =>
        {
            Interlocked.Increment(ref accepted);
            return EchoAsync(socket);
        });
        await using ChimneyProcess relay = await ChimneyProcess.RelayAsync(
            upstream.Address, "--front", "filter", "--filter", "deny 127.0.0.66, allow 127.0.0.0/8");

        using Socket denied = await FromAsync("127.0.0.66", relay.Address);
        await denied.IsResetAsync();
        using Socket allowed = await FromAsync("127.0.0.65", relay.Address);
        await allowed.SendTextAsync("hello");
        (await allowed.ReceiveExactlyAsync(5)).ShouldBe("hello"u8.ToArray());
        allowed.Shutdown(SocketShutdown.Send);

        JsonElement session = await relay.SessionAsync(
            one => one.GetProperty("End").GetString() == "denied", "the denied session ends");
        session.GetProperty("Client").GetString().ShouldStartWith("127.0.0.66:");
        session.GetProperty("Detail").GetString()!.ShouldContain("filter-front");
        session.GetProperty("Detail").GetString()!.ShouldContain("deny 127.0.0.66/32");
        await relay.SessionsEndAsync(2);
        JsonElement summary = await relay.EndsWellAsync();
        summary.GetProperty("ends").GetProperty("denied").GetInt64().ShouldBe(1);
        summary.GetProperty("ends").GetProperty("closed").GetInt64().ShouldBe(1);
        accepted.ShouldBe(1, "whom the filter denies costs the upstream nothing");
    }

    [Fact]
    public async Task A_peer_has_as_many_connections_as_the_filter_lets_it_have()
    {
        using TestServer upstream = new(EchoAsync);
        await using ChimneyProcess relay = await ChimneyProcess.RelayAsync(
            upstream.Address, "--front", "filter", "--filter-per-peer", "1");
        using Socket first = await FromAsync("127.0.0.65", relay.Address);
        await first.SendTextAsync("1");
        await first.ReceiveExactlyAsync(1);

        using Socket second = await FromAsync("127.0.0.65", relay.Address);
        await second.IsResetAsync();
        using Socket other = await FromAsync("127.0.0.66", relay.Address);
        await other.SendTextAsync("2");
        await other.ReceiveExactlyAsync(1);

        await first.SendTextAsync("3");
        (await first.ReceiveExactlyAsync(1)).ShouldBe("3"u8.ToArray());
        await relay.EndsWellAsync();
    }

    [Fact]
    public async Task A_throttle_is_not_faster_than_it_may_be()
    {
        const int Bytes = 1_500_000;
        byte[] content = Sockets.RandomBytes(Bytes, seed: 1);
        using TestServer upstream = new(async socket =>
        {
            await socket.SendAllAsync(content);
            socket.Shutdown(SocketShutdown.Send);
            await socket.ReceiveToEndAsync();
        });
        await using ChimneyProcess relay = await ChimneyProcess.RelayAsync(
            upstream.Address, "--front", "throttle", "--throttle-bytes", "1000000");
        long began = Stopwatch.GetTimestamp();
        using Socket client = await Sockets.ConnectAsync(relay.Address);

        byte[] got = await client.ReceiveToEndAsync();

        Stopwatch.GetElapsedTime(began).ShouldBeGreaterThan(TimeSpan.FromSeconds(1.3));
        Sockets.Checksum(got).ShouldBe(Sockets.Checksum(content));
        client.Shutdown(SocketShutdown.Send);
        await relay.SessionsEndAsync(1);
        await relay.EndsWellAsync();
    }

    [Fact]
    public async Task A_capture_has_both_streams_and_what_became_of_every_request()
    {
        const string Said = "what the client says";
        using TestServer upstream = new(EchoAsync);
        string packets = _folder.File("relay.pcapng");
        string requests = _folder.File("relay.jsonl");
        await using ChimneyProcess relay = await ChimneyProcess.RelayAsync(upstream.Address,
            "--front", "capture,pass", "--back", "capture", "--capture", packets, "--capture-requests", requests);
        using Socket client = await Sockets.ConnectAsync(relay.Address);
        await client.SendTextAsync(Said);
        client.Shutdown(SocketShutdown.Send);
        await client.ReceiveToEndAsync();
        await relay.SessionsEndAsync(1);
        await relay.EndsWellAsync();

        (int code, string payloads) = await Tool.RunAsync("tshark", "-r", packets, "-Y", "tcp.len > 0", "-T", "fields",
            "-e", "tcp.stream", "-e", "tcp.payload");
        code.ShouldBe(0, payloads);
        string hex = Convert.ToHexStringLower(System.Text.Encoding.ASCII.GetBytes(Said));
        payloads.Split('\n').Count(line => line.EndsWith(hex, StringComparison.Ordinal)).ShouldBe(4, payloads);
        JsonElement[] lines = [.. File.ReadLines(requests).Select(line => JsonElement.Parse(line))];
        string[] down = [.. Sends(lines, "down")];
        down.Length.ShouldBe(2);
        Sends(lines, "up").ShouldBe(down, ignoreOrder: true);
    }

    [Theory]
    [InlineData("bad Rules 'deny everybody'", "'allow' or 'deny'", "--front", "filter", "--filter", "deny everybody")]
    [InlineData("bad Rules 'deny any'", "used by a filter in Front or Back", "--filter", "deny any")]
    [InlineData("bad BytesPerSecond '5'", "used by a throttle", "--throttle-bytes", "5")]
    [InlineData("bad BytesPerSecond '-1'", "from 0 to", "--front", "throttle", "--throttle-bytes", "-1")]
    [InlineData("bad Packets 'none'", "there is a capture in the stack", "--front", "capture")]
    [InlineData("bad Packets '/nowhere/x'", "can be written", "--front", "capture", "--capture", "/nowhere/x")]
    public async Task A_setting_that_makes_no_sense_is_refused(string what, string lawful, params string[] flags)
    {
        (int code, _, string errors) = await ChimneyProcess.RunAsync(
            ["relay", "--listen", "127.0.0.1:0", "--admin", "none", .. flags]);
        code.ShouldBe(2, errors);
        errors.ShouldContain(what);
        errors.ShouldContain(lawful);
    }

    private static IEnumerable<string> Sends(JsonElement[] lines, string way) =>
        from line in lines
        where line.GetProperty("way").GetString() == way
            && line.TryGetProperty("operation", out JsonElement operation) && operation.GetString() == "Send"
        select $"{line.GetProperty("request")}.{line.GetProperty("flight")}";

    private static async Task<Socket> FromAsync(string address, IPEndPoint to)
    {
        Socket socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Parse(address), 0));
        await socket.ConnectAsync(to).WaitAsync(Eventually.Deadline);
        return socket;
    }

    private static async Task EchoAsync(Socket socket)
    {
        byte[] buffer = new byte[4096];
        while (await socket.ReceiveAsync(buffer) is > 0 and int count)
            await socket.SendAllAsync(buffer.AsMemory(0, count));
        socket.Shutdown(SocketShutdown.Send);
    }
}
