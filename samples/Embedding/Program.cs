using System.Net;
using System.Net.Sockets;
using System.Text;
using Akka.Actor;
using ChimneyActors.Embedding;
using ChimneyActors.Ndis;
using ChimneyActors.Targets.Kernel;

// A peer that knows nothing of any of this: reads to the end, answers, closes.
using var listener = new TcpListener(IPAddress.Loopback, 0);
listener.Start();
Task<string> peer = PeerAsync(listener);

using ActorSystem system = ActorSystem.Create("my-system");     // your own actor system

await using (Chimney chimney = await Chimney.StartAsync(system, stack => stack
    .Miniport("nic0", new KernelTarget())
    .Intermediate("mux0", over: "nic0")
    .Binding("tcpip", over: "mux0")))
{
    var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
    await socket.ConnectAsync(listener.LocalEndpoint);          // any connected Socket

    OffloadedConnection connection = await chimney.Binding("tcpip").OffloadAsync(socket);
    SendResult sent = await connection.SendAsync("hello, "u8.ToArray());
    DisconnectResult end = await connection.DisconnectAsync(DisconnectKind.Graceful, "bye"u8.ToArray());

    // Success only if the peer acknowledged every byte and the FIN.
    Console.WriteLine($"sent: {sent.Status}; disconnected: {end.Status}, {end.BytesAcknowledged} bytes acknowledged");
    Console.WriteLine($"the peer read: \"{await peer}\"");

    byte[] answer = new byte[64];
    ReceiveResult received = await connection.ReceiveAsync(answer);
    Console.WriteLine($"the peer answered: \"{Encoding.UTF8.GetString(answer, 0, received.BytesReceived)}\"");

    await connection.DisposeAsync();
    LedgerSnapshot ledger = chimney.Ledger;
    Console.WriteLine($"ledger: {ledger.Posted} posted, {ledger.Completed} completed, balanced: {ledger.PoolBalanced}");
    if (ledger.Outstanding != 0 || !ledger.PoolBalanced)
        return 1;
}
return 0;

static async Task<string> PeerAsync(TcpListener listener)
{
    using Socket socket = await listener.AcceptSocketAsync();
    await using var stream = new NetworkStream(socket);
    using var reader = new StreamReader(stream, leaveOpen: true);
    string text = await reader.ReadToEndAsync();
    await stream.WriteAsync("and good-bye"u8.ToArray());
    return text;
}
