using System.Buffers.Binary;
using System.Net;

namespace ChimneyActors.Intermediates;

/// <summary>The hash of receive-side scaling: linear, so that every bit of both addresses and ports counts.</summary>
/// <remarks>Source: the public pages on RSS hashing types and on verifying the RSS hash calculation, whose key and
/// vectors these are.</remarks>
internal static class ToeplitzHash
{
    private static readonly byte[] Key = Convert.FromHexString(
        "6D5A56DA255B0EC24167253D43A38FB0D0CA2BCBAE7B30B477CB2DA38030F20C6A42B73BBEAC01FA");

    /// <summary>Over source and destination address, source and destination port, in the order of the network.
    /// </summary>
    public static uint Of(IPEndPoint source, IPEndPoint destination)
    {
        Span<byte> input = stackalloc byte[36];
        source.Address.TryWriteBytes(input, out int length);
        destination.Address.TryWriteBytes(input[length..], out int rest);
        length += rest;
        BinaryPrimitives.WriteUInt16BigEndian(input[length..], (ushort)source.Port);
        BinaryPrimitives.WriteUInt16BigEndian(input[(length + 2)..], (ushort)destination.Port);
        return Of(input[..(length + 4)]);
    }

    /// <summary>For each bit of the input that is set, the 32 bits of the key that begin at its place.</summary>
    public static uint Of(ReadOnlySpan<byte> input)
    {
        uint hash = 0;
        uint window = BinaryPrimitives.ReadUInt32BigEndian(Key);
        for (int at = 0; at < input.Length; at++)
            for (int bit = 7; bit >= 0; bit--)
            {
                if ((input[at] >> bit & 1) != 0)
                    hash ^= window;
                window = window << 1 | (uint)(Key[at + 4] >> bit & 1);
            }
        return hash;
    }
}
