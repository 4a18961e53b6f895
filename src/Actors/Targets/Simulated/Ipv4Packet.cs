using System.Buffers.Binary;

namespace ChimneyActors.Targets.Simulated;

/// <summary>One end of a connection as a packet names it.</summary>
/// <param name="Address">IPv4 address, the first of its bytes highest.</param>
/// <param name="Port">TCP port.</param>
internal readonly record struct PacketEnd(uint Address, ushort Port);

/// <summary>Makes the IPv4 packet (RFC 791) around a segment (RFC 9293 section 3.1): real headers, real checksums.
/// </summary>
internal static class Ipv4Packet
{
    /// <summary>Bytes of its IP header.</summary>
    internal const int IpBytes = 20;

    private const int TcpBytes = 20;
    private const int PseudoBytes = 12;

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
        int headerBytes = TcpBytes + stampBytes + options.Length;
        var packet = new byte[IpBytes + headerBytes + segment.Data.Length];
        WriteIp(packet, from, to, segment);
        Span<byte> tcp = packet.AsSpan(IpBytes);
        BinaryPrimitives.WriteUInt16BigEndian(tcp, from.Port);
        BinaryPrimitives.WriteUInt16BigEndian(tcp[2..], to.Port);
        BinaryPrimitives.WriteUInt32BigEndian(tcp[4..], segment.Seq.Value);
        BinaryPrimitives.WriteUInt32BigEndian(tcp[8..], segment.Ack.Value);
        tcp[12] = (byte)(headerBytes / 4 << 4);
        tcp[13] = (byte)segment.Flags;
        BinaryPrimitives.WriteUInt16BigEndian(tcp[14..], Window(segment, windowScale));
        BinaryPrimitives.WriteUInt16BigEndian(tcp[18..], segment.UrgentPointer);
        if (segment.Stamps is { } stamps)
            WriteStamps(tcp[TcpBytes..], stamps);
        options.CopyTo(tcp[(TcpBytes + stampBytes)..]);
        segment.Data.Span.CopyTo(tcp[headerBytes..]);

        ushort sum = Checksum(tcp, PseudoHeader(packet, tcp.Length));
        BinaryPrimitives.WriteUInt16BigEndian(tcp[16..], segment.IsIntact ? sum : (ushort)(sum ^ 1));
        return packet;
    }

    private static ushort Window(in Segment segment, int scale)
    {
        int window = segment.Has(SegmentFlags.Syn) ? segment.Window : segment.Window >> scale;
        if (segment.IsIntact && window is < 0 or > ushort.MaxValue)
            throw new ArgumentOutOfRangeException(nameof(scale), $"a window of {segment.Window} needs a larger scale");
        return unchecked((ushort)window);
    }

    private static void WriteIp(Span<byte> ip, PacketEnd from, PacketEnd to, in Segment segment)
    {
        ip[0] = 0x45;
        ip[1] = segment.TypeOfService;
        BinaryPrimitives.WriteUInt16BigEndian(ip[2..], (ushort)ip.Length);
        BinaryPrimitives.WriteUInt16BigEndian(ip[4..], segment.IpId);
        ip[6] = 0x40;       // Don't Fragment (SEND-20)
        ip[8] = segment.TimeToLive;
        ip[9] = 6;
        BinaryPrimitives.WriteUInt32BigEndian(ip[12..], from.Address);
        BinaryPrimitives.WriteUInt32BigEndian(ip[16..], to.Address);
        BinaryPrimitives.WriteUInt16BigEndian(ip[10..], Checksum(ip[..IpBytes], default));
    }

    private static void WriteStamps(Span<byte> option, Timestamps stamps)
    {
        option[0] = option[1] = 1;      // two fillers, as RFC 7323 appendix A recommends
        option[2] = 8;
        option[3] = 10;
        BinaryPrimitives.WriteUInt32BigEndian(option[4..], stamps.Value);
        BinaryPrimitives.WriteUInt32BigEndian(option[8..], stamps.Echo);
    }

    private static byte[] PseudoHeader(ReadOnlySpan<byte> ip, int tcpBytes)
    {
        var pseudo = new byte[PseudoBytes];
        ip[12..20].CopyTo(pseudo);
        pseudo[9] = 6;
        BinaryPrimitives.WriteUInt16BigEndian(pseudo.AsSpan(10), (ushort)tcpBytes);
        return pseudo;
    }

    private static ushort Checksum(ReadOnlySpan<byte> bytes, ReadOnlySpan<byte> pseudo)
    {
        ulong sum = Segment.Words(bytes) + Segment.Words(pseudo);
        while (sum > 0xFFFF)
            sum = (sum & 0xFFFF) + (sum >> 16);
        return (ushort)~sum;
    }
}
