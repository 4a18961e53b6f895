using System.Net.Sockets;
using ChimneyActors.Node.Tests.Support;

namespace ChimneyActors.Node.Tests.Deploy;

/// <summary>What a node tells systemd, over a socket like its own.</summary>
public sealed class ServiceManagerSpecs : IDisposable
{
    private readonly TempFolder _folder = new();
    private readonly NotifySocket _systemd;

    public ServiceManagerSpecs() => _systemd = new NotifySocket(_folder.File("notify"));

    public void Dispose()
    {
        _systemd.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public async Task A_relay_is_ready_when_it_listens_and_stopping_while_it_drains()
    {
        using TestServer upstream = new(HoldAsync);
        await using ChimneyProcess relay = ChimneyProcess.Start(
            ["relay", "--listen", "127.0.0.1:0", "--to", upstream.Address.ToString(), "--admin", "none", "--json"],
            _systemd.Variable);
        (await _systemd.HearAsync()).ShouldBe("READY=1");
        await relay.ListensAsync();
        using Socket client = await Sockets.ConnectAsync(relay.Address);
        await client.SendTextAsync("hello");
        await Eventually.BecomesTrueAsync(() => upstream.Accepted == 1, "the pair is there");

        relay.Signal();
        (await _systemd.HearAsync()).ShouldBe("STOPPING=1");
        relay.HasExited.ShouldBeFalse("its client is still there");
        client.Shutdown(SocketShutdown.Send);
        (await relay.ExitAsync()).ShouldBe(0);
        _systemd.IsQuiet.ShouldBeTrue();
    }

    [Fact]
    public async Task A_node_is_ready_when_it_is_a_member_of_its_cluster()
    {
        await using ChimneyProcess relay = await ChimneyProcess.ListenAsync(
            ["relay", "--cluster", "127.0.0.1:0", "--roles", "host", "--admin", "none", .. ChimneyProcess.Patient]);
        await using ChimneyProcess adapter = ChimneyProcess.Start(
            ["adapter", "--cluster", "127.0.0.1:0", "--join", relay.Member, "--roles", "offload", "--admin",
                _folder.File("node.sock"), .. ChimneyProcess.Patient], _systemd.Variable);

        (await _systemd.HearAsync()).ShouldBe("READY=1");
        (await ChimneyProcess.RunAsync("ready", "--admin", _folder.File("node.sock"))).Code.ShouldBe(0);
        adapter.Signal();
        (await _systemd.HearAsync()).ShouldBe("STOPPING=1");
        (await adapter.ExitAsync()).ShouldBe(0);
        await relay.EndsWellAsync();
    }

    [Fact]
    public async Task A_node_that_nobody_lets_in_is_never_ready()
    {
        string admin = _folder.File("node.sock");
        await using ChimneyProcess adapter = ChimneyProcess.Start(
            ["adapter", "--cluster", "127.0.0.1:0", "--join", "127.0.0.1:9", "--admin", admin, "--json"],
            _systemd.Variable);
        await adapter.ListensAsync();

        (int code, string output, string errors) = await ChimneyProcess.RunAsync("ready", "--admin", admin);
        code.ShouldBe(3, errors);
        output.ShouldBe("not ready");
        adapter.Signal();
        (await _systemd.HearAsync()).ShouldBe("STOPPING=1");
        (await adapter.ExitAsync()).ShouldBe(0);
    }

    [Fact]
    public async Task A_node_whose_manager_is_gone_serves_all_the_same()
    {
        await using ChimneyProcess relay = ChimneyProcess.Start(
            ["relay", "--listen", "127.0.0.1:0", "--admin", "none", "--json"],
            ("NOTIFY_SOCKET", _folder.File("nobody")));
        await relay.SaysAsync("NOTIFY_SOCKET is set");
        await relay.ListensAsync();
        await relay.EndsWellAsync();
    }

    /// <summary>Reads to the end, and closes then.</summary>
    private static async Task HoldAsync(Socket socket)
    {
        byte[] buffer = new byte[4096];
        while (await socket.ReceiveAsync(buffer) > 0)
        {
        }
    }
}
