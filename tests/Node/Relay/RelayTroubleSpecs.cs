using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using ChimneyActors.Node.Tests.Support;

namespace ChimneyActors.Node.Tests.Relay;

public sealed class RelayTroubleSpecs
{
    private const int LargeBytes = 96 * 1024 * 1024;

    [Fact]
    public async Task A_slow_reader_slows_its_upstream_and_nobody_else_and_memory_stays_bounded()
    {
        byte[] content = Sockets.RandomBytes(LargeBytes, seed: 11);
        long pushed = 0;
        using TestServer upstream = new(async socket =>
        {
            byte[] request = await socket.ReceiveExactlyAsync(1);
            if (request[0] == 'e')
            {
                await socket.SendTextAsync("echo");
                return;
            }
            for (int at = 0; at < content.Length; at += 65_536)
            {
                await socket.SendAllAsync(content.AsMemory(at, Math.Min(65_536, content.Length - at)));
                Interlocked.Add(ref pushed, 65_536);
            }
        });
        await using ChimneyProcess relay = await ChimneyProcess.RelayAsync(upstream.Address);
        long before = relay.WorkingSet;
        using Socket slow = await Sockets.ConnectAsync(relay.Address, receiveBytes: 65_536);
        await slow.SendTextAsync("l");
        await Eventually.BecomesTrueAsync(() => Interlocked.Read(ref pushed) > 0, "the upstream sends");
        long stuck = await Eventually.StandsStillAsync(() => Interlocked.Read(ref pushed), "the upstream");
        // What is under way sits in socket buffers and in the relay's window, and nowhere else.
        stuck.ShouldBeLessThan(LargeBytes / 2);
        (relay.WorkingSet - before).ShouldBeLessThan(64 * 1024 * 1024);

        await Task.WhenAll(Enumerable.Range(0, 50).Select(async _ =>
        {
            using Socket other = await Sockets.ConnectAsync(relay.Address);
            await other.SendTextAsync("e");
            (await other.ReceiveToEndAsync()).ShouldBe("echo"u8.ToArray());
        }));

        Sockets.Checksum(await slow.ReceiveToEndAsync()).ShouldBe(Sockets.Checksum(content));
        slow.Shutdown(SocketShutdown.Send);
        await relay.SessionsEndAsync(51);
        await relay.EndsWellAsync();
    }

    [Fact]
    public async Task A_client_that_resets_resets_its_upstream()
    {
        TaskCompletionSource<SocketError> seen = new(TaskCreationOptions.RunContinuationsAsynchronously);
        using TestServer upstream = new(async socket =>
        {
            await socket.ReceiveExactlyAsync(5);
            await socket.SendTextAsync("heard");
            try
            {
                await socket.ReceiveToEndAsync();
                seen.TrySetResult(SocketError.Success);
            }
            catch (SocketException e)
            {
                seen.TrySetResult(e.SocketErrorCode);
            }
        });
        await using ChimneyProcess relay = await ChimneyProcess.RelayAsync(upstream.Address);
        using Socket client = await Sockets.ConnectAsync(relay.Address);
        await client.SendTextAsync("hello");
        await client.ReceiveExactlyAsync(5);
        client.Reset();
        (await seen.Task.WaitAsync(Eventually.Deadline)).ShouldBe(SocketError.ConnectionReset);
        JsonElement session = await relay.SessionAsync(_ => true, "the session ends");
        session.GetProperty("End").GetString().ShouldBe("client reset");
        await relay.EndsWellAsync();
    }

    [Fact]
    public async Task A_client_that_resets_at_once_was_reset_by_the_client_whoever_sees_it_first()
    {
        using TestServer upstream = new(async socket => await socket.ReceiveToEndAsync());
        await using ChimneyProcess relay = await ChimneyProcess.RelayAsync(upstream.Address);
        for (int i = 0; i < 50; i++)
        {
            Socket client = await Sockets.ConnectAsync(relay.Address);
            client.Reset();
        }
        await relay.SessionsEndAsync(50);
        relay.Sessions().ShouldAllBe(session => session.GetProperty("End").GetString() == "client reset");
        await relay.EndsWellAsync();
    }

