using System.Net.Sockets;
using ChimneyActors.Node.Tests.Support;

namespace ChimneyActors.Node.Tests.Clustering;

/// <summary>Nodes with certificates in files: real processes on loopback.</summary>
public sealed class ClusterTlsSpecs : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Who_has_a_certificate_of_the_authority_serves_and_nobody_else_joins()
    {
        using PemFiles ours = new("ours");
        using PemFiles theirs = new("theirs");
        using TestServer upstream = new(static async socket => await socket.SendTextAsync("hello"));
        await using ChimneyProcess relay = await ChimneyProcess.ListenAsync(
            ["relay", "--to", upstream.Address.ToString(), "--cluster", "127.0.0.1:0", "--roles", "host",
                "--admin", _folder.File("relay.sock"), .. ChimneyProcess.Patient, .. Files("relay", ours, ours)]);
        await using ChimneyProcess stranger = await ChimneyProcess.AdapterAsync(relay, Files("stranger", theirs, ours));
        await using ChimneyProcess bare = await ChimneyProcess.AdapterAsync(relay);
        await relay.SaysAsync("A node with the certificate");       // and that it is refused
        await using ChimneyProcess adapter = await ChimneyProcess.AdapterAsync(relay, Files("adapter", ours, ours));

        await new Operator(_folder.File("relay.sock")).HasAdaptersAsync(1);
        using (Socket client = await Sockets.ConnectAsync(relay.Address))
            (await client.ReceiveExactlyAsync(5)).ShouldBe("hello"u8.ToArray());
        (int code, string output, string errors) = await ChimneyProcess.RunAsync(
            "netstat", "--all", "--json", "--admin", _folder.File("relay.sock"));
        code.ShouldBe(0, errors);
        output.ShouldNotContain(stranger.Member);
        output.ShouldNotContain(bare.Member);
        await relay.EndsWellAsync();
        adapter.Signal();
        (await adapter.ExitAsync()).ShouldBe(0, adapter.Errors);
        adapter.Summary.GetProperty("ledger").GetProperty("posted").GetInt64().ShouldBeGreaterThan(0);
    }

    private string[] Files(string node, PemFiles own, PemFiles trusted)
    {
        string certificate = _folder.File(node + ".pem"), key = _folder.File(node + ".key");
        own.Issue(certificate, key);
        return ["--cluster-certificate", certificate, "--cluster-key", key, "--cluster-ca",
            trusted.WriteAuthority(_folder.File(node + "-ca.pem"))];
    }
}
