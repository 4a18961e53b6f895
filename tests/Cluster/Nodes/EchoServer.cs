using System.Net;
using System.Net.Sockets;

namespace ChimneyActors.Cluster.Tests.Nodes;

/// <summary>Sends back what it gets, on plain sockets, and closes when the other side does.</summary>
internal sealed class EchoServer : IAsyncDisposable
{
    private readonly Socket _listener = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
    private readonly Task _accepting;
    private int _reset;

    public EchoServer()
    {
        _listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        _listener.Listen(512);
        Address = (IPEndPoint)_listener.LocalEndPoint!;
        _accepting = AcceptAsync();
    }

    public IPEndPoint Address { get; }

    public static EchoServer Start() => new();

    /// <summary>Connections that ended with a RST.</summary>
    public int Reset => Volatile.Read(ref _reset);

    /// <summary>Whether it sends nothing back.</summary>
    public bool IsSilent { get; init; }

    public async ValueTask DisposeAsync()
    {
        _listener.Dispose();
        await _accepting;
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
                _ = ServeAsync(await _listener.AcceptAsync());
        }
        catch (Exception over) when (over is SocketException or ObjectDisposedException)
        {
            // Nobody listens any more.
        }
    }

    private async Task ServeAsync(Socket socket)
    {
        byte[] buffer = new byte[65536];
        using (socket)
        {
            try
            {
                int count;
                while ((count = await socket.ReceiveAsync(buffer)) > 0)
                    for (int sent = IsSilent ? count : 0; sent < count;)
                        sent += await socket.SendAsync(buffer.AsMemory(sent, count - sent));
                socket.Shutdown(SocketShutdown.Send);
            }
            catch (SocketException)
            {
                Interlocked.Increment(ref _reset);
            }
        }
    }
}
