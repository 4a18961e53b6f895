using System.Buffers.Binary;

namespace ChimneyActors.Node.Stress;

/// <summary>The bytes of one stream: any part of it can be made, and checked, from the seed alone.</summary>
/// <remarks>The peer makes them from what it read in the stream's head, the client from what it chose; neither sees
/// what the other did.</remarks>
internal readonly struct Content
{
    /// <summary>Bytes at the start of a stream that say whose it is.</summary>
    public const int HeadLength = 16;

    private readonly ulong _key;
    private readonly ulong _connection;
    private readonly ulong _session;

    /// <summary>The stream of one session.</summary>
    public Content(long seed, int connection, int session)
    {
        _connection = (uint)connection;
        _session = (uint)session;
        _key = Mix(Mix((ulong)seed + 0x9E3779B97F4A7C15) ^ (_connection << 32) ^ _session);
    }

    /// <summary>Which connection and session a head names.</summary>
    public static (int Connection, int Session) Read(ReadOnlySpan<byte> head) => (
        (int)BinaryPrimitives.ReadInt64LittleEndian(head), (int)BinaryPrimitives.ReadInt64LittleEndian(head[8..]));

    /// <summary>Makes the bytes from an offset on.</summary>
    public void Fill(Span<byte> into, long offset)
    {
        Span<byte> word = stackalloc byte[8];
        while (into.Length > 0)
        {
            int skip = (int)(offset & 7);
            BinaryPrimitives.WriteUInt64LittleEndian(word, Word(offset >> 3));
            int length = Math.Min(8 - skip, into.Length);
            word.Slice(skip, length).CopyTo(into);
            into = into[length..];
            offset += length;
        }
    }

    /// <summary>Whether these are the bytes from an offset on.</summary>
    public bool Matches(ReadOnlySpan<byte> data, long offset)
    {
        Span<byte> word = stackalloc byte[8];
        while (data.Length > 0)
        {
            int skip = (int)(offset & 7);
            BinaryPrimitives.WriteUInt64LittleEndian(word, Word(offset >> 3));
            int length = Math.Min(8 - skip, data.Length);
            if (!data[..length].SequenceEqual(word.Slice(skip, length)))
                return false;
            data = data[length..];
            offset += length;
        }
        return true;
    }

    private ulong Word(long index) => index switch
    {
        0 => _connection,
        1 => _session,
        _ => Mix(_key + ((ulong)index * 0x9E3779B97F4A7C15)),
    };

    private static ulong Mix(ulong value)
    {
        value = (value ^ (value >> 30)) * 0xBF58476D1CE4E5B9;
        value = (value ^ (value >> 27)) * 0x94D049BB133111EB;
        return value ^ (value >> 31);
    }
}
