using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using ChimneyActors.Node.Admin;
using ChimneyActors.Node.Tests.Support;
using ChimneyActors.Node.Verbs;

namespace ChimneyActors.Node.Tests.Admin;

/// <summary>What an operator asks of a running node.</summary>
public sealed class AdminSpecs : IDisposable
{
    private readonly TempFolder _folder = new();

    private string Admin => _folder.File("node.sock");

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Netstat_names_both_connections_of_a_client()
    {
        using TestServer upstream = new(HoldAsync);
        await using ChimneyProcess relay = await ChimneyProcess.RelayAsync(upstream.Address, "--admin", Admin);
        using Socket client = await ConnectAsync(relay.Address);
        await client.SendAsync("hello"u8.ToArray());

        JsonElement[] seen = [];
        await BecomesTrueAsync(async () =>
        {
            seen = await AskAsync("netstat", "connection");
            return seen.Any(one => one.GetProperty("bytesAcknowledged").GetInt64() == 5);
        });

        seen.Length.ShouldBe(2);
        seen.ShouldAllBe(one => one.GetProperty("phase").GetString() == "Offloaded");
        JsonElement front = seen.Single(one => one.GetProperty("layers")[0].GetString() == "front");
        front.GetProperty("remote").GetString().ShouldBe(client.LocalEndPoint!.ToString());
        front.GetProperty("bytesReceived").GetInt64().ShouldBe(5);
        JsonElement back = seen.Single(one => one.GetProperty("layers")[0].GetString() == "back");
        back.GetProperty("remote").GetString().ShouldBe(upstream.Address.ToString());
        client.Dispose();
        await relay.EndsWellAsync();
        File.Exists(Admin).ShouldBeFalse();
    }

    [Fact]
    public async Task Pending_says_who_holds_what_a_client_does_not_read()
    {
        using TestServer upstream = new(async socket =>
        {
            byte[] much = new byte[64 << 20];
            await socket.SendAsync(much);
        });
        await using ChimneyProcess relay = await ChimneyProcess.RelayAsync(upstream.Address, "--admin", Admin);
        using Socket client = await ConnectAsync(relay.Address);

        JsonElement[] sends = [];
        await BecomesTrueAsync(async () =>
        {
            sends = [.. (await AskAsync("pending", "request", "--over", "300ms"))
                .Where(one => one.GetProperty("operation").GetString() == "Send")];
            return sends.Length > 0;
        });

        sends.ShouldAllBe(one => one.GetProperty("waitsFor").GetString() == "the peer");
        sends.ShouldAllBe(one => one.GetProperty("holder").GetString()!.EndsWith("at the target"));
        sends.ShouldAllBe(one => one.GetProperty("path").GetString() == "front/mux-front");
        relay.Signal();
        relay.Signal();     // the client will never read: the second aborts
        (await relay.ExitAsync()).ShouldBe(0);
    }

    [Fact]
    public async Task Drain_lets_a_client_finish_and_ends_the_node()
    {
        using TestServer upstream = new(HoldAsync);
        await using ChimneyProcess relay = await ChimneyProcess.RelayAsync(upstream.Address, "--admin", Admin);
        IPEndPoint address = relay.Address;
        using Socket client = await ConnectAsync(address);
        await client.SendAsync("hello"u8.ToArray());
        await BecomesTrueAsync(async () => (await AskAsync("netstat", "connection")).Length == 2);

        (int code, string output, string errors) = await ChimneyProcess.RunAsync("drain", "--admin", Admin);

        code.ShouldBe(0, errors);
        output.ShouldContain("drained");
        (await relay.ExitAsync()).ShouldBe(0);
        relay.Summary.GetProperty("balanced").GetBoolean().ShouldBeTrue();
        await Should.ThrowAsync<SocketException>(() => ConnectAsync(address));
    }

    [Fact]
    public async Task Life_shows_the_adapters_and_leads_one_of_them()
    {
        await using ChimneyProcess relay =
            await ChimneyProcess.ListenAsync("relay", "--adapters", "2", "--front", "none", "--admin", Admin);

        await LeadAsync("nic0", "remove");
        JsonElement[] shown = await AskAsync("life", "adapter");
        await LeadAsync("nic0", "initialize");
        foreach (string step in (string[])["reset", "offload-pause", "offload-resume", "upload-all"])
            await LeadAsync("nic1", step);
        (int code, _, string errors) =
            await ChimneyProcess.RunAsync("life", "team0", "remove", "--admin", Admin);

        shown.Select(one => one.GetProperty("name").GetString()).ShouldBe(
            ["nic0", "nic1", "team0", "mux-back", "mux-embedded"]);
        shown[0].GetProperty("halted").GetString().ShouldBe("DeviceSurpriseRemoved");
        shown.Skip(1).ShouldAllBe(one => one.GetProperty("state").GetString() == "Running");
        code.ShouldBe(2);
        errors.ShouldContain("there is nothing to pull out");
        (code, _, errors) = await ChimneyProcess.RunAsync("life", "nic9", "pause", "--admin", Admin);
        code.ShouldBe(2);
        errors.ShouldContain("an adapter that 'chimney life' shows");
        await relay.EndsWellAsync();
    }

