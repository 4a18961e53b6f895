using System.Buffers.Binary;
using ChimneyActors.Ndis;

namespace ChimneyActors.Targets.Simulated;

/// <summary>Reads a segment out of its bytes (RFC 9293 section 3.1), as a host forwards it.</summary>
internal static class TcpBytes
{
    private const int EndOfOptions = 0;
    private const int Filler = 1;
    private const int TimestampsKind = 8;
    private const int TimestampsLength = 10;

    /// <summary>The segment, sealed: whoever received it has looked at its checksum, which covers addresses that are
    /// not in it any more. The payload is copied.</summary>
    /// <param name="bytes">From the first byte of the TCP header on.</param>
    /// <param name="windowScale">What the handshake agreed on.</param>
    /// <returns>Null if these are no segment.</returns>
    internal static Segment? Parse(ReadOnlySpan<byte> bytes, int windowScale)
    {
        int header = RawSegment.HeaderBytesOf(bytes);
        if (header == 0)
            return null;
        return new Segment(
            new SeqNumber(BinaryPrimitives.ReadUInt32BigEndian(bytes[4..])),
            new SeqNumber(BinaryPrimitives.ReadUInt32BigEndian(bytes[8..])),
            (SegmentFlags)(bytes[13] & 0x3F),
            BinaryPrimitives.ReadUInt16BigEndian(bytes[14..]) << windowScale,
            bytes[header..].ToArray())
        {
            UrgentPointer = BinaryPrimitives.ReadUInt16BigEndian(bytes[18..]),
            Stamps = StampsIn(bytes[RawSegment.HeaderBytesMin..header]),
        }.Sealed();
    }

    /// <summary>Options that an offloaded connection has no use for are passed over (CAP-07).</summary>
    private static Timestamps? StampsIn(ReadOnlySpan<byte> options)
    {
        while (!options.IsEmpty && options[0] != EndOfOptions)
        {
            int length = options[0] == Filler ? 1 : options.Length > 1 ? options[1] : 0;
            if (length == 0 || length > options.Length || (length < 2 && options[0] != Filler))
                return null;
            if (options[0] == TimestampsKind && length == TimestampsLength)
                return new Timestamps(
                    BinaryPrimitives.ReadUInt32BigEndian(options[2..]),
                    BinaryPrimitives.ReadUInt32BigEndian(options[6..]));
            options = options[length..];
        }

        return null;
    }
}
