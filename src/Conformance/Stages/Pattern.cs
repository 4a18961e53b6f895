namespace ChimneyActors.Conformance.Stages;

/// <summary>Streams whose every byte follows from its offset, so that loss, doubling and disorder all show.</summary>
internal static class Pattern
{
    /// <summary>The byte of a stream at an offset.</summary>
    public static byte At(int stream, long offset)
    {
        ulong mixed = ((ulong)offset + 1 + ((ulong)stream << 40)) * 0x9E3779B97F4A7C15UL;
        return (byte)(mixed >> 56);
    }

    /// <summary>A piece of a stream.</summary>
    public static byte[] Bytes(int stream, long offset, int length)
    {
        var bytes = new byte[length];
        for (int index = 0; index < length; index++)
            bytes[index] = At(stream, offset + index);
        return bytes;
    }

    /// <summary>The first offset at which a piece is not that of its stream; null if it is.</summary>
    public static long? FirstWrong(int stream, long offset, ReadOnlySpan<byte> piece)
    {
        for (int index = 0; index < piece.Length; index++)
            if (piece[index] != At(stream, offset + index))
                return offset + index;
        return null;
    }
}
