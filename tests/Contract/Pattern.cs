namespace ChimneyActors.Contract;

/// <summary>A stream whose every byte follows from its offset, so that loss, doubling and disorder all show.</summary>
internal static class Pattern
{
    internal static byte At(long offset)
    {
        ulong mixed = (ulong)offset * 0x9E3779B97F4A7C15UL;
        return (byte)(mixed >> 56);
    }

    internal static byte[] Bytes(long offset, int length)
    {
        var bytes = new byte[length];
        for (int index = 0; index < length; index++)
            bytes[index] = At(offset + index);
        return bytes;
    }

    /// <summary>Fails at the first byte that is not the one of its offset.</summary>
    internal static void Check(ReadOnlySpan<byte> bytes, long offset)
    {
        for (int index = 0; index < bytes.Length; index++)
        {
            if (bytes[index] != At(offset + index))
                Assert.Fail($"the byte at stream offset {offset + index} is wrong");
        }
    }
}
