using ChimneyActors.Cluster.Link;

namespace ChimneyActors.Cluster.Hosts;

/// <summary>Received bytes that the host has not taken: pieces as they came, one stream.</summary>
internal sealed class ReceivedBytes
{
    private readonly Ring<ReadOnlyMemory<byte>> _pieces = new();

    /// <summary>How many there are.</summary>
    internal long Length { get; private set; }

    internal void Add(ReadOnlyMemory<byte> piece)
    {
        if (piece.IsEmpty)
            return;
        _pieces.Enqueue(piece);
        Length += piece.Length;
    }

    /// <summary>Copies the first bytes and leaves them here.</summary>
    /// <returns>How many.</returns>
    internal int Peek(Span<byte> into)
    {
        int filled = 0;
        for (int place = 0; place < _pieces.Count && filled < into.Length; place++)
        {
            ReadOnlySpan<byte> piece = _pieces[place].Span;
            int count = Math.Min(piece.Length, into.Length - filled);
            piece[..count].CopyTo(into[filled..]);
            filled += count;
        }

        return filled;
    }

    /// <summary>Forgets the first bytes.</summary>
    internal void Drop(long bytes)
    {
        Length -= bytes;
        while (bytes > 0)
        {
            ref ReadOnlyMemory<byte> first = ref _pieces[0];
            if (bytes < first.Length)
            {
                first = first[(int)bytes..];
                return;
            }

            bytes -= first.Length;
            _pieces.Dequeue();
        }
    }

    /// <summary>Takes them all.</summary>
    internal byte[] TakeAll()
    {
        var all = new byte[Length];
        Peek(all);
        Drop(all.Length);
        return all;
    }
}
