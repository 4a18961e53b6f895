using System.Collections.Concurrent;
using System.Net.Sockets;
using ChimneyActors.Buffers;
using ChimneyActors.Ndis;

namespace ChimneyActors.Unit.Support;

/// <summary>A target that does what the spec says, when the spec says it. No network; only the contract of the
/// plug.</summary>
internal sealed class ScriptedTarget : IOffloadTarget
{
    private readonly Lock _lock = new();
    private readonly Dictionary<OffloadHandle, Wire> _wires = [];
    private readonly Dictionary<Socket, Peer> _peers = [];

    /// <summary>Sends and disconnects are executed and acknowledged at once; else when the spec calls Run.</summary>
    public bool IsAutomatic { get; set; } = true;

    public bool AnswersSever { get; set; } = true;

    public NdisStatus InitiateStatus { get; set; } = NdisStatus.Success;

    /// <summary>Has the last word on each completion, in place of handing it up.</summary>
    public Action<OffloadCompletion, IOffloadUpcalls>? Deliver { get; set; }

    /// <summary>Set before the stack is built.</summary>
    public bool TakesForwards { get; set; } = true;

    public OffloadCapabilities Capabilities => new(1 << 20, Upload: true, TakesForwards);

    public ConcurrentQueue<OffloadMessage> Answers { get; } = new();

    public ConcurrentQueue<OffloadRequest> Submitted { get; } = new();

    public Wire this[OffloadHandle handle]
    {
        get
        {
            lock (_lock)
                return _wires[handle];
        }
    }

    /// <summary>The other end of a socket, over all its offloads.</summary>
    public Peer PeerOf(Socket socket)
    {
        lock (_lock)
        {
            if (!_peers.TryGetValue(socket, out Peer? peer))
                _peers[socket] = peer = new Peer();
            return peer;
        }
    }

    public void Submit(OffloadRequest request, IOffloadUpcalls upcalls)
    {
        Submitted.Enqueue(request);
        Wire wire;
        lock (_lock)
        {
            if (request is InitiateOffload { Block: { } block })
                _wires[request.Connection] = new Wire(this, request.Connection, block, PeerOf(block.Socket!));
            wire = _wires[request.Connection];
        }
        wire.Submit(request, upcalls);
    }

    public void Answer(OffloadMessage answer, IOffloadUpcalls upcalls)
    {
        Answers.Enqueue(answer);
        Wire? wire;
        lock (_lock)
            _wires.TryGetValue(answer.Connection, out wire);
        wire?.Answer(answer, upcalls);
    }

    public void Sever(OffloadHandle connection, IOffloadUpcalls upcalls)
    {
        if (!AnswersSever)
            return;
        Wire? wire;
        lock (_lock)
            _wires.Remove(connection, out wire);
        upcalls.Indicate(wire?.Forget()
            ?? new Severed(connection, default, TcpConnectionState.Closed, null, default, 0, false));
    }

    public RequestProgress Probe(OffloadHandle connection, Parcel parcel, FlightId flight)
    {
        Wire? wire;
        lock (_lock)
            _wires.TryGetValue(connection, out wire);
        return wire?.Has(parcel) == true ? RequestProgress.WaitingForPeer : RequestProgress.Unknown;
    }

    internal void Remove(OffloadHandle handle)
    {
        lock (_lock)
            _wires.Remove(handle);
    }
}

/// <summary>The other end of a connection: what it got, and what it sends.</summary>
internal sealed class Peer
{
    private readonly Lock _lock = new();
    private readonly List<byte> _got = [];
    private readonly Queue<byte> _sends = new();

    public bool GotFin { get; private set; }

    public bool GotReset { get; set; }

    public bool Finished { get; private set; }

    /// <summary>Sends that did not begin where the stream stood.</summary>
    public int Holes { get; private set; }

    public byte[] Got
    {
        get
        {
            lock (_lock)
                return [.. _got];
        }
    }

    public byte[] Unread
    {
        get
        {
            lock (_lock)
                return [.. _sends];
        }
    }

    public void Take(NetBufferList list, bool fin)
    {
        lock (_lock)
        {
            if (list.StreamOffset != _got.Count || GotFin)
                Holes++;
            long length = list.FirstNetBuffer.DataLength;
            for (long at = 0; at < length;)
            {
                ReadOnlySpan<byte> piece = list.FirstNetBuffer.PieceAt(at).Span;
                _got.AddRange(piece);
                at += piece.Length;
            }
            GotFin |= fin;
        }
    }

    public void Sends(ReadOnlySpan<byte> data, bool fin)
    {
        lock (_lock)
        {
            foreach (byte one in data)
                _sends.Enqueue(one);
            Finished |= fin;
        }
    }

    public int Read(Span<byte> into)
    {
        lock (_lock)
        {
            int count = 0;
            while (count < into.Length && _sends.TryDequeue(out byte one))
                into[count++] = one;
            return count;
        }
    }
}