    [Fact]
    public async Task An_upstream_that_resets_resets_its_client()
    {
        using TestServer upstream = new(async socket =>
        {
            await socket.ReceiveExactlyAsync(5);
            socket.Reset();
        });
        await using ChimneyProcess relay = await ChimneyProcess.RelayAsync(upstream.Address);
        using Socket client = await Sockets.ConnectAsync(relay.Address);
        await client.SendTextAsync("hello");
        await client.IsResetAsync();
        JsonElement session = await relay.SessionAsync(_ => true, "the session ends");
        session.GetProperty("End").GetString().ShouldBe("upstream reset");
        await relay.EndsWellAsync();
    }

    [Fact]
    public async Task Resets_in_the_middle_of_transfers_leave_the_ledger_balanced()
    {
        using TestServer upstream = new(async socket =>
        {
            byte[] piece = new byte[65_536];
            while (true)
                await socket.SendAllAsync(piece);
        });
        await using ChimneyProcess relay = await ChimneyProcess.RelayAsync(upstream.Address);
        await Task.WhenAll(Enumerable.Range(0, 100).Select(async i =>
        {
            Socket client = await Sockets.ConnectAsync(relay.Address);
            await client.SendAllAsync(new byte[10_000]);
            await client.ReceiveExactlyAsync(1 + (i * 10_000));
            client.Reset();
        }));
        await relay.SessionsEndAsync(100);
        relay.Sessions().ShouldAllBe(session => session.GetProperty("End").GetString() == "client reset");
        await relay.EndsWellAsync();
    }

    [Fact]
    public async Task An_upstream_that_refuses_is_answered_with_a_reset_and_the_relay_lives_on()
    {
        int port = NginxServer.FreePort();
        await using ChimneyProcess relay = await ChimneyProcess.ListenAsync("relay", "--to", $"127.0.0.1:{port}");
        for (int i = 0; i < 3; i++)
        {
            // The reset may be so quick that the connect itself reports it.
            SocketException e = await Should.ThrowAsync<SocketException>(async () =>
            {
                using Socket client = await Sockets.ConnectAsync(relay.Address);
                await client.ReceiveToEndAsync();
            });
            e.SocketErrorCode.ShouldBe(SocketError.ConnectionReset);
        }
        await relay.SessionsEndAsync(3);
        relay.Sessions().ShouldAllBe(session => session.GetProperty("End").GetString() == "upstream refused");
        await relay.EndsWellAsync();
    }

    [Fact]
    public async Task An_upstream_that_never_answers_costs_the_connect_time_out_and_no_more()
    {
        // A full backlog leaves further connects unanswered.
        using Socket full = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        full.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        full.Listen(0);
        using Socket first = await Sockets.ConnectAsync((IPEndPoint)full.LocalEndPoint!);
        await using ChimneyProcess relay = await ChimneyProcess.ListenAsync(
            "relay", "--to", full.LocalEndPoint!.ToString()!, "--connect-timeout", "300ms");
        using Socket client = await Sockets.ConnectAsync(relay.Address);
        await client.IsResetAsync();
        await relay.SessionAsync(
            session => session.GetProperty("End").GetString() == "upstream timed out", "the connect times out");
        await relay.EndsWellAsync();
    }

    [Fact]
    public async Task A_client_that_opens_and_never_sends_is_closed_after_the_idle_time_out()
    {
        using TestServer upstream = new(async socket => await socket.ReceiveToEndAsync());
        await using ChimneyProcess relay = await ChimneyProcess.RelayAsync(
            upstream.Address, "--idle-timeout", "400ms");
        using Socket client = await Sockets.ConnectAsync(relay.Address);
        (await client.ReceiveToEndAsync()).ShouldBeEmpty();   // a FIN, no reset
        JsonElement session = await relay.SessionAsync(_ => true, "the session ends");
        session.GetProperty("End").GetString().ShouldBe("idle");
        await relay.EndsWellAsync();
    }

