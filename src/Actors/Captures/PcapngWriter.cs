using System.Text;

namespace ChimneyActors.Captures;

/// <summary>Writes packets as pcapng: one section, one interface of bare IP packets.</summary>
/// <remarks>By hand: three kinds of blocks, and the library depends on Akka alone. Pcapng and not pcap, because its
/// packets can carry comments, and its clock can tick like a TimeSpan.</remarks>
internal sealed class PcapngWriter
{
    private const uint SectionBlock = 0x0A0D0D0A;
    private const uint InterfaceBlock = 1;
    private const uint PacketBlock = 6;
    private const ushort BareIp = 101;      // LINKTYPE_RAW: IPv4 or IPv6, as the packet says
    private const ushort EndOfOptions = 0;
    private const ushort Comment = 1;
    private const ushort TimeResolution = 9;

    private readonly Stream _to;

    /// <summary>Begins a file.</summary>
    /// <param name="to">Stays open.</param>
    internal PcapngWriter(Stream to)
    {
        _to = to;
        Block(SectionBlock, block =>
        {
            block.Write(0x1A2B3C4D);
            block.Write((ushort)1);
            block.Write((ushort)0);
            block.Write(-1L);               // length of the section: not said
        });
        Block(InterfaceBlock, block =>
        {
            block.Write(BareIp);
            block.Write((ushort)0);
            block.Write(0);                 // no limit of length
            Option(block, TimeResolution, [7]);     // 10^-7 s
            Option(block, EndOfOptions, []);
        });
    }

    /// <summary>Adds a packet.</summary>
    /// <param name="at">Time since the epoch; the zero of virtual time is the epoch.</param>
    /// <param name="packet">From the first byte of the IP header.</param>
    /// <param name="comment">Shown by tools with the packet; null for none.</param>
    internal void Write(TimeSpan at, ReadOnlyMemory<byte> packet, string? comment = null)
    {
        Block(PacketBlock, block =>
        {
            block.Write(0);
            block.Write((uint)(at.Ticks >> 32));
            block.Write((uint)at.Ticks);
            block.Write(packet.Length);
            block.Write(packet.Length);
            block.Write(packet.Span);
            Pad(block, packet.Length);
            if (comment is null)
                return;
            Option(block, Comment, Encoding.UTF8.GetBytes(comment));
            Option(block, EndOfOptions, []);
        });
    }

    private void Block(uint type, Action<BinaryWriter> write)
    {
        using var body = new MemoryStream();
        using var writer = new BinaryWriter(body);
        writer.Write(type);
        writer.Write(0);        // the length, when it is known
        write(writer);
        int length = (int)body.Length + 4;
        writer.Write(length);
        writer.Seek(4, SeekOrigin.Begin);
        writer.Write(length);
        body.WriteTo(_to);
    }

    private static void Option(BinaryWriter to, ushort code, byte[] value)
    {
        to.Write(code);
        to.Write((ushort)value.Length);
        to.Write(value);
        Pad(to, value.Length);
    }

    private static void Pad(BinaryWriter to, int length)
    {
        for (; length % 4 != 0; length++)
            to.Write((byte)0);
    }
}
