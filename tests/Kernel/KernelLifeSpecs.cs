using Akka.Actor;
using Akka.Configuration;
using ChimneyActors.Buffers;
using ChimneyActors.Contract;
using ChimneyActors.Embedding;
using ChimneyActors.Ndis;
using ChimneyActors.Targets.Kernel;

namespace ChimneyActors.Kernel;

/// <summary>LIFE on real sockets under load: whatever becomes of the adapter, no socket, no byte and no answer is
/// lost.</summary>
public sealed class KernelLifeSpecs : IAsyncLifetime
{
    private const int Connections = 6;
    private const int PieceBytes = 4_000;
    private const int OperationsMin = 12;
    private ActorSystem _system = null!;
    private Chimney _chimney = null!;

    public async Task InitializeAsync()
    {
        _system = ActorSystem.Create("life", ConfigurationFactory.ParseString("akka.stdout-loglevel = OFF"));
        _chimney = await Chimney.StartAsync(_system, stack => stack
            .Miniport("nic0", () => new KernelTarget())
            .Intermediate("mux0", over: "nic0")
            .Binding("tcpip", over: "mux0"));
    }

    public async Task DisposeAsync()
    {
        await _chimney.DisposeAsync();
        await _system.Terminate();
        LedgerSnapshot ledger = _chimney.Ledger;
        _chimney.Violations.ShouldBeEmpty();
        (ledger.Outstanding, ledger.PoolBalanced, ledger.Quarantined).ShouldBe((0, true, 0));
    }

    [Theory]
    [InlineData("removal")]
    [InlineData("pause")]
    [InlineData("halt")]
    [InlineData("unbind")]
    public async Task Streams_go_on_exactly_while_the_adapter_goes_and_comes(string how)
    {
        using var over = new CancellationTokenSource();
        Task[] streams = [.. Enumerable.Range(0, Connections).Select(_ => StreamAsync(over.Token))];

        for (int round = 0; round < OperationsMin; round++)
        {
            (await GoAsync(how).WaitAsync(Limits.Patience)).IsDone.ShouldBeTrue($"{how}, round {round}");
            (await ComeAsync(how).WaitAsync(Limits.Patience)).IsDone.ShouldBeTrue($"{how} back, round {round}");
        }

        await over.CancelAsync();
        await Task.WhenAll(streams).WaitAsync(Limits.Patience);
        _chimney.Adapter("nic0").State.ShouldBe(AdapterState.Running);
    }

    private Task<LifeResult> GoAsync(string how) => how switch
    {
        "removal" => _chimney.Adapter("nic0").RemoveAsync(),
        "pause" => _chimney.Adapter("nic0").PauseAsync(),
        "halt" => _chimney.Adapter("nic0").HaltAsync(),
        _ => _chimney.Binding("tcpip").UnbindAsync(),
    };

    private Task<LifeResult> ComeAsync(string how) => how switch
    {
        "pause" => _chimney.Adapter("nic0").RestartAsync(),
        "unbind" => _chimney.Binding("tcpip").BindAsync(),
        _ => _chimney.Adapter("nic0").InitializeAsync(),
    };

    /// <summary>Sends until it is over, and then ends gracefully; the peer sends all back.</summary>
    private async Task StreamAsync(CancellationToken over)
    {
        SocketPair pair = SocketPair.Connect();
        using var peer = new KernelPeer(pair);
        Task<long> echoing = EchoAsync(pair);
        var host = new Listening();
        ResilientConnection connection =
            await ResilientConnection.OpenAsync(_chimney.Binding("tcpip"), pair.Ours, host);
        long sent = 0;
        for (; !over.IsCancellationRequested; sent += PieceBytes)
            (await SendAsync(connection, sent)).ShouldBe(new SendResult(NdisStatus.Success, PieceBytes));
        var end = new TaskCompletionSource<DisconnectResult>();
        connection.Disconnect(DisconnectKind.Graceful, default, (_, result) => end.SetResult(result), null);

        (await end.Task).ShouldBe(new DisconnectResult(NdisStatus.Success, sent));
        (await echoing).ShouldBe(sent);
        await host.Closed;
        host.Received.ShouldBe(sent);
        (await connection.CloseAsync()).ShouldBe(new ConnectionSummary(sent, sent));
    }

    private static Task<SendResult> SendAsync(ResilientConnection connection, long offset)
    {
        var sent = new TaskCompletionSource<SendResult>(TaskCreationOptions.RunContinuationsAsynchronously);
        connection.Send(Pattern.Bytes(offset, PieceBytes), (_, result) => sent.SetResult(result), null);
        return sent.Task;
    }

    private static async Task<long> EchoAsync(SocketPair pair)
    {
        byte[] buffer = new byte[65536];
        long got = 0;
        while (await pair.Peer.ReceiveAsync(buffer.AsMemory()) is > 0 and int length)
        {
            Pattern.Check(buffer.AsSpan(0, length), got);
            got += length;
            for (int back = 0; back < length;)
                back += await pair.Peer.SendAsync(buffer.AsMemory(back, length - back));
        }

        pair.Peer.Shutdown(System.Net.Sockets.SocketShutdown.Send);
        return got;
    }

    private sealed class Listening : IConnectionUser
    {
        private readonly TaskCompletionSource _closed = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public long Received { get; private set; }

        public Task Closed => _closed.Task;

        public void OnReceived(ReceivedData data)
        {
            Pattern.Check(data.Memory.Span, Received);
            Received += data.Memory.Length;
            data.Return();
        }

        public void OnPeerClosed() => _closed.TrySetResult();

        public void OnAborted() => _closed.TrySetException(new InvalidOperationException("aborted"));
    }
}
