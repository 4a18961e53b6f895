using ChimneyActors.Node.Tests.Support;
using Microsoft.Extensions.Configuration;

namespace ChimneyActors.Node.Tests.Deploy;

/// <summary>The units: what systemd itself says of them, and their command lines run.</summary>
public sealed class SystemdSpecs : IDisposable
{
    private const string Relay = "systemd/chimney-relay.service";
    private const string Adapter = "systemd/chimney-adapter.service";
    private const string InCluster = "systemd/chimney-relay.service.d/cluster.conf";
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(Relay, null)]
    [InlineData(Relay, InCluster)]
    [InlineData(Adapter, null)]
    public async Task Systemd_finds_nothing_wrong(string unit, string? dropIn)
    {
        string file = Copy(unit);
        if (dropIn is not null)
            Copy(dropIn);
        (int code, string output) = await Tool.RunAsync("systemd-analyze", "verify", "--man=no", file);
        output.ShouldBeEmpty();
        code.ShouldBe(0);
    }

    [Fact]
    public async Task A_word_that_systemd_does_not_know_is_found_in_a_drop_in_too()
    {
        string file = Copy(Relay);
        File.AppendAllText(Copy(InCluster), "TimoutStopSec=1\n");
        (_, string output) = await Tool.RunAsync("systemd-analyze", "verify", "--man=no", file);
        output.ShouldContain("TimoutStopSec");
    }

    [Theory]
    [InlineData(Relay, "Relay")]
    [InlineData(Adapter, "Adapter")]
    public void It_waits_longer_than_a_node_drains(string unit, string section)
    {
        var read = UnitFile.Read(Deployed.Text(unit));
        read["Type"].ShouldBe("notify");
        read["RestartPreventExitStatus"].ShouldBe("2", "wrong usage; 3 is a node that its cluster has removed");
        string drain = Default(section, "DrainTimeout");
        int.Parse(read["TimeoutStopSec"]).ShouldBeGreaterThan(int.Parse(drain.TrimEnd('s')));
    }

    [Fact]
    public async Task The_relay_runs_as_it_stands_there()
    {
        string settings = _folder.Write("relay.json", Deployed.Here(
            [Deployed.Text("systemd/relay.json")], ("0.0.0.0:8080", "127.0.0.1:0"))[0]);
        await RunsAsync(Deployed.Here(UnitFile.Read(Deployed.Text(Relay)).Arguments,
            ("/etc/chimney/relay.json", settings), ("%t/chimney-relay/node.sock", _folder.File("node.sock"))));
    }

    [Fact]
    public async Task The_relay_of_a_cluster_runs_as_it_stands_there()
    {
        string settings = _folder.Write("relay.json", Deployed.Here(
            [Deployed.Text("systemd/relay.json")], ("0.0.0.0:8080", "127.0.0.1:0"))[0]);
        var unit = UnitFile.Read(Deployed.Text(Relay), Deployed.Text(InCluster));
        unit["EnvironmentFile"].ShouldBe("/etc/chimney/cluster.env");
        await RunsAsync(Deployed.Here(unit.Arguments,
            [("/etc/chimney/relay.json", settings), ("%t/chimney-relay/node.sock", _folder.File("node.sock")),
                .. Cluster()]));
    }

    [Fact]
    public async Task The_adapter_runs_as_it_stands_there() => await RunsAsync(Deployed.Here(
        UnitFile.Read(Deployed.Text(Adapter)).Arguments,
        [("%t/chimney-adapter/node.sock", _folder.File("node.sock")), .. Cluster()]));

    /// <summary>Up as systemd sees it, and down again.</summary>
    private async Task RunsAsync(string[] args)
    {
        using NotifySocket systemd = new(_folder.File("notify"));
        await using ChimneyProcess node = ChimneyProcess.Start(args, systemd.Variable);
        Task<string> ready = systemd.HearAsync();
        if (await Task.WhenAny(ready, node.ExitAsync()) != ready)
            throw new InvalidOperationException($"It ended instead of being ready. {node.Errors}");
        (await ready).ShouldBe("READY=1", node.Errors);
        node.Signal();
        (await systemd.HearAsync()).ShouldBe("STOPPING=1");
        (await node.ExitAsync()).ShouldBe(0, node.Errors);
    }

    /// <summary>The only node of a cluster: its address and members as cluster.env names them, and
    /// certificates.</summary>
    private (string There, string Here)[] Cluster()
    {
        Deployed.Text("systemd/cluster.env").Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Select(line => line[..line.IndexOf('=')]).ShouldBe(["CHIMNEY_CLUSTER", "CHIMNEY_JOIN"]);
        using PemFiles authority = new("ours");
        authority.Issue(_folder.File("node.pem"), _folder.File("node.key"));
        authority.WriteAuthority(_folder.File("ca.pem"));
        return [("${CHIMNEY_CLUSTER}", "127.0.0.1:0"), ("${CHIMNEY_JOIN}", "none"), ("%d/", _folder.Root)];
    }

    /// <summary>The unit with a program that is there, which is all that may be wrong on another machine.</summary>
    private string Copy(string name)
    {
        string file = _folder.File(name);
        Directory.CreateDirectory(Path.GetDirectoryName(file)!);
        string program = Path.Combine(AppContext.BaseDirectory, "chimney");
        File.WriteAllText(file,
            Deployed.Text(name).Replace("/opt/chimney/chimney", program, StringComparison.Ordinal));
        return file;
    }

    private static string Default(string section, string name)
    {
        IConfigurationRoot settings = new ConfigurationBuilder()
            .AddJsonFile(Path.Combine(AppContext.BaseDirectory, "config", "node.json")).Build();
        return settings[$"{section}:{name}"]!;
    }
}
