using System.Globalization;
using System.Net.Sockets;
using System.Text.Json;
using ChimneyActors.Node.Tests.Support;

namespace ChimneyActors.Node.Tests.Relay;

public sealed class RelayTransferSpecs
{
    [Fact]
    public async Task Curl_gets_an_answer_from_the_embedded_upstream()
    {
        await using ChimneyProcess relay = await ChimneyProcess.ListenAsync("relay");
        (int code, string output) = await Tool.RunAsync("curl", "-sS", $"http://{relay.Address}/");
        code.ShouldBe(0, output);
        output.ShouldContain("ChimneyActors");
        await relay.EndsWellAsync();
    }

    [Fact]
    public async Task Curl_gets_a_large_file_from_nginx_unchanged()
    {
        const int Bytes = 100_000_000;
        await using NginxServer nginx = await NginxServer.StartAsync();
        string expected = Sockets.Checksum(nginx.Publish("large", Bytes, seed: 1));
        await using ChimneyProcess relay = await ChimneyProcess.RelayAsync(nginx.Address);
        using TempFolder folder = new();
        (int code, string output) = await Tool.RunAsync(
            "curl", "-sS", "-o", folder.File("large"), "-w", "%{size_download}", $"http://{relay.Address}/large");
        code.ShouldBe(0, output);
        output.ShouldBe(Bytes.ToString(CultureInfo.InvariantCulture));
        Sockets.Checksum(await File.ReadAllBytesAsync(folder.File("large"))).ShouldBe(expected);
        JsonElement session = await relay.SessionAsync(_ => true, "the session ends");
        session.GetProperty("End").GetString().ShouldBe("closed");
        session.GetProperty("ClientAcked").GetInt64().ShouldBe(session.GetProperty("FromUpstream").GetInt64());
        session.GetProperty("ClientAcked").GetInt64().ShouldBeGreaterThan(Bytes);
        await relay.EndsWellAsync();
    }

    [Fact]
    public async Task Wrk_keeps_many_connections_to_nginx_busy_without_an_error()
    {
        await using NginxServer nginx = await NginxServer.StartAsync();
        nginx.Publish("small", 1000, seed: 2);
        await using ChimneyProcess relay = await ChimneyProcess.RelayAsync(nginx.Address);
        (int code, string output) = await Tool.RunAsync(
            "wrk", "-t2", "-c100", "-d3s", "--latency", $"http://{relay.Address}/small");
        code.ShouldBe(0, output);
        output.ShouldContain("Requests/sec");
        output.ShouldNotContain("Socket errors");
        output.ShouldNotContain("Non-2xx");
        await relay.EndsWellAsync();
    }

    [Fact]
    public async Task The_upstream_may_be_named_instead_of_numbered()
    {
        await using NginxServer nginx = await NginxServer.StartAsync();
        byte[] content = nginx.Publish("small", 1000, seed: 3);
        await using ChimneyProcess relay =
            await ChimneyProcess.ListenAsync("relay", "--to", $"localhost:{nginx.Address.Port}");
        using HttpClient client = new();
        (await client.GetByteArrayAsync(new Uri($"http://{relay.Address}/small"))).ShouldBe(content);
        await relay.EndsWellAsync();
    }

    [Fact]
    public async Task An_upstream_that_speaks_first_is_heard()
    {
        using TestServer upstream = new(async socket =>
        {
            await socket.SendTextAsync("220 ready\r\n");
            socket.Shutdown(SocketShutdown.Send);
            await socket.ReceiveToEndAsync();
        });
        await using ChimneyProcess relay = await ChimneyProcess.RelayAsync(upstream.Address);
        using Socket client = await Sockets.ConnectAsync(relay.Address);
        (await client.ReceiveToEndAsync()).ShouldBe("220 ready\r\n"u8.ToArray());
        client.Shutdown(SocketShutdown.Send);
        await relay.SessionsEndAsync(1);
        await relay.EndsWellAsync();
    }

    [Fact]
    public async Task Two_hundred_clients_close_their_half_first_and_still_get_their_answer()
    {
        using TestServer upstream = new(async socket =>
        {
            byte[] all = await socket.ReceiveToEndAsync();   // answers only what is complete
            await socket.SendAllAsync(all);
            socket.Shutdown(SocketShutdown.Send);
        });
        await using ChimneyProcess relay = await ChimneyProcess.RelayAsync(upstream.Address);
        await Task.WhenAll(Enumerable.Range(0, 200).Select(async i =>
        {
            byte[] data = Sockets.RandomBytes(1000 + (i * 997), seed: i);
            using Socket client = await Sockets.ConnectAsync(relay.Address);
            await client.SendAllAsync(data);
            client.Shutdown(SocketShutdown.Send);
            Sockets.Checksum(await client.ReceiveToEndAsync()).ShouldBe(Sockets.Checksum(data), $"client {i}");
        }));
        await AllClosedAsync(relay, 200);
    }

    [Fact]
    public async Task Two_hundred_upstreams_close_their_half_first_and_still_hear_the_client_to_its_end()
    {
        int heard = 0;
        using TestServer upstream = new(async socket =>
        {
            int i = BitConverter.ToInt32(await socket.ReceiveExactlyAsync(4));
            await socket.SendAllAsync(Sockets.RandomBytes(50_000, seed: i));
            socket.Shutdown(SocketShutdown.Send);
            byte[] rest = await socket.ReceiveToEndAsync();
            if (Sockets.Checksum(rest) == Sockets.Checksum(Sockets.RandomBytes(70_000, seed: -i)))
                Interlocked.Increment(ref heard);
        });
        await using ChimneyProcess relay = await ChimneyProcess.RelayAsync(upstream.Address);
        await Task.WhenAll(Enumerable.Range(1, 200).Select(async i =>
        {
            using Socket client = await Sockets.ConnectAsync(relay.Address);
            await client.SendAllAsync(BitConverter.GetBytes(i));
            byte[] answer = await client.ReceiveToEndAsync();   // the upstream's end comes before ours
            Sockets.Checksum(answer).ShouldBe(Sockets.Checksum(Sockets.RandomBytes(50_000, seed: i)), $"client {i}");
            await client.SendAllAsync(Sockets.RandomBytes(70_000, seed: -i));
            client.Shutdown(SocketShutdown.Send);
            (await client.ReceiveToEndAsync()).ShouldBeEmpty();
        }));
        await Eventually.BecomesTrueAsync(() => Volatile.Read(ref heard) == 200, "every upstream heard its client out");
        await AllClosedAsync(relay, 200);
    }

    private static async Task AllClosedAsync(ChimneyProcess relay, int count)
    {
        await relay.SessionsEndAsync(count);
        foreach (JsonElement session in relay.Sessions())
        {
            session.GetProperty("End").GetString().ShouldBe("closed");
            session.GetProperty("UpstreamAcked").GetInt64().ShouldBe(session.GetProperty("FromClient").GetInt64());
            session.GetProperty("ClientAcked").GetInt64().ShouldBe(session.GetProperty("FromUpstream").GetInt64());
        }
        await relay.EndsWellAsync();
    }
}
