namespace ChimneyActors.Contract;

/// <summary>The other end of an offloaded connection.</summary>
public abstract class Peer : IDisposable
{
    /// <summary>Bytes read so far.</summary>
    internal long BytesRead { get; private protected set; }

    /// <summary>The next offset of the pattern that <see cref="SendAsync(int)"/> sends.</summary>
    internal long BytesSent { get; private protected set; }

    /// <summary>Sends so many bytes of the pattern.</summary>
    internal abstract Task SendAsync(int length);

    /// <summary>Reads exactly so many bytes and checks them against the pattern.</summary>
    internal abstract Task ReadAsync(long length);

    /// <summary>Reads to the end of the stream, checking the pattern.</summary>
    /// <returns>True at FIN, false at a reset.</returns>
    internal abstract Task<bool> ReadToEndAsync();

    /// <summary>Sends FIN.</summary>
    internal abstract void Finish();

    /// <summary>Sends RST.</summary>
    /// <returns>Bytes that had arrived and were never read.</returns>
    internal abstract long Reset();

    public abstract void Dispose();
}