    [Theory]
    [InlineData(2, "--over", "1ms to 10m", "pending", "--over", "soon")]
    [InlineData(2, "--over", "1ms to 10m", "pending", "--over", "11m")]
    [InlineData(2, "--over", "or 0 for all", "pending", "--over", "50us")]
    [InlineData(2, "bad step 'paint'", "remove", "life", "nic0", "paint")]
    [InlineData(2, "bad Team 'best'", "least-loaded", "relay", "--team", "best")]
    [InlineData(2, "bad Adapters '17'", "1 to 16", "serve", "echo", "--adapters", "17")]
    [InlineData(2, "bad SpinMax '2ms'", "from 1us to 1ms such as 50us, or 0", "serve", "echo", "--spin-max", "2ms")]
    [InlineData(2, "bad SpinMax '0.5us'", "from 1us to 1ms such as 50us, or 0", "relay", "--spin-max", "0.5us")]
    [InlineData(2, "bad SpinMax 'always'", "from 1us to 1ms such as 50us, or 0", "relay", "--spin-max", "always")]
    [InlineData(2, "bad Front 'pass,turbo'", "at most 6 of pass", "relay", "--front", "pass,turbo")]
    [InlineData(2, "--max", "1 to 1000000", "netstat", "--max", "0")]
    [InlineData(3, "no socket", "the one a running node names", "netstat", "--admin", "/nowhere/node.sock")]
    [InlineData(3, "no socket", "the one a running node names", "drain", "--admin", "/nowhere/node.sock")]
    public async Task What_cannot_be_done_is_said(int expected, string what, string lawful, params string[] args)
    {
        (int code, _, string errors) = await ChimneyProcess.RunAsync(args);
        code.ShouldBe(expected);
        errors.ShouldContain(what);
        errors.ShouldContain(lawful);
    }

    [Fact]
    public async Task A_node_that_stands_still_is_not_waited_for_without_end()
    {
        using var listener = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        listener.Bind(new UnixDomainSocketEndPoint(Admin));
        listener.Listen();
        using var client = new AdminClient(Admin, TimeSpan.FromMilliseconds(50));

        NodeException silent = await Should.ThrowAsync<NodeException>(() => client.GetAsync<string[]>("/connections"));

        silent.Code.ShouldBe(ExitCode.Environment);
        silent.Message.ShouldBe($"no answer within 50ms on {Admin}: a node that does not stand still");
    }

    [Fact]
    public async Task A_node_does_not_take_the_socket_of_another()
    {
        _folder.Write("node.sock", "");
        (int code, _, string errors) =
            await ChimneyProcess.RunAsync("relay", "--listen", "127.0.0.1:0", "--admin", Admin);
        code.ShouldBe(3);
        errors.ShouldContain("is there already");
    }

    private async Task LeadAsync(string adapter, string step) =>
        (await AskAsync("life", "life", adapter, step)).Single().GetProperty("status").GetString().ShouldBe("Success");

    [Fact]
    public async Task The_socket_of_a_crashed_node_is_taken_over_and_that_of_a_living_one_is_not()
    {
        await using ChimneyProcess first = await ChimneyProcess.ListenAsync("relay", "--admin", Admin);
        (int code, _, string errors) =
            await ChimneyProcess.RunAsync("relay", "--listen", "127.0.0.1:0", "--admin", Admin);
        code.ShouldBe(3);
        errors.ShouldContain("is there already");
        (await ChimneyProcess.RunAsync("ready", "--admin", Admin)).Code.ShouldBe(0);

        first.Murder();
        await first.ExitAsync();
        File.Exists(Admin).ShouldBeTrue("or nothing is taken over");
        await using ChimneyProcess second = await ChimneyProcess.ListenAsync("relay", "--admin", Admin);
        (await ChimneyProcess.RunAsync("ready", "--admin", Admin)).Code.ShouldBe(0);
        await second.EndsWellAsync();
    }

    private async Task<JsonElement[]> AskAsync(string verb, string happened, params string[] more)
    {
        (int code, string output, string errors) =
            await ChimneyProcess.RunAsync([verb, "--json", "--admin", Admin, .. more]);
        code.ShouldBe(0, errors);
        return [.. output.Split('\n').Select(line => JsonElement.Parse(line))
            .Where(line => line.GetProperty("event").GetString() == happened)];
    }

    private static async Task BecomesTrueAsync(Func<Task<bool>> condition)
    {
        using CancellationTokenSource deadline = new(Eventually.Deadline);
        while (!await condition())
            deadline.Token.ThrowIfCancellationRequested();
    }

    /// <summary>Reads to the end, and closes then.</summary>
    private static async Task HoldAsync(Socket socket)
    {
        byte[] buffer = new byte[4096];
        while (await socket.ReceiveAsync(buffer) > 0)
        {
        }
    }

    private static async Task<Socket> ConnectAsync(IPEndPoint to)
    {
        Socket socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            await socket.ConnectAsync(to);
            return socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}
