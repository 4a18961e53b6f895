using System.Buffers.Binary;

namespace ChimneyActors.Captures;

/// <summary>The one's complement sum of RFC 1071: no single bit can change without changing it.</summary>
internal static class InternetChecksum
{
    /// <summary>The sum of 16-bit words in network order; an odd last byte is the high half of one.</summary>
    internal static ulong Words(ReadOnlySpan<byte> bytes)
    {
        ulong sum = 0;
        for (; bytes.Length >= 2; bytes = bytes[2..])
            sum += BinaryPrimitives.ReadUInt16BigEndian(bytes);
        return bytes.IsEmpty ? sum : sum + ((ulong)bytes[0] << 8);
    }

    /// <summary>What stands in a header for a sum.</summary>
    internal static ushort Fold(ulong sum)
    {
        while (sum > 0xFFFF)
            sum = (sum & 0xFFFF) + (sum >> 16);
        return (ushort)~sum;
    }
}
