using System.Net;
using System.Net.Sockets;
using ChimneyActors.Contract;

namespace ChimneyActors.Kernel;

/// <summary>Two ends of one TCP connection over loopback.</summary>
internal sealed class SocketPair : IDisposable
{
    private SocketPair(Socket ours, Socket peer)
    {
        Ours = ours;
        Peer = peer;
    }

    internal Socket Ours { get; }

    internal Socket Peer { get; }

    internal int Descriptor => (int)Ours.Handle;

    internal int PeerDescriptor => (int)Peer.Handle;

    /// <param name="smallBuffers">Buffers as small as the kernel allows, so that little data fills them.</param>
    internal static SocketPair Connect(bool smallBuffers = false)
    {
        using var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        if (smallBuffers)
            listener.ReceiveBufferSize = 4096;
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listener.Listen(1);
        var ours = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        if (smallBuffers)
            ours.SendBufferSize = 4096;
        ours.Connect(listener.LocalEndPoint!);
        Socket peer = listener.Accept();
        peer.NoDelay = true;
        peer.ReceiveTimeout = peer.SendTimeout = (int)Limits.Patience.TotalMilliseconds;
        return new SocketPair(ours, peer);
    }

    public void Dispose()
    {
        Ours.Dispose();
        Peer.Dispose();
    }
}
