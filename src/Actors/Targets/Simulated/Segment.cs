using System.Buffers.Binary;
using ChimneyActors.Captures;

namespace ChimneyActors.Targets.Simulated;

/// <summary>The control bits that a connection past its handshake can meet (RFC 9293 section 3.1).</summary>
[Flags]
internal enum SegmentFlags : byte
{
    None = 0,
    Fin = 1,
    Syn = 2,
    Rst = 4,
    Psh = 8,
    Ack = 16,
    Urg = 32,
}

/// <summary>In what packet a segment travels, as far as a target must know (PKT-01).</summary>
internal enum PacketForm : byte
{
    /// <summary>One that a target may take.</summary>
    Plain,

    /// <summary>One with IPv4 options.</summary>
    WithOptions,

    /// <summary>Several fragments, which the host puts together.</summary>
    Fragments,

    /// <summary>No segment at all, but network management: ARP, ICMP, RIP.</summary>
    Management,
}

/// <summary>Whether what a segment carries was sent before; only its sender knows.</summary>
internal enum Repetition : byte
{
    /// <summary>Nothing of it, or it carries nothing.</summary>
    None,

    /// <summary>A part of it.</summary>
    Partly,

    /// <summary>All of it.</summary>
    Wholly,
}

/// <summary>One TCP segment.</summary>
/// <param name="Seq">Number of the first octet.</param>
/// <param name="Ack">The next octet that the sender expects.</param>
/// <param name="Flags">Control bits.</param>
/// <param name="Window">Octets the sender has room for. In full: the scale was agreed in a handshake that an
/// offloaded connection has behind it.</param>
/// <param name="Data">The payload; nobody writes to it once it is in a segment.</param>
/// <param name="Checksum">What <see cref="Sealed"/> has put there.</param>
internal readonly record struct Segment(
    SeqNumber Seq, SeqNumber Ack, SegmentFlags Flags, int Window, ReadOnlyMemory<byte> Data, ushort Checksum = 0)
{
    private const int HeaderBytesMax = 23;

    /// <summary>Identification of the IPv4 packet around it; not under the checksum of the segment.</summary>
    internal ushort IpId { get; init; }

    /// <summary>What else is known of that packet.</summary>
    internal PacketForm Form { get; init; }

    /// <summary>For whoever counts at the sender's (CNT-06).</summary>
    internal Repetition Repetition { get; init; }

    /// <summary>TTL of that packet.</summary>
    internal byte TimeToLive { get; init; } = 64;

    /// <summary>TOS of that packet.</summary>
    internal byte TypeOfService { get; init; }

    /// <summary>Urgent pointer; means something with URG alone.</summary>
    internal ushort UrgentPointer { get; init; }

    /// <summary>The timestamps option; null without.</summary>
    internal Timestamps? Stamps { get; init; }

    /// <summary>The frame around the packet; null where nobody has said how it looks.</summary>
    internal FrameHeader? Frame { get; init; }

    /// <summary>Room it takes in the sequence space.</summary>
    internal int Length => Data.Length + (Has(SegmentFlags.Fin) ? 1 : 0) + (Has(SegmentFlags.Syn) ? 1 : 0);

    /// <summary>Whether the checksum fits; the receiver drops what is not (RFC 9293 section 3.1).</summary>
    internal bool IsIntact => Checksum == Sum();

    /// <summary>How many bits a wire can turn over.</summary>
    internal int Bits => 8 * (HeaderBytes + Data.Length);

    private int HeaderBytes => Stamps is null ? 15 : HeaderBytesMax;

    internal bool Has(SegmentFlags flag) => (Flags & flag) != 0;

    /// <summary>The same with its checksum.</summary>
    internal Segment Sealed() => this with { Checksum = Sum() };

    /// <summary>The same with one bit turned over and the old checksum.</summary>
    internal Segment WithBitFlipped(int bit)
    {
        byte mask = (byte)(1 << (bit % 8));
        int place = bit / 8;
        if (place >= HeaderBytes)
        {
            byte[] data = Data.ToArray();
            data[place - HeaderBytes] ^= mask;
            return this with { Data = data };
        }

        Span<byte> header = stackalloc byte[HeaderBytesMax];
        WriteHeader(header);
        header[place] ^= mask;
        return this with
        {
            Seq = new SeqNumber(BinaryPrimitives.ReadUInt32BigEndian(header)),
            Ack = new SeqNumber(BinaryPrimitives.ReadUInt32BigEndian(header[4..])),
            Window = BinaryPrimitives.ReadInt32BigEndian(header[8..]),
            Flags = (SegmentFlags)header[12],
            UrgentPointer = BinaryPrimitives.ReadUInt16BigEndian(header[13..]),
            Stamps = Stamps is null
                ? null
                : new Timestamps(
                    BinaryPrimitives.ReadUInt32BigEndian(header[15..]),
                    BinaryPrimitives.ReadUInt32BigEndian(header[19..])),
        };
    }

    public override string ToString() => $"{Flags} seq {Seq} ack {Ack} window {Window} data {Data.Length}";

    /// <summary>The one's complement sum of RFC 1071: no single bit can change without changing it.</summary>
    private ushort Sum()
    {
        Span<byte> header = stackalloc byte[HeaderBytesMax + 1];
        header.Clear();
        WriteHeader(header);
        return InternetChecksum.Fold(InternetChecksum.Words(header) + InternetChecksum.Words(Data.Span));
    }

    private void WriteHeader(Span<byte> header)
    {
        BinaryPrimitives.WriteUInt32BigEndian(header, Seq.Value);
        BinaryPrimitives.WriteUInt32BigEndian(header[4..], Ack.Value);
        BinaryPrimitives.WriteInt32BigEndian(header[8..], Window);
        header[12] = (byte)Flags;
        BinaryPrimitives.WriteUInt16BigEndian(header[13..], UrgentPointer);
        if (Stamps is not { } stamps)
            return;
        BinaryPrimitives.WriteUInt32BigEndian(header[15..], stamps.Value);
        BinaryPrimitives.WriteUInt32BigEndian(header[19..], stamps.Echo);
    }
}
