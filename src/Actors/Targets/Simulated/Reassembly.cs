namespace ChimneyActors.Targets.Simulated;

/// <summary>Received bytes in a ring: in order and not yet read, and islands behind a gap.</summary>
/// <param name="capacity">Room at first.</param>
internal sealed class Reassembly(int capacity)
{
    private byte[] _ring = new byte[capacity];
    private readonly List<(long Start, long End)> _islands = [];   // in order, apart from one another

    /// <summary>Room to offer.</summary>
    internal int Capacity { get; private set; } = capacity;

    /// <summary>Stream offset of the next byte to read.</summary>
    internal long Read { get; private set; }

    /// <summary>Stream offset of the first byte that is missing: RCV.NXT without the FIN.</summary>
    internal long Next { get; private set; }

    /// <summary>Whether something waits behind a gap.</summary>
    internal bool HasGap => _islands.Count > 0;

    /// <summary>From now on there is so much room to offer. What was offered before is still taken: a ring only
    /// grows.</summary>
    internal void Resize(int room)
    {
        Capacity = room;
        if (room <= _ring.Length)
            return;
        byte[] old = _ring;
        _ring = new byte[room];
        for (int i = 0; i < old.Length; i++)
            _ring[(int)((Read + i) % room)] = old[(int)((Read + i) % old.Length)];
    }

    /// <summary>Puts bytes in their place; what was there already or does not fit is left out.</summary>
    /// <returns>True if a byte was new.</returns>
    internal bool Insert(long offset, ReadOnlySpan<byte> data)
    {
        long start = Math.Max(offset, Next);
        long end = Math.Min(offset + data.Length, Read + _ring.Length);
        if (start >= end || _islands.Exists(island => island.Start <= start && end <= island.End))
            return false;
        Write(start, data[(int)(start - offset)..(int)(end - offset)]);
        Join(start, end);
        if (_islands[0].Start <= Next)
        {
            Next = _islands[0].End;
            _islands.RemoveAt(0);
        }

        return true;
    }

    /// <summary>Takes bytes in order.</summary>
    /// <returns>How many.</returns>
    internal int Take(Span<byte> into)
    {
        int length = (int)Math.Min(into.Length, Next - Read);
        int at = (int)(Read % _ring.Length);
        int first = Math.Min(length, _ring.Length - at);
        _ring.AsSpan(at, first).CopyTo(into);
        _ring.AsSpan(0, length - first).CopyTo(into[first..]);
        Read += length;
        return length;
    }

    private void Write(long offset, ReadOnlySpan<byte> data)
    {
        int at = (int)(offset % _ring.Length);
        int first = Math.Min(data.Length, _ring.Length - at);
        data[..first].CopyTo(_ring.AsSpan(at));
        data[first..].CopyTo(_ring);
    }

    private void Join(long start, long end)
    {
        int from = _islands.FindIndex(island => island.End >= start);
        if (from < 0)
            from = _islands.Count;
        int to = from;
        for (; to < _islands.Count && _islands[to].Start <= end; to++)
        {
            start = Math.Min(start, _islands[to].Start);
            end = Math.Max(end, _islands[to].End);
        }

        _islands.RemoveRange(from, to - from);
        _islands.Insert(from, (start, end));
    }
}
