using System.Net.Sockets;
using System.Text.Json;
using ChimneyActors.Node.Tests.Support;

namespace ChimneyActors.Node.Tests.Clustering;

/// <summary>A relay that accepts here and has its upstreams on adapters elsewhere: real processes on
/// loopback.</summary>
public sealed class ClusterRelaySpecs : IDisposable
{
    private readonly TempFolder _folder = new();

    private string Admin => _folder.File("relay.sock");

    private Operator Operator => new(Admin);

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_client_of_one_node_is_served_by_an_adapter_on_another()
    {
        await using NginxServer nginx = await NginxServer.StartAsync();
        string expected = Sockets.Checksum(nginx.Publish("file", 3_000_000, seed: 5));
        await using ChimneyProcess relay = await RelayAsync(nginx.Address.ToString());
        await using ChimneyProcess adapter = await ChimneyProcess.AdapterAsync(relay);
        await Operator.HasAdaptersAsync(1);

        using (Socket client = await Sockets.ConnectAsync(relay.Address))
        {
            await client.SendTextAsync("GET /file HTTP/1.0\r\n\r\n");
            byte[] answer = await client.ReceiveToEndAsync();
            Sockets.Checksum(answer[^3_000_000..]).ShouldBe(expected);
            client.Shutdown(SocketShutdown.Send);
            JsonElement session = await relay.SessionAsync(static _ => true, "the session ends");
            session.GetProperty("End").GetString().ShouldBe("closed");
            session.GetProperty("ClientAcked").GetInt64().ShouldBe(answer.Length);
        }

        await relay.EndsWellAsync();
        adapter.Signal();
        (await adapter.ExitAsync()).ShouldBe(0);
        adapter.Summary.GetProperty("ledger").GetProperty("posted").GetInt64().ShouldBeGreaterThan(2);
        adapter.Summary.GetProperty("balanced").GetBoolean().ShouldBeTrue();
    }

    [Fact]
    public async Task Netstat_shows_both_nodes_and_a_drained_adapter_gets_no_more_while_it_finishes()
    {
        using TestServer upstream = new(EchoAsync);
        await using ChimneyProcess relay = await RelayAsync(upstream.Address.ToString());
        await using ChimneyProcess first = await ChimneyProcess.AdapterAsync(relay);
        await Operator.HasAdaptersAsync(1);
        using Socket client = await Sockets.ConnectAsync(relay.Address);
        await EchoesAsync(client);

        JsonElement[] all = await AskAsync("netstat", "connection", "--all");
        all.Length.ShouldBe(3, "two of the relay, one of the adapter");
        JsonElement served = all.Single(one => one.GetProperty("layers")[0].GetString() == "adapter");
        served.GetProperty("node").GetString().ShouldBe($"akka.tcp://chimney@{first.Member}");
        served.GetProperty("remote").GetString().ShouldBe(upstream.Address.ToString());
        served.GetProperty("bytesAcknowledged").GetInt64().ShouldBe(5);

        await using ChimneyProcess second = await ChimneyProcess.AdapterAsync(relay);
        await Operator.HasAdaptersAsync(2);
        await client.SendTextAsync("w");                    // of "wait": the upstream owes an answer
        first.Signal();
        await Support.Operator.SeesAsync(async () => (await Operator.AdaptersAsync())
            .Any(one => one.GetProperty("isDraining").GetBoolean()), "the relay hears of the drain");
        for (int i = 0; i < 4; i++)
        {
            using Socket later = await Sockets.ConnectAsync(relay.Address);
            await EchoesAsync(later);
            (await Operator.AdaptersAsync()).Single(one => one.GetProperty("node").GetString()!.EndsWith(second.Member))
                .GetProperty("connections").GetInt32().ShouldBeGreaterThan(0);
        }

        await client.SendTextAsync("ait!");
        (await client.ReceiveExactlyAsync(5)).ShouldBe("wait!"u8.ToArray(), "what is under way is finished");
        (await client.ReceiveToEndAsync()).ShouldBeEmpty("then the pair is closed, in order");
        client.Dispose();
        (await first.ExitAsync()).ShouldBe(0);
        first.Summary.GetProperty("aborted").GetInt32().ShouldBe(0);
        await relay.EndsWellAsync();
    }

    [Fact]
    public async Task A_killed_adapter_costs_its_clients_a_reset_and_nobody_else_anything()
    {
        using TestServer upstream = new(EchoAsync);
        await using ChimneyProcess relay = await RelayAsync(upstream.Address.ToString());
        await using ChimneyProcess first = await ChimneyProcess.AdapterAsync(relay);
        await using ChimneyProcess second = await ChimneyProcess.AdapterAsync(relay);
        await Operator.HasAdaptersAsync(2);
        List<Socket> clients = [];
        while (clients.Count < 40)
        {
            clients.Add(await Sockets.ConnectAsync(relay.Address));
            await EchoesAsync(clients[^1]);
        }

        int there = (await Operator.AdaptersAsync())
            .Single(one => one.GetProperty("node").GetString()!.EndsWith(first.Member))
            .GetProperty("connections").GetInt32();
        first.Murder();
        await relay.SessionsEndAsync(there);
        relay.Sessions().ShouldAllBe(one => one.GetProperty("End").GetString() == "upstream reset");

        int reset = 0;
        foreach (Socket client in clients)
        {
            try
            {
                await EchoesAsync(client);
            }
            catch (SocketException)
            {
                reset++;
            }

            client.Dispose();
        }

        reset.ShouldBe(there);
        using (Socket later = await Sockets.ConnectAsync(relay.Address))
            await EchoesAsync(later);
        await relay.EndsWellAsync();
    }

