namespace ChimneyActors.Targets.Simulated;

/// <summary>What the user gave to send, from the oldest byte that is not acknowledged on: the buffer and the
/// retransmission queue in one, because a lost byte is sent again from where it was sent first.</summary>
/// <remarks>The user's memory is not copied until a segment is made; it must not change before it is
/// acknowledged.</remarks>
internal sealed class SendQueue
{
    private readonly List<Piece> _pieces = [];
    private int _first;

    /// <summary>Stream offset of the oldest byte that is kept.</summary>
    internal long Start { get; private set; }

    /// <summary>Stream offset behind the newest byte.</summary>
    internal long End { get; private set; }

    /// <summary>Adds data at the end.</summary>
    /// <param name="data">Not empty.</param>
    /// <param name="push">Whether the segment with its last byte gets PSH (SEND-13).</param>
    internal void Add(ReadOnlyMemory<byte> data, bool push)
    {
        if (data.IsEmpty)
            return;
        _pieces.Add(new Piece(End, data, push));
        End += data.Length;
    }

    /// <summary>Forgets what lies before an offset.</summary>
    internal void Release(long through)
    {
        Start = Math.Clamp(through, Start, End);
        while (_first < _pieces.Count && _pieces[_first].End <= Start)
            _pieces[_first++] = default;
        if (_first < 64 || _first < _pieces.Count / 2)
            return;
        _pieces.RemoveRange(0, _first);
        _first = 0;
    }

    /// <summary>A copy of bytes in the queue.</summary>
    internal byte[] Copy(long offset, int length)
    {
        if (offset < Start || offset + length > End)
            throw new ArgumentOutOfRangeException(nameof(offset), $"{offset} + {length} outside {Start}..{End}");
        if (length == 0)
            return [];
        var copy = new byte[length];
        int filled = 0;
        for (int index = PieceAt(offset); filled < length; index++)
        {
            Piece piece = _pieces[index];
            ReadOnlySpan<byte> bytes = piece.Data.Span[(int)(offset + filled - piece.Start)..];
            bytes = bytes[..Math.Min(bytes.Length, length - filled)];
            bytes.CopyTo(copy.AsSpan(filled));
            filled += bytes.Length;
        }

        return copy;
    }

    /// <summary>Whether the stream up to here ends what the user wants pushed.</summary>
    internal bool IsPushed(long end)
    {
        if (end <= Start || end > End)
            return false;
        Piece piece = _pieces[PieceAt(end - 1)];
        return piece.Push && piece.End == end;
    }

    /// <summary>Whether what the user wants pushed ends in a part of the stream (SEND-13).</summary>
    internal bool EndsPush(long offset, int length)
    {
        for (int index = PieceAt(offset); length > 0 && index < _pieces.Count; index++)
        {
            Piece piece = _pieces[index];
            if (piece.End > offset + length)
                return false;
            if (piece.Push && piece.End > offset)
                return true;
        }

        return false;
    }

    private int PieceAt(long offset)
    {
        int low = _first;
        int high = _pieces.Count - 1;
        while (low < high)
        {
            int middle = low + ((high - low + 1) / 2);
            if (_pieces[middle].Start <= offset)
                low = middle;
            else
                high = middle - 1;
        }

        return low;
    }

    private readonly record struct Piece(long Start, ReadOnlyMemory<byte> Data, bool Push)
    {
        internal long End => Start + Data.Length;
    }
}
