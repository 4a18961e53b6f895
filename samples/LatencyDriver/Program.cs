using System.Net;
using System.Net.Sockets;
using Akka.Actor;
using ChimneyActors.Conformance;
using ChimneyActors.Embedding;
using ChimneyActors.Targets.Kernel;
using LatencyDriver;

// First the rules: the kit plays all of them through the driver, in virtual time.
ConformanceResult rules = new ConformanceRun
{
    Subject = ConformanceSubject.OfDriver("LatencyDriver", () => new LatencyDriver.LatencyDriver()),
    Seeds = 1,
}.Play();
Console.WriteLine(rules.ToLines()[0]);

// Then real sockets: a peer that reads at once, and one that thinks before it reads.
var table = new LatencyTable();
using ActorSystem system = ActorSystem.Create("latency");
LedgerSnapshot ledger;
await using (Chimney chimney = await Chimney.StartAsync(system, stack => stack
    .Miniport("nic0", new KernelTarget())
    .Intermediate("latency", over: "nic0", () => new LatencyDriver.LatencyDriver(table))
    .Binding("tcpip", over: "latency")))
{
    await Task.WhenAll(
        SendAsync(chimney, sends: 200, bytes: 1_000, TimeSpan.Zero),
        SendAsync(chimney, sends: 2, bytes: 16 << 20, TimeSpan.FromMilliseconds(300)));
    ledger = chimney.Ledger;
}
foreach ((var connection, int sends, TimeSpan median, TimeSpan longest) in table.Rows())
    Console.WriteLine($"connection {connection}: {sends} sends, median {median.TotalMilliseconds:F3} ms, "
        + $"longest {longest.TotalMilliseconds:F3} ms");
Console.WriteLine($"ledger: {ledger.Posted} posted, {ledger.Completed} completed");
bool isSeen = table.Rows().Any(row => row.Longest >= TimeSpan.FromMilliseconds(200));
return rules.IsGood && isSeen && ledger.Outstanding == 0 ? 0 : 1;

static async Task SendAsync(Chimney chimney, int sends, int bytes, TimeSpan thinks)
{
    using var listener = new TcpListener(IPAddress.Loopback, 0);
    listener.Start();
    var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
    await socket.ConnectAsync(listener.LocalEndpoint);
    using Socket peer = await listener.AcceptSocketAsync();
    Task<long> reading = ReadAsync(peer, thinks);
    OffloadedConnection connection = await chimney.Binding("tcpip").OffloadAsync(socket);
    for (int i = 0; i < sends; i++)
        await connection.SendAsync(new byte[bytes]);
    await connection.DisconnectAsync(ChimneyActors.Ndis.DisconnectKind.Graceful);
    if (await reading != (long)sends * bytes)
        throw new InvalidOperationException("The peer did not get everything.");
    await connection.DisposeAsync();
}

static async Task<long> ReadAsync(Socket peer, TimeSpan thinks)
{
    await Task.Delay(thinks);
    byte[] buffer = new byte[1 << 16];
    long got = 0;
    while (await peer.ReceiveAsync(buffer) is > 0 and int length)
        got += length;
    return got;
}
