using System.Net.Sockets;
using ChimneyActors.Contract;
using ChimneyActors.Targets.Kernel;

namespace ChimneyActors.Kernel;

/// <summary>A peer at the other end of a loopback connection.</summary>
internal sealed class KernelPeer(SocketPair pair) : Peer
{
    private readonly byte[] _buffer = new byte[65536];

    internal SocketPair Pair => pair;

    internal override async Task SendAsync(int length)
    {
        byte[] bytes = Pattern.Bytes(BytesSent, length);
        for (int sent = 0; sent < length;)
        {
            using var patience = new CancellationTokenSource(Limits.Patience);
            sent += await pair.Peer.SendAsync(bytes.AsMemory(sent), patience.Token);
        }

        BytesSent += length;
    }

    internal override async Task ReadAsync(long length)
    {
        while (length > 0)
        {
            int read = await ReadSomeAsync((int)Math.Min(length, _buffer.Length));
            read.ShouldBeGreaterThan(0);
            length -= read;
        }
    }

    internal override async Task<bool> ReadToEndAsync()
    {
        try
        {
            while (await ReadSomeAsync(_buffer.Length) > 0)
            {
            }

            return true;
        }
        catch (SocketException exception) when (
            exception.SocketErrorCode is SocketError.ConnectionReset or SocketError.Shutdown)
        {
            return false;
        }
    }

    internal override void Finish() => pair.Peer.Shutdown(SocketShutdown.Send);

    internal override long Reset()
    {
        // Asked before, because the reset throws the queue away. Exact if nothing is on its way just now.
        int unread = NativeTcp.Unread(pair.PeerDescriptor);
        NativeTcp.Abort(pair.PeerDescriptor).ShouldBe(0);
        return unread;
    }

    public override void Dispose() => pair.Dispose();

    private async Task<int> ReadSomeAsync(int most)
    {
        using var patience = new CancellationTokenSource(Limits.Patience);
        int read = await pair.Peer.ReceiveAsync(_buffer.AsMemory(0, most), patience.Token);
        Pattern.Check(_buffer.AsSpan(0, read), BytesRead);
        BytesRead += read;
        return read;
    }
}
