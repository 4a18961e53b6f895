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
    private readonly Dictionary<OffloadHandle, ScriptedObject> _objects = [];

    /// <summary>Sends and disconnects are executed and acknowledged at once; else when the spec calls Run.</summary>
    public bool IsAutomatic { get; set; } = true;

    public bool AnswersSever { get; set; } = true;

    public NdisStatus InitiateStatus { get; set; } = NdisStatus.Success;

    /// <summary>Has the last word on each completion, in place of handing it up.</summary>
    public Action<OffloadCompletion, IOffloadUpcalls>? Deliver { get; set; }

    /// <summary>Set before the stack is built.</summary>
    public bool TakesForwards { get; set; } = true;

    /// <summary>Likewise.</summary>
    public bool TakesObjects { get; set; } = true;

    public OffloadCapabilities Capabilities =>
        new(1 << 20, Upload: true, TakesForwards) { StateObjects = TakesObjects };

    /// <summary>What a state operation on a path or neighbor, or an initiate of a connection in a tree, comes
    /// to.</summary>
    public Func<OffloadRequest, NdisStatus> StatusOf { get; set; } = _ => NdisStatus.Success;

    /// <summary>Paths and neighbors here.</summary>
    public ScriptedObject[] Objects
    {
        get
        {
            lock (_lock)
                return [.. _objects.Values];
        }
    }

    /// <summary>Names of the connections here.</summary>
    public OffloadHandle[] Connections
    {
        get
        {
            lock (_lock)
                return [.. _wires.Keys];
        }
    }

    /// <summary>A path or neighbor; null if it is not here.</summary>
    public ScriptedObject? ObjectOf(OffloadHandle handle)
    {
        lock (_lock)
            return _objects.GetValueOrDefault(handle);
    }

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
        if (FindObject(request) is { } one)
        {
            one.Submit(request, upcalls);
            return;
        }
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
        {
            _wires.Remove(connection, out wire);
            if (_objects.Remove(connection, out ScriptedObject? one))
                one.Forget();
        }
        upcalls.Indicate(wire?.Forget()
            ?? new Severed(connection, default, TcpConnectionState.Closed, null, default, 0, false));
    }

    public RequestProgress Probe(OffloadHandle connection, Parcel parcel, FlightId flight)
    {
        Wire? wire;
        ScriptedObject? one;
        lock (_lock)
        {
            _wires.TryGetValue(connection, out wire);
            _objects.TryGetValue(connection, out one);
        }
        bool isHere = wire?.Has(parcel) == true || one?.Has(parcel) == true;
        return isHere ? RequestProgress.WaitingForPeer : RequestProgress.Unknown;
    }

    internal void Remove(OffloadHandle handle)
    {
        lock (_lock)
        {
            _wires.Remove(handle);
            _objects.Remove(handle);
        }
    }

    private ScriptedObject? FindObject(OffloadRequest request)
    {
        lock (_lock)
        {
            if (request is InitiateOffload { Block: { Layer: not OffloadLayer.Tcp } block })
                _objects[request.Connection] = new ScriptedObject(this, request.Connection, block.Layer);
            return _objects.GetValueOrDefault(request.Connection);
        }
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
            long length = list.DataLength;
            for (long at = 0; at < length;)
            {
                ReadOnlySpan<byte> piece = list.PieceAt(at).Span;
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
