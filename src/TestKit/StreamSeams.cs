namespace ChimneyActors.TestKit;

/// <summary>Where the stream to a peer has closed up over cancelled sends. The bytes behind a seam are those that would
/// have been there without it.</summary>
internal sealed class StreamSeams
{
    private readonly List<(long At, long Length)> _seams = [];

    /// <summary>A send was cancelled.</summary>
    /// <param name="at">Where it would have been.</param>
    /// <param name="length">How much of it there was.</param>
    public void Add(long at, long length)
    {
        for (int i = 0; i < _seams.Count; i++)
            if (_seams[i].At > at)
                _seams[i] = (Math.Max(at, _seams[i].At - length), _seams[i].Length);     // or it was in the midst of it
        _seams.Add((at, length));
    }

    /// <summary>Which byte stands at a position of the stream.</summary>
    public long IndexOf(long at)
    {
        long index = at;
        foreach ((long seam, long length) in _seams)
            if (seam <= at)
                index += length;
        return index;
    }
}
