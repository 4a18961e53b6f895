using System.Net;

namespace ChimneyActors.Captures;

/// <summary>One TCP connection in a capture where there are no segments to see: they are made of the positions of its
/// two streams.</summary>
/// <remarks>Numbers follow the streams: what is said again has the numbers that it had, also after the connection was
/// taken back and offloaded to another adapter. The handshake is made up, and says so.</remarks>
internal sealed class CapturedStream
{
    private const string MadeUp = "made up: the handshake was over before the connection was offloaded";
    private const int SegmentBytesMax = 32 * 1024;
    private const byte Fin = 1;
    private const byte Syn = 2;
    private const byte Rst = 4;
    private const byte Psh = 8;
    private const byte Ack = 16;
    private static readonly byte[] SynOptions = [2, 4, 0xFF, 0xD7, 1, 3, 3, 14];   // MSS 65,495, filler, scale 14

    private readonly PcapngWriter _writer;
    private readonly IPEndPoint _us;
    private readonly IPEndPoint _peer;
    private readonly uint _first;
    private ushort _id;
    private long _sent;         // behind the last octet of ours that was seen, the FIN counted
    private long _received;
    private long _acknowledged;

    /// <summary>Begins with a handshake.</summary>
    /// <param name="writer">Where to.</param>
    /// <param name="us">Our end.</param>
    /// <param name="peer">The peer's.</param>
    /// <param name="first">Where both sides' numbers begin.</param>
    /// <param name="at">When, since the epoch.</param>
    /// <param name="sent">Position of the next byte to the peer.</param>
    /// <param name="received">Position of the next byte from the peer.</param>
    internal CapturedStream(
        PcapngWriter writer, IPEndPoint us, IPEndPoint peer, uint first, TimeSpan at, long sent, long received)
    {
        (_writer, _us, _peer, _first) = (writer, us, peer, first);
        (_sent, _received, _acknowledged) = (sent, received, sent);
        Put(at, true, Number(sent - 1), 0, Syn, default, MadeUp);
        Put(at, false, Number(received - 1), Number(sent), Syn | Ack, default, MadeUp);
        Put(at, true, Number(sent), Number(received), Ack, default, MadeUp);
    }

    /// <summary>Position behind everything that was seen to go to the peer.</summary>
    internal long Sent => _sent;

    /// <summary>We send.</summary>
    internal void Send(TimeSpan at, long offset, ReadOnlyMemory<byte> data) => Data(at, true, offset, data);

    /// <summary>The peer sends.</summary>
    internal void Receive(TimeSpan at, long offset, ReadOnlyMemory<byte> data) => Data(at, false, offset, data);

    /// <summary>We close our half, behind this position.</summary>
    internal void SendFin(TimeSpan at, long offset)
    {
        Put(at, true, Number(offset), Number(_received), Fin | Ack, default);
        _sent = Math.Max(_sent, offset + 1);
    }

    /// <summary>The peer closes its half; ours has acknowledged that by the time anybody hears of it.</summary>
    internal void ReceiveFin(TimeSpan at, long offset)
    {
        Put(at, false, Number(offset), Number(_acknowledged), Fin | Ack, default);
        _received = Math.Max(_received, offset + 1);
        Put(at, true, Number(_sent), Number(_received), Ack, default);
    }

    /// <summary>The peer acknowledges everything before a position.</summary>
    internal void Acknowledge(TimeSpan at, long through)
    {
        if (through <= _acknowledged || through > _sent)
            return;
        _acknowledged = through;
        Put(at, false, Number(_received), Number(through), Ack, default);
    }

    /// <summary>One of both cuts the connection off.</summary>
    internal void Reset(TimeSpan at, bool isOurs) => Put(
        at, isOurs, Number(isOurs ? _sent : _received), Number(isOurs ? _received : _acknowledged), Rst | Ack, default);

    /// <summary>What is old and what is new are segments of their own: tools do not see the new end of an old one.
    /// </summary>
    private void Data(TimeSpan at, bool isOurs, long offset, ReadOnlyMemory<byte> data)
    {
        while (data.Length > 0)
        {
            long old = (isOurs ? _sent : _received) - offset;
            int length = (int)Math.Min(old > 0 ? old : long.MaxValue, Math.Min(data.Length, SegmentBytesMax));
            ReadOnlyMemory<byte> piece = data[..length];
            data = data[piece.Length..];
            Put(at, isOurs, Number(offset), Number(isOurs ? _received : _acknowledged),
                data.Length == 0 ? (byte)(Psh | Ack) : Ack, piece);
            offset += piece.Length;
            if (isOurs)
                _sent = Math.Max(_sent, offset);
            else
                _received = Math.Max(_received, offset);
        }
    }

    /// <summary>The SYN stands before the first byte.</summary>
    private uint Number(long offset) => unchecked(_first + 1 + (uint)offset);

    private void Put(
        TimeSpan at, bool isOurs, uint seq, uint ack, byte flags, ReadOnlyMemory<byte> data, string? comment = null)
    {
        var header = new TcpHeader(seq, ack, flags, ushort.MaxValue) { IpId = _id++ };
        ReadOnlySpan<byte> options = (flags & Syn) != 0 ? SynOptions : default;
        byte[] packet = isOurs
            ? TcpPacket.Of(_us, _peer, header, options, data.Span)
            : TcpPacket.Of(_peer, _us, header, options, data.Span);
        _writer.Write(at, packet, comment);
    }
}
