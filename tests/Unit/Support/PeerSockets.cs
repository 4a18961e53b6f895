using System.Net;
using System.Net.Sockets;

namespace ChimneyActors.Unit.Support;

/// <summary>Connected sockets whose peers have the addresses that a spec wants; all of 127.0.0.0/8.</summary>
internal sealed class PeerSockets : IDisposable
{
    private readonly List<Socket> _all = [];
    private readonly Socket _listener = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);

    public PeerSockets()
    {
        _listener.Bind(new IPEndPoint(IPAddress.Any, 0));
        _listener.Listen();
    }

    /// <summary>A socket whose peer has this address.</summary>
    public async Task<Socket> ConnectAsync(string peer)
    {
        var client = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        _all.Add(client);
        client.Bind(new IPEndPoint(IPAddress.Parse(peer), 0));
        await client.ConnectAsync(IPAddress.Loopback, ((IPEndPoint)_listener.LocalEndPoint!).Port);
        Socket accepted = await _listener.AcceptAsync();
        _all.Add(accepted);
        return accepted;
    }

    public void Dispose()
    {
        _listener.Dispose();
        foreach (Socket socket in _all)
            socket.Dispose();
    }
}
