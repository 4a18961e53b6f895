namespace ChimneyActors.Supervision;

/// <summary>Received bytes that came back piecemeal and in any order, to be handed to the host as one run.</summary>
internal sealed class UndeliveredData
{
    private SortedDictionary<long, byte[]>? _pieces;

    /// <summary>Keeps a copy. Of two pieces that begin at the same place the longer one is kept.</summary>
    public void Add(long offset, ReadOnlySpan<byte> data)
    {
        _pieces ??= [];
        if (data.Length > (_pieces.TryGetValue(offset, out byte[]? there) ? there.Length : 0))
            _pieces[offset] = data.ToArray();
    }

    /// <summary>All bytes from an offset on, as far as they are contiguous.</summary>
    public byte[] From(long offset)
    {
        if (_pieces is null)
            return [];
        var run = new MemoryStream();
        foreach ((long start, byte[] data) in _pieces)
        {
            long skip = offset - start;
            if (skip < 0)
                break;
            if (skip >= data.Length)
                continue;
            run.Write(data, (int)skip, data.Length - (int)skip);
            offset = start + data.Length;
        }
        return run.ToArray();
    }
}