    [Fact]
    public async Task An_adapter_that_stood_still_for_too_long_is_out_and_ends_when_it_goes_on()
    {
        using TestServer upstream = new(EchoAsync);
        await using ChimneyProcess relay = await RelayAsync(upstream.Address.ToString());
        await using ChimneyProcess still = await ChimneyProcess.AdapterAsync(relay);
        await Operator.HasAdaptersAsync(1);
        using Socket client = await Sockets.ConnectAsync(relay.Address);
        await EchoesAsync(client);
        await using ChimneyProcess other = await ChimneyProcess.AdapterAsync(relay);
        await Operator.HasAdaptersAsync(2);

        still.Stop();
        JsonElement session = await relay.SessionAsync(static _ => true, "its connection counts as lost");
        session.GetProperty("End").GetString().ShouldBe("upstream reset");
        await Operator.HasAdaptersAsync(1);
        using (Socket later = await Sockets.ConnectAsync(relay.Address))
            await EchoesAsync(later);

        still.Continue();
        (await still.ExitAsync()).ShouldBe(3, "its supervisor starts it anew");
        still.Summary.GetProperty("balanced").GetBoolean().ShouldBeTrue();
        await client.IsResetAsync();
        await relay.EndsWellAsync();
    }

    [Theory]
    [InlineData("--cluster is off", "adapter", "--cluster", "off")]
    [InlineData("loopback address", "relay", "--cluster", "0.0.0.0:0", "--cluster-name", "here")]
    [InlineData("a name or address that other nodes reach it by", "relay", "--cluster", "*:0")]
    [InlineData("host, offload", "relay", "--cluster", "127.0.0.1:0", "--roles", "boss")]
    [InlineData("offload among them", "adapter", "--cluster", "127.0.0.1:0", "--roles", "host")]
    [InlineData("HOST:PORT", "relay", "--cluster", "127.0.0.1:0", "--join", "there")]
    [InlineData("or none of the three", "relay", "--cluster", "127.0.0.1:0", "--cluster-key", "key.pem")]
    [InlineData("cannot use 'no.pem'", "relay", "--cluster", "127.0.0.1:0", "--cluster-certificate", "no.pem",
        "--cluster-key", "no.key", "--cluster-ca", "no.ca")]
    [InlineData("adapters on other machines", "relay", "--cluster", "10.0.0.1:0", "--cluster-plain", "yes")]
    public async Task What_cannot_be_is_refused_with_what_would_be_right(string said, params string[] args)
    {
        (int code, _, string errors) = await ChimneyProcess.RunAsync([.. args, "--admin", "none"]);
        code.ShouldBe(2, errors);
        errors.ShouldContain(said == "--cluster is off" ? "an address: the node must be in a cluster" : said);
        errors.Split('\n').Length.ShouldBe(1);
    }

    [Fact]
    public async Task A_relay_whose_cluster_has_no_adapter_says_so_to_its_log_and_resets_its_clients()
    {
        await using ChimneyProcess relay = await RelayAsync("127.0.0.1:9");
        using Socket client = await Sockets.ConnectAsync(relay.Address);
        await client.IsResetAsync();
        JsonElement session = await relay.SessionAsync(static _ => true, "the session ends");
        session.GetProperty("End").GetString().ShouldBe("upstream unreachable");
        session.GetProperty("Detail").GetString()!.ShouldContain("no adapter");
        await relay.EndsWellAsync();
    }

    private Task<ChimneyProcess> RelayAsync(string upstream) => ChimneyProcess.ListenAsync(
        ["relay", "--to", upstream, "--cluster", "127.0.0.1:0", "--roles", "host", "--admin", Admin,
            .. ChimneyProcess.Patient]);

    private static async Task EchoAsync(Socket socket)
    {
        byte[] five = new byte[5];
        while (true)
        {
            for (int got = 0; got < five.Length;)
            {
                int count = await socket.ReceiveAsync(five.AsMemory(got));
                if (count == 0)
                    return;
                got += count;
            }

            await socket.SendAllAsync(five);
        }
    }

    private static async Task EchoesAsync(Socket client)
    {
        await client.SendTextAsync("hello");
        (await client.ReceiveExactlyAsync(5)).ShouldBe("hello"u8.ToArray());
    }

    private async Task<JsonElement[]> AskAsync(string verb, string happened, params string[] more)
    {
        (int code, string output, string errors) =
            await ChimneyProcess.RunAsync([verb, "--admin", Admin, "--json", .. more]);
        code.ShouldBe(0, errors);
        return [.. output.Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Select(line => JsonDocument.Parse(line).RootElement)
            .Where(line => line.GetProperty("event").GetString() == happened)];
    }
}
