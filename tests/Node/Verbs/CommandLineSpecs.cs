using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using ChimneyActors.Node.Tests.Support;

namespace ChimneyActors.Node.Tests.Verbs;

public sealed class CommandLineSpecs
{
    [Theory]
    [InlineData("unknown argument '--frobnicate'", "relay", "--frobnicate")]
    [InlineData("unknown argument 'rely'", "rely")]
    [InlineData("Required command", "serve")]
    [InlineData("'--listen'", "relay", "--listen")]
    [InlineData("bad Listen 'nonsense' in --listen: ADDRESS:PORT", "relay", "--listen", "nonsense")]
    [InlineData("bad Listen '127.0.0.1:65536' in --listen", "relay", "--listen", "127.0.0.1:65536")]
    [InlineData("bad To '300.1.1.1:80' in --to: HOST:PORT", "relay", "--to", "300.1.1.1:80")]
    [InlineData("bad To 'host:0' in --to", "relay", "--to", "host:0")]
    [InlineData("bad ConnectionsMax '0' in --connections-max: a whole number", "relay", "--connections-max", "0")]
    [InlineData("bad Policy 'some' in --offload: all or busy", "relay", "--offload", "some")]
    [InlineData("bad ContextsMax '-1' in --offload-contexts: a whole number", "relay", "--offload-contexts", "-1")]
    [InlineData("bad Rotate '25h' in --offload-rotate: a duration up to 24h, or 0", "relay", "--offload-rotate", "25h")]
    [InlineData("bad Policy 'busy' in --offload", "relay", "--offload", "busy", "--cluster", "127.0.0.1:0")]
    [InlineData("bad IdleTimeout 'soon' in --idle-timeout: a duration", "relay", "--idle-timeout", "soon")]
    [InlineData("bad ConnectTimeout '0' in --connect-timeout: a duration", "relay", "--connect-timeout", "0")]
    [InlineData("bad level 'loud' in --log-level: verbose", "relay", "--listen", "127.0.0.1:0", "--log-level", "loud")]
    [InlineData("bad seed '-1' in --seed", "relay", "--seed", "-1")]
    [InlineData("bad actor setting 'akka' in --set: PATH=VALUE", "relay", "--listen", "127.0.0.1:0", "--set", "akka")]
    [InlineData("chimney.pools.sends-max", "relay", "--listen", "127.0.0.1:0", "--set", "chimney.pools.sends-max=0")]
    [InlineData("no such file", "relay", "--config", "/nowhere/node.json")]
    [InlineData("it is a folder", "relay", "--listen", "127.0.0.1:0", "--hocon", "/tmp")]
    public async Task Wrong_usage_is_one_line_and_exit_code_2(string expected, params string[] args) =>
        IsOneLine(await ChimneyProcess.RunAsync(args), 2, expected);

    [Theory]
    [InlineData("""{ "Relay": { "Listen": "x" } }""", "bad Listen 'x' in Relay:Listen of '")]
    [InlineData("""{ "Relay": { "Lisen": "x" } }""", "unknown setting 'Relay:Lisen' in '")]
    [InlineData("""{ "Relay": { """, "no JSON object in '")]
    [InlineData("[1]", "no JSON object in '")]
    public async Task A_wrong_settings_file_is_one_line_and_exit_code_2(string json, string expected)
    {
        using TempFolder folder = new();
        string path = folder.Write("node.json", json);
        IsOneLine(await ChimneyProcess.RunAsync("relay", "--config", path), 2, expected);
    }

    [Theory]
    [InlineData("chimney { pools { sends-max = many } }", "chimney.pools.sends-max = 'many'")]
    [InlineData("chimney { stop-timeout = 1 ms }", "chimney.stop-timeout = '1 ms'")]
    [InlineData("chimney { pools { ", "'{' in line 1 is not closed")]
    [InlineData("akka.loglevel = INFO\n}", "'}' in line 2 closes nothing")]
    [InlineData("akka.loglevel = \"INFO", "the string that begins in line 1 has no end")]
    [InlineData("chimney.pool.sends-max = 5", "unknown setting 'chimney.pool.sends-max' in '")]
    public async Task A_wrong_actor_setting_is_one_line_and_exit_code_2(string hocon, string expected)
    {
        using TempFolder folder = new();
        string path = folder.Write("node.conf", hocon);
        IsOneLine(
            await ChimneyProcess.RunAsync("relay", "--listen", "127.0.0.1:0", "--hocon", path), 2, expected);
    }

    [Fact]
    public async Task A_port_in_use_is_one_line_and_exit_code_3()
    {
        using Socket taken = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        taken.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        taken.Listen();
        string address = taken.LocalEndPoint!.ToString()!;
        IsOneLine(await ChimneyProcess.RunAsync("relay", "--listen", address), 3,
            $"cannot listen on {address} in --listen: the port is in use");
    }

    [Fact]
    public async Task A_relay_to_itself_is_refused()
    {
        string address = $"127.0.0.1:{NginxServer.FreePort()}";
        IsOneLine(await ChimneyProcess.RunAsync("relay", "--listen", address, "--to", address), 2,
            "not the address it listens on");
    }

    [Fact]
    public async Task A_foreign_address_is_one_line_and_exit_code_3() =>
        IsOneLine(await ChimneyProcess.RunAsync("serve", "echo", "--listen", "192.0.2.1:0"), 3,
            "not an address of this machine");

    [Fact]
    public async Task The_command_line_goes_over_the_file()
    {
        using TempFolder folder = new();
        string path = folder.Write("node.json", """{ "Relay": { "Listen": "nonsense", "DrainTimeout": "1s" } }""");
        await using ChimneyProcess relay = await ChimneyProcess.ListenAsync("relay", "--config", path);
        await relay.EndsWellAsync();
    }

    [Fact]
    public async Task The_seed_is_taken_and_printed()
    {
        await using ChimneyProcess relay = await ChimneyProcess.ListenAsync("relay", "--seed", "42");
        JsonElement summary = await relay.EndsWellAsync();
        summary.GetProperty("seed").GetInt64().ShouldBe(42);
    }

    [Fact]
    public async Task Help_names_every_verb()
    {
        (int code, string output, _) = await ChimneyProcess.RunAsync("--help");
        code.ShouldBe(0);
        output.ShouldContain("relay");
        output.ShouldContain("serve");
    }

    private static void IsOneLine((int Code, string Output, string Errors) result, int code, string expected)
    {
        result.Code.ShouldBe(code, result.Errors);
        result.Errors.ShouldStartWith("chimney: ");
        result.Errors.ShouldContain(expected);
        result.Errors.Split('\n').Length.ShouldBe(1, result.Errors);
    }
}
