using System.Buffers.Binary;
using ChimneyActors.Captures;

namespace ChimneyActors.Targets.Simulated;

/// <summary>What one end of a wire sees, as a capture that tools can read.</summary>
/// <remarks>The handshake in front of it never happened on this wire: an offloaded connection has it behind it. Tools
/// need it to follow a stream, so it is made up, and each of its packets says so in a comment.</remarks>
internal sealed class WireCapture
{
    private const string MadeUp = "made up: the handshake was over before the connection was offloaded";
    private const uint LeftAddress = 0xC0_00_02_01;     // 192.0.2.1, for documentation
    private const uint RightAddress = 0xC6_33_64_02;    // 198.51.100.2
    private const int FirstPort = 50_001;

    private readonly PacketEnd _left;
    private readonly PacketEnd _right;
    private readonly PcapngWriter _writer;
    private readonly SimulatedWire _wire;
    private readonly WireEnd _end;
    private readonly int _windowScale;

    /// <summary>Begins to capture.</summary>
    /// <param name="wire">The wire, before anything was sent.</param>
    /// <param name="end">Which of its ends.</param>
    /// <param name="left">What the engine at the left end starts from, nothing of it outstanding.</param>
    /// <param name="settings">What the two have agreed on; the right end may have other limits.</param>
    /// <param name="to">Where to; stays open.</param>
    /// <param name="windowScale">For windows over 65,535.</param>
    internal WireCapture(
        SimulatedWire wire, WireEnd end, DelegatedState left, TcpEngineSettings settings, Stream to,
        int windowScale = 0)
        : this(wire, end, left, settings, new PcapngWriter(to), 0, windowScale)
    {
    }

    /// <summary>Begins to capture one of several wires into the same file.</summary>
    /// <param name="wire">The wire, before anything was sent.</param>
    /// <param name="end">Which of its ends.</param>
    /// <param name="left">What the engine at the left end starts from, nothing of it outstanding.</param>
    /// <param name="settings">What the two have agreed on; the right end may have other limits.</param>
    /// <param name="writer">The file.</param>
    /// <param name="number">Of the wire, from 0: the ports are 50001 and 50002, 50003 and 50004, and so on.</param>
    /// <param name="windowScale">For windows over 65,535.</param>
    internal WireCapture(
        SimulatedWire wire, WireEnd end, DelegatedState left, TcpEngineSettings settings, PcapngWriter writer,
        int number, int windowScale = 0)
    {
        (_left, _right) = EndsOf(number);
        _writer = writer;
        _wire = wire;
        _end = end;
        _windowScale = windowScale;
        ShakeHands(left, settings);
        wire.Seen += OnSeen;
    }

    /// <summary>How the two ends of a wire are named.</summary>
    /// <param name="number">Of the wire, from 0.</param>
    internal static (PacketEnd Left, PacketEnd Right) EndsOf(int number) => (
        new PacketEnd(LeftAddress, (ushort)(FirstPort + (2 * number))),
        new PacketEnd(RightAddress, (ushort)(FirstPort + (2 * number) + 1)));

    private void OnSeen(WireSighting seen)
    {
        if (!ReferenceEquals(seen.End, _end))
            return;
        bool isFromLeft = ReferenceEquals(seen.End, _wire.Left) != seen.IsArrival;
        _writer.Write(seen.At, Packet(isFromLeft, seen.Segment, default));
    }

    private void ShakeHands(DelegatedState left, TcpEngineSettings settings)
    {
        byte[] options = [2, 4, 0, 0, 1, 3, 3, (byte)_windowScale];     // MSS, a filler, window scale
        BinaryPrimitives.WriteUInt16BigEndian(options.AsSpan(2), (ushort)settings.SegmentBytesMax);
        Timestamps? ours = settings.Timestamps ? new Timestamps(left.TsTime, 0) : null;
        Timestamps? theirs = settings.Timestamps ? new Timestamps(left.TsRecent, left.TsTime) : null;
        Timestamps? last = settings.Timestamps ? new Timestamps(left.TsTime, left.TsRecent) : null;
        SeqNumber first = left.SndUna + -1;
        int room = Math.Min(left.RcvWnd, ushort.MaxValue);
        int theirRoom = Math.Min(left.SndWnd, ushort.MaxValue);

        Put(true, new Segment(first, default, SegmentFlags.Syn, room, default) { IpId = 1, Stamps = ours }, options);
        Put(false, new Segment(
            left.RcvNxt + -1, left.SndUna, SegmentFlags.Syn | SegmentFlags.Ack, theirRoom, default)
        { IpId = 2, Stamps = theirs }, options);
        Put(true, new Segment(left.SndUna, left.RcvNxt, SegmentFlags.Ack, left.RcvWnd, default)
        { IpId = 3, Stamps = last }, default);
    }

    private void Put(bool isFromLeft, Segment segment, ReadOnlySpan<byte> options) =>
        _writer.Write(_wire.Now, Packet(isFromLeft, segment.Sealed(), options), MadeUp);

    private byte[] Packet(bool isFromLeft, in Segment segment, ReadOnlySpan<byte> options) => isFromLeft
        ? Ipv4Packet.Of(_left, _right, segment, _windowScale, options)
        : Ipv4Packet.Of(_right, _left, segment, _windowScale, options);
}
