using System.Buffers.Binary;
using System.Net;
using ChimneyActors.Captures;

namespace ChimneyActors.Targets.Simulated;

/// <summary>One end of a connection as a packet names it.</summary>
/// <param name="Address">IPv4 address, the first of its bytes highest.</param>
/// <param name="Port">TCP port.</param>
internal readonly record struct PacketEnd(uint Address, ushort Port)
{
    /// <summary>The same for the base library.</summary>
    internal IPEndPoint EndPoint
    {
        get
        {
            Span<byte> address = stackalloc byte[4];
            BinaryPrimitives.WriteUInt32BigEndian(address, Address);
            return new IPEndPoint(new IPAddress(address), Port);
        }
    }
}

/// <summary>Makes the IPv4 packet around a segment of the engine.</summary>
internal static class Ipv4Packet
{
    /// <summary>Bytes of its IP header.</summary>
    internal const int IpBytes = 20;

    /// <summary>The bytes of the packet.</summary>
    /// <param name="from">Who sends it.</param>
    /// <param name="to">Who shall get it.</param>
    /// <param name="segment">One that is not intact gets a wrong checksum.</param>
    /// <param name="windowScale">What the handshake agreed on; not applied to a SYN.</param>
    /// <param name="options">Further options, padded to words of four bytes.</param>
    internal static byte[] Of(
        PacketEnd from, PacketEnd to, in Segment segment, int windowScale = 0, ReadOnlySpan<byte> options = default)
    {
        int stampBytes = segment.Stamps is null ? 0 : Timestamps.OptionBytes;
        Span<byte> all = stackalloc byte[stampBytes + options.Length];
        if (segment.Stamps is { } stamps)
            WriteStamps(all, stamps);
        options.CopyTo(all[stampBytes..]);
        var header = new TcpHeader(
            segment.Seq.Value, segment.Ack.Value, (byte)segment.Flags, Window(segment, windowScale))
        {
            UrgentPointer = segment.UrgentPointer,
            IpId = segment.IpId,
            TimeToLive = segment.TimeToLive,
            TypeOfService = segment.TypeOfService,
        };
        return TcpPacket.Of(from.EndPoint, to.EndPoint, header, all, segment.Data.Span, segment.IsIntact);
    }

    private static ushort Window(in Segment segment, int scale)
    {
        int window = segment.Has(SegmentFlags.Syn) ? segment.Window : segment.Window >> scale;
        if (segment.IsIntact && window is < 0 or > ushort.MaxValue)
            throw new ArgumentOutOfRangeException(nameof(scale), $"a window of {segment.Window} needs a larger scale");
        return unchecked((ushort)window);
    }

    private static void WriteStamps(Span<byte> option, Timestamps stamps)
    {
        option[0] = option[1] = 1;      // two fillers, as RFC 7323 appendix A recommends
        option[2] = 8;
        option[3] = 10;
        BinaryPrimitives.WriteUInt32BigEndian(option[4..], stamps.Value);
        BinaryPrimitives.WriteUInt32BigEndian(option[8..], stamps.Echo);
    }
}
