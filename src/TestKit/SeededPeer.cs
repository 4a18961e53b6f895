using System.Buffers.Binary;
using System.Net.Sockets;
using ChimneyActors.Buffers;
using ChimneyActors.Ndis;

namespace ChimneyActors.TestKit;

/// <summary>One socket and the other end of it, over all its offloads: what has really happened.</summary>
/// <remarks>Both streams are a function of their position, so nothing need be kept of them.</remarks>
internal sealed class SeededPeer(int number, SeededRandom random) : IWorldPeer
{
    private readonly int _sends = random.Below(4000);
    private readonly bool _finishes = random.Percent(50);

    /// <summary>For the trace.</summary>
    public int Number => number;

    /// <summary>What becomes of it.</summary>
    public SeededRandom Random => random;

    /// <summary>The name of the connection for the stack.</summary>
    public Socket Socket { get; } = new(SocketType.Stream, ProtocolType.Tcp);

    /// <summary>Bytes the kernel took from the target.</summary>
    public long Accepted { get; private set; }

    /// <summary>Bytes the peer has and acknowledged.</summary>
    public long Acknowledged { get; private set; }

    /// <summary>Whether the kernel took a FIN.</summary>
    public bool FinSent { get; set; }

    /// <summary>Whether the peer acknowledged it.</summary>
    public bool FinAcknowledged { get; private set; }

    /// <summary>Bytes the peer has sent.</summary>
    public long PeerSent { get; private set; }

    /// <summary>Whether the peer has closed its half.</summary>
    public bool PeerFinished { get; private set; }

    /// <summary>Bytes the target took out of the kernel.</summary>
    public long Read { get; private set; }

    /// <summary>Whether either side reset the connection.</summary>
    public bool IsReset { get; set; }

    /// <summary>Whether its adapter never let go, or not in time.</summary>
    public bool IsLost { get; set; }

    /// <inheritdoc/>
    public bool IsLetGo { get; set; }

    /// <summary>Whether its adapter did not take it once.</summary>
    public bool IsRefused { get; set; }

    /// <summary>Whether its adapter asked to be relieved of it.</summary>
    public bool IsWished { get; set; }

    /// <summary>Drivers that a request passes on its way to the target.</summary>
    public int Drivers { get; set; }

    /// <summary>Whether the peer still has something to say.</summary>
    public bool HasMore => !IsReset && (PeerSent < _sends || (_finishes && !PeerFinished));

    /// <summary>What is not as it should be in the bytes to the peer; null if nothing is.</summary>
    public string? Broken { get; private set; }

    /// <inheritdoc/>
    public StreamSeams Seams { get; } = new();

    /// <summary>A byte of the stream to the peer.</summary>
    public byte Outgoing(long at)
    {
        long index = Seams.IndexOf(at);
        return (byte)((index * 31) + (index >> 8) + number + 1);
    }

    /// <summary>A byte of the stream to the host.</summary>
    public byte Incoming(long at) => (byte)((at * 17) + (at >> 7) + number + 101);

    /// <summary>Something is not as it should be.</summary>
    public void Note(string wrong) => Broken ??= $"peer {number}: {wrong}";

    /// <summary>The kernel takes bytes that are said to stand at this position.</summary>
    public void Accept(long at, ReadOnlySpan<byte> data)
    {
        if (at != Accepted || FinSent)
            Broken ??= $"peer {number}: bytes at {at} came when the stream stood at {Accepted}, FIN {FinSent}";
        for (int i = 0; i < data.Length; i++)
            if (data[i] != Outgoing(at + i))
                Broken ??= $"peer {number}: wrong byte at {at + i}";
        Accepted += data.Length;
    }

    /// <summary>The peer acknowledges so many bytes, and a FIN behind the last.</summary>
    public void Acknowledge(long bytes)
    {
        Acknowledged = Math.Min(Accepted, Acknowledged + bytes);
        FinAcknowledged |= FinSent && Acknowledged == Accepted;
    }

    /// <summary>The peer sends some, or closes.</summary>
    public void Say()
    {
        if (PeerSent < _sends)
            PeerSent = Math.Min(_sends, PeerSent + random.UpTo(700));
        else
            PeerFinished = true;
    }

    /// <summary>The target takes received bytes out of the kernel.</summary>
    public int Take(Span<byte> into)
    {
        int count = (int)Math.Min(into.Length, PeerSent - Read);
        for (int i = 0; i < count; i++)
            into[i] = Incoming(Read + i);
        Read += count;
        return count;
    }

    /// <inheritdoc/>
    public bool IsSilent => false;

    /// <inheritdoc/>
    public bool IsLeaving
    {
        set
        {
        }
    }

    /// <inheritdoc/>
    /// <remarks>Made up: a part of what the peer has said, or is about to say.</remarks>
    public byte[]? TakeSegment()
    {
        var segment = new byte[20 + random.Below(300)];
        segment[12] = 5 << 4;
        BinaryPrimitives.WriteUInt32BigEndian(segment.AsSpan(4), (uint)Math.Max(0, PeerSent + 100 - random.Below(300)));
        return segment;
    }

    /// <inheritdoc/>
    public void Process(byte[] segment)
    {
        long from = BinaryPrimitives.ReadUInt32BigEndian(segment.AsSpan(4));
        if (from <= PeerSent && !PeerFinished)
            PeerSent = Math.Clamp(from + segment.Length - 20, PeerSent, Math.Max(PeerSent, _sends));
    }

    /// <inheritdoc/>
    public string? Objection(OffloadBlock block) =>
        block.Positions == new StreamPositions(Acknowledged, Accepted, Read) && block.FinSent == FinSent
            ? null
            : $"{Acknowledged}, {Accepted}, {Read}, FIN {FinSent}";

    /// <inheritdoc/>
    public (long Offset, int Count) PlaceOf(TargetRecord record, byte[] memory, int bytes, List<bool> received) =>
        record.PlacedIn(memory);

    /// <inheritdoc/>
    public void Dispose() => Socket.Dispose();
}
