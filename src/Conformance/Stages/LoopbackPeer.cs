using System.Net;
using System.Net.Sockets;
using ChimneyActors.Targets.Kernel;

namespace ChimneyActors.Conformance.Stages;

/// <summary>The other end of a connection over loopback.</summary>
internal sealed class LoopbackPeer : StagePeer
{
    private readonly Lock _gate = new();
    private readonly Socket _theirs;
    private Task _sending = Task.CompletedTask;
    private TaskCompletionSource _mayRead = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public LoopbackPeer(int number, LinePlan plan) : base(number)
    {
        IPAddress here = plan.IsIPv6 ? IPAddress.IPv6Loopback : IPAddress.Loopback;
        using var listener = new Socket(here.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        if (plan.IsNarrow)
            listener.ReceiveBufferSize = 4096;
        listener.Bind(new IPEndPoint(here, 0));
        listener.Listen(1);
        Socket = new Socket(here.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        if (plan.IsNarrow)
            Socket.SendBufferSize = 4096;
        Socket.Connect(listener.LocalEndPoint!);
        _theirs = listener.Accept();
        _theirs.NoDelay = true;
        Reads = plan.PeerReads;
        _ = ReadAsync();
    }

    public override Socket Socket { get; }

    /// <summary>Bytes that it has sent, and that our end has not acknowledged.</summary>
    public int Unacknowledged => NativeTcp.Unacknowledged((int)_theirs.Handle);

    public override bool Reads
    {
        set
        {
            lock (_gate)
            {
                if (value)
                    _mayRead.TrySetResult();
                else if (_mayRead.Task.IsCompleted)
                    _mayRead = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            }
        }
    }

    public override void Dispose()
    {
        Socket.Dispose();
        _theirs.Dispose();
    }

    protected override void Send(byte[] data) => After(async () =>
    {
        for (int sent = 0; sent < data.Length;)
            sent += await _theirs.SendAsync(data.AsMemory(sent)).ConfigureAwait(false);
    });

    protected override void SendFin() => After(() =>
    {
        _theirs.Shutdown(SocketShutdown.Send);
        return Task.CompletedTask;
    });

    protected override void SendReset() => After(() =>
    {
        _theirs.LingerState = new LingerOption(true, 0);
        _theirs.Dispose();
        return Task.CompletedTask;
    });

    private void After(Func<Task> what)
    {
        lock (_gate)
            _sending = GoOnAsync(_sending, what);
    }

    private static async Task GoOnAsync(Task before, Func<Task> what)
    {
        await before.ConfigureAwait(false);
        try
        {
            await what().ConfigureAwait(false);
        }
        catch (Exception over) when (over is SocketException or ObjectDisposedException)
        {
            // The connection has ended; the case sees it elsewhere.
        }
    }

    private async Task ReadAsync()
    {
        var buffer = new byte[65_536];
        try
        {
            while (true)
            {
                Task may;
                lock (_gate)
                    may = _mayRead.Task;
                await may.ConfigureAwait(false);
                int read = await _theirs.ReceiveAsync(buffer.AsMemory()).ConfigureAwait(false);
                if (read == 0)
                    break;
                Take(buffer.AsSpan(0, read));
            }
            TakeFin();
            // A RST behind the FIN shows in what is asked next.
            await _theirs.ReceiveAsync(buffer.AsMemory()).ConfigureAwait(false);
        }
        catch (SocketException reset) when (reset.SocketErrorCode == SocketError.ConnectionReset)
        {
            TakeReset();
        }
        catch (Exception over) when (over is SocketException or ObjectDisposedException)
        {
            // Closed by the case.
        }
    }
}
