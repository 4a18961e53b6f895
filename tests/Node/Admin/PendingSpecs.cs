using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using Akka.Actor;
using Akka.Configuration;
using ChimneyActors.Buffers;
using ChimneyActors.Embedding;
using ChimneyActors.Intermediates;
using ChimneyActors.Ndis;
using ChimneyActors.Node.Admin;
using ChimneyActors.Node.Tests.Support;
using ChimneyActors.Targets.Kernel;

namespace ChimneyActors.Node.Tests.Admin;

/// <summary>What <c>chimney pending</c> is told by a node in which a driver does not do its part.</summary>
public sealed class PendingSpecs
{
    private const int OneIn = 100_000;
    private const int Connections = 100;

    [Fact]
    public async Task A_driver_that_sits_on_one_request_in_a_hundred_thousand_is_named_with_the_way_so_far()
    {
        var chair = new Chair();
        using var system = ActorSystem.Create("pending", ConfigurationFactory.ParseString(
            "akka { stdout-loglevel = OFF, coordinated-shutdown.run-by-clr-shutdown-hook = off }"));
        Chimney chimney = await Chimney.StartAsync(system, stack => stack
            .Miniport("nic0", new KernelTarget()).Intermediate("sitter0", "nic0", () => new Sitter(chair))
            .Intermediate("mux0", over: "sitter0").Binding("tcpip", over: "mux0"));
        using var over = new CancellationTokenSource();
        Task all = Task.WhenAll(Enumerable.Range(0, Connections).Select(_ => SendAsync(chimney, over.Token)));
        var answers = new NodeAnswers(chimney, null);

        JsonElement[] held = [];
        await Eventually.BecomesTrueAsync(() => chair.IsTaken, "a request is sat on");
        // The others go on all the while.
        while (held.Length == 0)
        {
            string said = (await answers.FindAsync("requests", "?over=100", CancellationToken.None))!;
            held = [.. JsonElement.Parse(said).EnumerateArray()
                .Where(one => one.GetProperty("holder").GetString() == "sitter0")];
        }

        held.Length.ShouldBe(1);
        held[0].GetProperty("operation").GetString().ShouldBe("Send");
        held[0].GetProperty("waitsFor").GetString().ShouldBe("sitter0");
        held[0].GetProperty("path").GetString().ShouldBe("tcpip/mux0");
        held[0].GetProperty("connection").GetString().ShouldBe(chair.Connection);
        chair.IsLeft = true;
        await over.CancelAsync();
        await all.WaitAsync(Eventually.Deadline);
        await chimney.DisposeAsync();
        chimney.Ledger.Outstanding.ShouldBe(0);
        chimney.Violations.ShouldBeEmpty();
    }

    /// <summary>One send after the other: behind the one that is sat on there is nothing.</summary>
    private static async Task SendAsync(Chimney chimney, CancellationToken over)
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(listener.LocalEndpoint, CancellationToken.None);
        using Socket peer = await listener.AcceptSocketAsync(CancellationToken.None);
        Task<byte[]> reading = peer.ReceiveToEndAsync();
        OffloadedConnection connection = await chimney.Binding("tcpip").OffloadAsync(socket);
        byte[] data = new byte[10];
        while (!over.IsCancellationRequested)
            (await connection.SendAsync(data, CancellationToken.None)).Status.ShouldBe(NdisStatus.Success);
        await connection.DisconnectAsync(DisconnectKind.Graceful);
        await reading;
        await connection.DisposeAsync();
    }

    /// <summary>What test and driver know of one another.</summary>
    private sealed class Chair
    {
        private int _sends;
        private volatile string? _connection;
        private volatile bool _isLeft;

        public bool IsTaken => _connection is not null;

        public string? Connection => _connection;

        public bool IsLeft
        {
            get => _isLeft;
            set => _isLeft = value;
        }

        public bool Takes(OffloadRequest request)
        {
            bool takes = Interlocked.Increment(ref _sends) == OneIn;
            if (takes)
                _connection = request.Connection.ToString();
            return takes;
        }
    }

    private sealed class Sitter(Chair chair) : IntermediateDriver
    {
        private static readonly TimeSpan Long = TimeSpan.FromMilliseconds(20);

        protected override void OnRequest(OffloadRequest request)
        {
            if (request is not TcpOffloadSend || !chair.Takes(request))
            {
                PassDown(request);
                return;
            }
            Hold(request);
            StartTimer(request, Long);
        }

        protected override void OnTimer(object key)
        {
            if (chair.IsLeft)
                PassDown((OffloadRequest)key);
            else
                StartTimer(key, Long);
        }
    }
}
