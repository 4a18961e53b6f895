using System.Net.Sockets;
using System.Text.Json;
using ChimneyActors.Node.Tests.Support;

namespace ChimneyActors.Node.Tests.Relay;

public sealed class RelayDrainSpecs
{
    [Fact]
    public async Task Under_load_every_client_with_a_request_in_flight_gets_its_whole_answer()
    {
        const int Clients = 60;
        const int Bytes = 4_000_000;
        await using NginxServer nginx = await NginxServer.StartAsync();
        string expected = Sockets.Checksum(nginx.Publish("file", Bytes, seed: 21));
        await using ChimneyProcess relay = await ChimneyProcess.RelayAsync(nginx.Address);
        TaskCompletionSource go = new(TaskCreationOptions.RunContinuationsAsynchronously);
        int begun = 0;
        Task all = Task.WhenAll(Enumerable.Range(0, Clients).Select(async i =>
        {
            using Socket client = await Sockets.ConnectAsync(relay.Address, receiveBytes: 65_536);
            await client.SendTextAsync("GET /file HTTP/1.1\r\nHost: x\r\n\r\n");
            await client.ReceiveExactlyAsync(1);
            Interlocked.Increment(ref begun);
            await go.Task;
            byte[] answer = await client.ReceiveToEndAsync();   // the drain ends the kept-alive connection
            answer.Length.ShouldBeGreaterThan(Bytes, $"client {i}");
            Sockets.Checksum(answer[^Bytes..]).ShouldBe(expected, $"client {i}");
        }));
        await Eventually.BecomesTrueAsync(() => Volatile.Read(ref begun) == Clients || all.IsFaulted, "all have begun");
        relay.Signal();
        await relay.SaysAsync("Draining");
        go.SetResult();
        await all.WaitAsync(Eventually.Deadline);
        (await relay.ExitAsync()).ShouldBe(0);
        JsonElement summary = relay.Summary;
        summary.GetProperty("drain").GetProperty("open").GetInt32().ShouldBe(Clients);
        summary.GetProperty("drain").GetProperty("aborted").GetInt32().ShouldBe(0);
        summary.GetProperty("balanced").GetBoolean().ShouldBeTrue();
    }

    [Fact]
    public async Task An_answer_that_is_owed_is_waited_for_and_delivered()
    {
        TaskCompletionSource answer = new(TaskCreationOptions.RunContinuationsAsynchronously);
        TaskCompletionSource asked = new(TaskCreationOptions.RunContinuationsAsynchronously);
        using TestServer upstream = new(async socket =>
        {
            await socket.ReceiveExactlyAsync(4);
            asked.TrySetResult();
            await answer.Task;
            await socket.SendTextAsync("late");
            await socket.ReceiveToEndAsync();
        });
        await using ChimneyProcess relay = await ChimneyProcess.RelayAsync(upstream.Address);
        using Socket client = await Sockets.ConnectAsync(relay.Address);
        using Socket silent = await Sockets.ConnectAsync(relay.Address);
        await client.SendTextAsync("slow");
        await asked.Task.WaitAsync(Eventually.Deadline);
        relay.Signal();
        (await silent.ReceiveToEndAsync()).ShouldBeEmpty();   // a pair that owes nothing is closed soon
        answer.SetResult();
        (await client.ReceiveToEndAsync()).ShouldBe("late"u8.ToArray());
        (await relay.ExitAsync()).ShouldBe(0);
        relay.Summary.GetProperty("drain").GetProperty("aborted").GetInt32().ShouldBe(0);
    }

    [Fact]
    public async Task Nobody_new_is_accepted_while_it_drains()
    {
        using TestServer upstream = new(RelayTroubleSpecs.EchoAsync);
        await using ChimneyProcess relay = await ChimneyProcess.RelayAsync(upstream.Address);
        using Socket client = await Sockets.ConnectAsync(relay.Address);
        await client.SendAllAsync(new byte[100_000]);   // echoed and not yet read: something is under way
        await Eventually.BecomesTrueAsync(() => upstream.Accepted == 1, "it is relayed");
        relay.Signal();
        await relay.SaysAsync("Draining");
        SocketException e = await Should.ThrowAsync<SocketException>(Sockets.ConnectAsync(relay.Address));
        e.SocketErrorCode.ShouldBe(SocketError.ConnectionRefused);
        (await client.ReceiveExactlyAsync(100_000)).Length.ShouldBe(100_000);
        (await client.ReceiveToEndAsync()).ShouldBeEmpty();
        (await relay.ExitAsync()).ShouldBe(0);
    }

    [Fact]
    public async Task A_second_signal_aborts_what_is_left()
    {
        using TestServer upstream = new(SendForEverAsync);
        await using ChimneyProcess relay = await ChimneyProcess.RelayAsync(
            upstream.Address, "--drain-timeout", "10m");
        using Socket client = await Sockets.ConnectAsync(relay.Address);
        await client.ReceiveExactlyAsync(1);
        relay.Signal();
        await relay.SaysAsync("Draining");
        relay.Signal();
        await client.IsResetAsync();
        (await relay.ExitAsync()).ShouldBe(0);
        JsonElement summary = relay.Summary;
        summary.GetProperty("drain").GetProperty("aborted").GetInt32().ShouldBe(1);
        summary.GetProperty("drain").GetProperty("stuck").GetInt32().ShouldBe(0);
        summary.GetProperty("ends").GetProperty("aborted").GetInt64().ShouldBe(1);
        summary.GetProperty("balanced").GetBoolean().ShouldBeTrue();
    }

    [Fact]
    public async Task What_is_left_at_the_end_of_the_drain_time_out_is_aborted()
    {
        using TestServer upstream = new(SendForEverAsync);
        await using ChimneyProcess relay = await ChimneyProcess.RelayAsync(
            upstream.Address, "--drain-timeout", "500ms");
        using Socket client = await Sockets.ConnectAsync(relay.Address);
        await client.ReceiveExactlyAsync(1);
        relay.Signal();
        await client.IsResetAsync();
        (await relay.ExitAsync()).ShouldBe(0);
        relay.Summary.GetProperty("drain").GetProperty("aborted").GetInt32().ShouldBe(1);
    }

    [Fact]
    public async Task A_signal_without_clients_ends_it_at_once()
    {
        await using ChimneyProcess relay = await ChimneyProcess.ListenAsync("relay");
        JsonElement summary = await relay.EndsWellAsync();
        summary.GetProperty("accepted").GetInt64().ShouldBe(0);
        summary.GetProperty("exitCode").GetInt32().ShouldBe(0);
    }

    private static async Task SendForEverAsync(Socket socket)
    {
        byte[] piece = new byte[65_536];
        while (true)
            await socket.SendAllAsync(piece);
    }
}
