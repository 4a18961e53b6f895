using System.Net.Sockets;
using System.Text;
using ChimneyActors.Node.Tests.Support;

namespace ChimneyActors.Node.Tests.Deploy;

/// <summary>What systemd listens on while a service with <c>Type=notify</c> starts: a datagram a word.</summary>
internal sealed class NotifySocket : IDisposable
{
    private readonly Socket _socket = new(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified);

    public NotifySocket(string path)
    {
        _socket.Bind(new UnixDomainSocketEndPoint(path));
        Variable = ("NOTIFY_SOCKET", path);
    }

    /// <summary>What the service finds in its environment.</summary>
    public (string Name, string Value) Variable { get; }

    /// <summary>Whether nothing was said that is not heard yet.</summary>
    public bool IsQuiet => _socket.Available == 0;

    /// <summary>The next word.</summary>
    public async Task<string> HearAsync()
    {
        byte[] word = new byte[4096];
        using CancellationTokenSource deadline = new(Eventually.Deadline);
        int length = await _socket.ReceiveAsync(word, deadline.Token);
        return Encoding.UTF8.GetString(word, 0, length);
    }

    public void Dispose() => _socket.Dispose();
}
