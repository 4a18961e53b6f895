using ChimneyActors.Contract;
using ChimneyActors.Targets.Simulated;

namespace ChimneyActors.Simulation;

/// <summary>A peer at the other end of a simulated line.</summary>
internal sealed class BenchPeer(SimulatedBench bench, SimulatedPeer peer) : Peer
{
    private readonly byte[] _buffer = new byte[65_536];

    internal SimulatedPeer Simulated => peer;

    internal override Task SendAsync(int length)
    {
        peer.Send(Pattern.Bytes(BytesSent, length));
        BytesSent += length;
        return Task.CompletedTask;
    }

    internal override Task ReadAsync(long length)
    {
        for (long left = length; left > 0;)
        {
            bench.Until(() => peer.Readable > 0);
            left -= ReadSome((int)Math.Min(left, _buffer.Length));
        }

        return Task.CompletedTask;
    }

    internal override Task<bool> ReadToEndAsync()
    {
        while (true)
        {
            bench.Until(() => peer.Readable > 0 || peer.IsFinished || peer.IsReset);
            if (ReadSome(_buffer.Length) == 0)
                return Task.FromResult(peer.IsFinished);   // a FIN that came before the reset ends the stream, too
        }
    }

    internal override void Finish() => peer.Finish();

    internal override long Reset()
    {
        long unread = peer.Readable;
        peer.Reset();
        return unread;
    }

    public override void Dispose()
    {
    }

    private int ReadSome(int most)
    {
        int read = peer.Read(_buffer.AsSpan(0, most));
        Pattern.Check(_buffer.AsSpan(0, read), BytesRead);
        BytesRead += read;
        return read;
    }
}
