using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using ChimneyActors.Node.Tests.Support;

namespace ChimneyActors.Node.Tests.Serve;

public sealed class ServeSpecs
{
    [Fact]
    public async Task Echo_gives_back_every_byte_and_the_close()
    {
        await using ChimneyProcess node = await ChimneyProcess.ListenAsync("serve", "echo");
        await Task.WhenAll(Enumerable.Range(0, 20).Select(async i =>
        {
            byte[] data = Sockets.RandomBytes(1_000_000, seed: i);
            using Socket client = await Sockets.ConnectAsync(node.Address);
            Task send = Task.Run(async () =>
            {
                await client.SendAllAsync(data);
                client.Shutdown(SocketShutdown.Send);
            });
            Sockets.Checksum(await client.ReceiveToEndAsync()).ShouldBe(Sockets.Checksum(data));
            await send;
        }));
        await node.SessionsEndAsync(20);
        JsonElement summary = await node.EndsWellAsync();
        summary.GetProperty("receivedBytes").GetInt64().ShouldBe(20_000_000);
        summary.GetProperty("acknowledgedBytes").GetInt64().ShouldBe(20_000_000);
    }

    [Fact]
    public async Task Discard_takes_everything_and_says_nothing()
    {
        await using ChimneyProcess node = await ChimneyProcess.ListenAsync("serve", "discard");
        using Socket client = await Sockets.ConnectAsync(node.Address);
        await client.SendAllAsync(new byte[5_000_000]);
        client.Shutdown(SocketShutdown.Send);
        (await client.ReceiveToEndAsync()).ShouldBeEmpty();
        await node.SessionsEndAsync(1);
        JsonElement summary = await node.EndsWellAsync();
        summary.GetProperty("receivedBytes").GetInt64().ShouldBe(5_000_000);
    }

    [Fact]
    public async Task Http_answers_get_and_head_with_the_right_length()
    {
        await using ChimneyProcess node = await ChimneyProcess.ListenAsync("serve", "http");
        using HttpClient client = new() { BaseAddress = new Uri($"http://{node.Address}/") };
        (await client.GetStringAsync(new Uri("/", UriKind.Relative))).ShouldContain("ChimneyActors");
        (await client.GetByteArrayAsync(new Uri("/bytes/0", UriKind.Relative))).ShouldBeEmpty();
        (await client.GetByteArrayAsync(new Uri("/bytes/3000001", UriKind.Relative))).Length.ShouldBe(3_000_001);
        using HttpRequestMessage head = new(HttpMethod.Head, "/bytes/1073741824");
        using HttpResponseMessage answer = await client.SendAsync(head);
        answer.Content.Headers.ContentLength.ShouldBe(1L << 30);
        (await client.GetAsync(new Uri("/bytes/1073741825", UriKind.Relative))).StatusCode
            .ShouldBe(HttpStatusCode.BadRequest);
        (await client.GetAsync(new Uri("/nowhere", UriKind.Relative))).StatusCode.ShouldBe(HttpStatusCode.NotFound);
        (await client.PostAsync(new Uri("/", UriKind.Relative), new StringContent("x"))).StatusCode
            .ShouldBe(HttpStatusCode.MethodNotAllowed);
        await node.EndsWellAsync();
    }

    [Fact]
    public async Task Http_answers_pipelined_requests_in_order()
    {
        await using ChimneyProcess node = await ChimneyProcess.ListenAsync("serve", "http");
        using Socket client = await Sockets.ConnectAsync(node.Address);
        StringBuilder requests = new();
        for (int i = 0; i < 50; i++)
            requests.Append(System.Globalization.CultureInfo.InvariantCulture,
                $"HEAD /bytes/{i} HTTP/1.1\r\nHost: x\r\n\r\n");
        requests.Append("GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
        await client.SendTextAsync(requests.ToString());
        string answer = Encoding.ASCII.GetString(await client.ReceiveToEndAsync());
        string[] lengths =
            [.. answer.Split("\r\n").Where(line => line.StartsWith("Content-Length: ", StringComparison.Ordinal))];
        lengths.Take(50).ShouldBe(Enumerable.Range(0, 50).Select(i => $"Content-Length: {i}"));
        lengths.Length.ShouldBe(51);
        client.Shutdown(SocketShutdown.Send);
        await node.EndsWellAsync();
    }

    [Fact]
    public async Task Http_answers_garbage_with_400_and_closes()
    {
        await using ChimneyProcess node = await ChimneyProcess.ListenAsync("serve", "http");
        string[] garbages = ["\u0016\u0003\u0001", "nonsense\r\n", "GET /\r\n\r\n", "GET / HTTP/1.1\r\n\r\n"];
        foreach (string garbage in garbages)
        {
            using Socket client = await Sockets.ConnectAsync(node.Address);
            await client.SendTextAsync(garbage);
            Encoding.ASCII.GetString(await client.ReceiveToEndAsync()).ShouldStartWith("HTTP/1.1 400 ");
        }
        await node.SessionsEndAsync(4);
        await node.EndsWellAsync();
    }

    [Fact]
    public async Task A_draining_http_server_finishes_what_it_sends_and_lets_idle_clients_go()
    {
        await using ChimneyProcess node = await ChimneyProcess.ListenAsync("serve", "http");
        using Socket busy = await Sockets.ConnectAsync(node.Address, receiveBytes: 65_536);
        await busy.SendTextAsync("GET /bytes/50000000 HTTP/1.1\r\nHost: x\r\n\r\n");
        await busy.ReceiveExactlyAsync(1);
        using Socket idle = await Sockets.ConnectAsync(node.Address);
        await idle.SendTextAsync("HEAD / HTTP/1.1\r\nHost: x\r\n\r\n");
        await idle.ReceiveExactlyAsync(1);
        node.Signal();
        await idle.ReceiveToEndAsync();
        (await busy.ReceiveToEndAsync()).Length.ShouldBeGreaterThan(50_000_000);
        busy.Dispose();
        idle.Dispose();
        (await node.ExitAsync()).ShouldBe(0);
        node.Summary.GetProperty("drain").GetProperty("aborted").GetInt32().ShouldBe(0);
    }
}