    [Fact]
    public async Task A_client_that_does_not_answer_the_idle_close_is_reset()
    {
        using TestServer upstream = new(async socket =>
        {
            byte[] piece = new byte[65_536];
            while (true)
                await socket.SendAllAsync(piece);
        });
        await using ChimneyProcess relay = await ChimneyProcess.RelayAsync(
            upstream.Address, "--idle-timeout", "400ms", "--linger-timeout", "200ms");
        using Socket client = await Sockets.ConnectAsync(relay.Address, receiveBytes: 65_536);
        JsonElement session = await relay.SessionAsync(_ => true, "the session ends");
        session.GetProperty("End").GetString().ShouldBe("idle");
        await client.IsResetAsync();
        await relay.EndsWellAsync();
    }

    [Fact]
    public async Task A_connection_in_use_is_not_idle_however_long_it_lasts()
    {
        using TestServer upstream = new(EchoAsync);
        await using ChimneyProcess relay = await ChimneyProcess.RelayAsync(
            upstream.Address, "--idle-timeout", "1s");
        using Socket client = await Sockets.ConnectAsync(relay.Address);
        using PeriodicTimer timer = new(TimeSpan.FromMilliseconds(100));
        for (int i = 0; i < 30; i++)
        {
            await client.SendTextAsync("x");
            await client.ReceiveExactlyAsync(1);
            await timer.WaitForNextTickAsync();
        }
        client.Shutdown(SocketShutdown.Send);
        (await client.ReceiveToEndAsync()).ShouldBeEmpty();
        JsonElement session = await relay.SessionAsync(_ => true, "the session ends");
        session.GetProperty("End").GetString().ShouldBe("closed");
        await relay.EndsWellAsync();
    }

    [Fact]
    public async Task Beyond_the_connection_limit_clients_wait_for_their_turn()
    {
        using TestServer upstream = new(EchoAsync);
        await using ChimneyProcess relay = await ChimneyProcess.RelayAsync(
            upstream.Address, "--connections-max", "2");
        using Socket one = await Sockets.ConnectAsync(relay.Address);
        using Socket two = await Sockets.ConnectAsync(relay.Address);
        await Eventually.BecomesTrueAsync(() => upstream.Accepted == 2, "two are relayed");
        using Socket three = await Sockets.ConnectAsync(relay.Address);
        await three.SendTextAsync("x");
        await one.SendTextAsync("y");
        await one.ReceiveExactlyAsync(1);
        await Eventually.StandsStillAsync(() => upstream.Accepted, "the number of pairs");
        upstream.Accepted.ShouldBe(2);
        one.Dispose();
        await three.ReceiveExactlyAsync(1);
        upstream.Accepted.ShouldBe(3);
        await relay.EndsWellAsync();
    }

    [Fact]
    public async Task Garbage_is_none_of_the_relays_business_and_the_embedded_server_answers_it()
    {
        await using ChimneyProcess relay = await ChimneyProcess.ListenAsync("relay");
        using Socket client = await Sockets.ConnectAsync(relay.Address);
        await client.SendAllAsync(Sockets.RandomBytes(1000, seed: 5));
        byte[] answer = await client.ReceiveToEndAsync();
        System.Text.Encoding.ASCII.GetString(answer).ShouldStartWith("HTTP/1.1 400 Bad Request\r\n");
        client.Shutdown(SocketShutdown.Send);
        await relay.EndsWellAsync();
    }

    internal static async Task EchoAsync(Socket socket)
    {
        byte[] buffer = new byte[65_536];
        int count;
        while ((count = await socket.ReceiveSomeAsync(buffer)) > 0)
            await socket.SendAllAsync(buffer.AsMemory(0, count));
    }
}
