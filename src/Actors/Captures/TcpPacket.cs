using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;

namespace ChimneyActors.Captures;

/// <summary>The fields of a TCP header that are not computed, and of the IP header around it.</summary>
/// <param name="Seq">Number of the first octet.</param>
/// <param name="Ack">The next octet that the sender expects.</param>
/// <param name="Flags">The control bits, FIN lowest.</param>
/// <param name="Window">As it stands in the header, scaled.</param>
internal readonly record struct TcpHeader(uint Seq, uint Ack, byte Flags, ushort Window)
{
    /// <summary>Urgent pointer.</summary>
    internal ushort UrgentPointer { get; init; }

    /// <summary>Identification; IPv4 only.</summary>
    internal ushort IpId { get; init; }

    /// <summary>TTL or hop limit.</summary>
    internal byte TimeToLive { get; init; } = 64;

    /// <summary>TOS or traffic class.</summary>
    internal byte TypeOfService { get; init; }
}

/// <summary>Makes the IP packet (RFC 791, RFC 8200) around a segment (RFC 9293 section 3.1): real headers, real
/// checksums.</summary>
internal static class TcpPacket
{
    private const int Ipv4Bytes = 20;
    private const int Ipv6Bytes = 40;
    private const int TcpBytes = 20;
    private const byte Tcp = 6;

    /// <summary>The bytes of the packet.</summary>
    /// <param name="from">Who sends it.</param>
    /// <param name="to">Who shall get it; of the same family.</param>
    /// <param name="header">What stands in the headers.</param>
    /// <param name="options">Options of the segment, padded to words of four bytes.</param>
    /// <param name="data">The payload.</param>
    /// <param name="isIntact">Whether the checksum is to be right.</param>
    internal static byte[] Of(
        IPEndPoint from, IPEndPoint to, in TcpHeader header, ReadOnlySpan<byte> options, ReadOnlySpan<byte> data,
        bool isIntact = true)
    {
        bool isV6 = from.AddressFamily == AddressFamily.InterNetworkV6;
        int ipBytes = isV6 ? Ipv6Bytes : Ipv4Bytes;
        int headerBytes = TcpBytes + options.Length;
        var packet = new byte[ipBytes + headerBytes + data.Length];
        ulong pseudo = isV6 ? WriteIpv6(packet, from, to, header) : WriteIpv4(packet, from, to, header);
        Span<byte> tcp = packet.AsSpan(ipBytes);
        BinaryPrimitives.WriteUInt16BigEndian(tcp, (ushort)from.Port);
        BinaryPrimitives.WriteUInt16BigEndian(tcp[2..], (ushort)to.Port);
        BinaryPrimitives.WriteUInt32BigEndian(tcp[4..], header.Seq);
        BinaryPrimitives.WriteUInt32BigEndian(tcp[8..], header.Ack);
        tcp[12] = (byte)(headerBytes / 4 << 4);
        tcp[13] = header.Flags;
        BinaryPrimitives.WriteUInt16BigEndian(tcp[14..], header.Window);
        BinaryPrimitives.WriteUInt16BigEndian(tcp[18..], header.UrgentPointer);
        options.CopyTo(tcp[TcpBytes..]);
        data.CopyTo(tcp[headerBytes..]);
        ushort sum = InternetChecksum.Fold(InternetChecksum.Words(tcp) + pseudo);
        BinaryPrimitives.WriteUInt16BigEndian(tcp[16..], isIntact ? sum : (ushort)(sum ^ 1));
        return packet;
    }

    /// <returns>The sum of the pseudo header.</returns>
    private static ulong WriteIpv4(Span<byte> ip, IPEndPoint from, IPEndPoint to, in TcpHeader header)
    {
        ip[0] = 0x45;
        ip[1] = header.TypeOfService;
        BinaryPrimitives.WriteUInt16BigEndian(ip[2..], (ushort)ip.Length);
        BinaryPrimitives.WriteUInt16BigEndian(ip[4..], header.IpId);
        ip[6] = 0x40;       // Don't Fragment (SEND-20)
        ip[8] = header.TimeToLive;
        ip[9] = Tcp;
        from.Address.TryWriteBytes(ip[12..], out _);
        to.Address.TryWriteBytes(ip[16..], out _);
        BinaryPrimitives.WriteUInt16BigEndian(
            ip[10..], InternetChecksum.Fold(InternetChecksum.Words(ip[..Ipv4Bytes])));
        return InternetChecksum.Words(ip[12..Ipv4Bytes]) + Tcp + (ulong)(ip.Length - Ipv4Bytes);
    }

    private static ulong WriteIpv6(Span<byte> ip, IPEndPoint from, IPEndPoint to, in TcpHeader header)
    {
        int payload = ip.Length - Ipv6Bytes;
        BinaryPrimitives.WriteUInt32BigEndian(ip, 6u << 28 | (uint)header.TypeOfService << 20);
        BinaryPrimitives.WriteUInt16BigEndian(ip[4..], (ushort)payload);
        ip[6] = Tcp;
        ip[7] = header.TimeToLive;
        from.Address.TryWriteBytes(ip[8..], out _);
        to.Address.TryWriteBytes(ip[24..], out _);
        return InternetChecksum.Words(ip[8..Ipv6Bytes]) + Tcp + (ulong)payload;
    }
}
