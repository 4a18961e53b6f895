using System.Net.Sockets;
using ChimneyActors.Buffers;
using ChimneyActors.Contract;
using ChimneyActors.Embedding;
using ChimneyActors.Ndis;

namespace ChimneyActors.Kernel;

/// <summary>Streams that a peer on a plain socket sends back, checked byte by byte at both ends, whatever becomes of
/// the adapters below.</summary>
internal sealed class EchoedStreams(Binding binding)
{
    private const int PieceBytes = 4_000;
    private readonly List<long> _sent = [];
    private readonly Lock _gate = new();
    private int _repairs;

    /// <summary>How often a connection was taken back and offloaded again.</summary>
    public int Repairs => Volatile.Read(ref _repairs);

    /// <summary>Runs so many until it is over; each ends gracefully then.</summary>
    public Task RunAsync(int count, CancellationToken over) =>
        Task.WhenAll(Enumerable.Range(0, count).Select(_ => StreamAsync(over)));

    /// <summary>Waits until every stream has got through with something more.</summary>
    public async Task AllMoveAsync()
    {
        long[] before = Sent();
        using var late = new CancellationTokenSource(Limits.Patience);
        while (Sent().Zip(before).Any(pair => pair.First <= pair.Second))
        {
            late.Token.ThrowIfCancellationRequested();
            await Task.Yield();
        }
    }

    private long[] Sent()
    {
        lock (_gate)
            return [.. _sent];
    }

    private async Task StreamAsync(CancellationToken over)
    {
        SocketPair pair = SocketPair.Connect();
        using var peer = new KernelPeer(pair);
        Task<long> echoing = EchoAsync(pair);
        var host = new Listening();
        ResilientConnection connection = await ResilientConnection.OpenAsync(binding, pair.Ours, host);
        int number;
        lock (_gate)
        {
            number = _sent.Count;
            _sent.Add(0);
        }
        long sent = 0;
        while (!over.IsCancellationRequested)
        {
            (await SendAsync(connection, sent)).ShouldBe(new SendResult(NdisStatus.Success, PieceBytes));
            sent += PieceBytes;
            lock (_gate)
                _sent[number] = sent;
        }
        var end = new TaskCompletionSource<DisconnectResult>();
        connection.Disconnect(DisconnectKind.Graceful, default, (_, result) => end.SetResult(result), null);

        (await end.Task).ShouldBe(new DisconnectResult(NdisStatus.Success, sent));
        (await echoing).ShouldBe(sent);
        await host.Closed;
        host.Received.ShouldBe(sent);
        (await connection.CloseAsync()).ShouldBe(new ConnectionSummary(sent, sent));
        Interlocked.Add(ref _repairs, connection.Repairs);
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

        pair.Peer.Shutdown(SocketShutdown.Send);
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
