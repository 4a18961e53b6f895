using System.Collections.Concurrent;
using ChimneyActors.Buffers;
using ChimneyActors.Ndis;

namespace ChimneyActors.Unit.Support;

/// <summary>A target that does what the test says, when the test says it. No wire; only the contract of the plug.</summary>
internal sealed class ScriptedTarget : IOffloadTarget
{
    private readonly Lock _lock = new();
    private readonly Dictionary<OffloadHandle, Wire> _wires = [];

    public bool IsAutomatic { get; set; } = true;

    public OffloadCapabilities Capabilities { get; } = new(1 << 20, Upload: true, Forward: false);

    public ConcurrentQueue<OffloadMessage> Answers { get; } = new();

    public bool AnswersSever { get; set; } = true;

    public Wire this[OffloadHandle handle]
    {
        get
        {
            lock (_lock)
                return _wires[handle];
        }
    }

    public void Submit(OffloadRequest request, IOffloadUpcalls upcalls)
    {
        Wire wire;
        lock (_lock)
        {
            if (request is InitiateOffload initiate)
                _wires[request.Connection] = new Wire(initiate.Block.Socket, initiate.Block.Positions);
            wire = _wires[request.Connection];
        }
        wire.Add(request, upcalls);
        if (IsAutomatic || request is InitiateOffload or TerminateOffload)
            wire.Run(request is TerminateOffload);
    }

    public void Answer(OffloadMessage answer, IOffloadUpcalls upcalls) => Answers.Enqueue(answer);

    public void Sever(OffloadHandle connection, IOffloadUpcalls upcalls)
    {
        if (!AnswersSever)
            return;
        Wire? wire;
        lock (_lock)
            _wires.Remove(connection, out wire);
        wire?.Forget();
        upcalls.Indicate(new Severed(connection, wire?.Positions ?? default, TcpConnectionState.Established,
            wire?.Socket, default, 0, false));
    }

    public RequestProgress Probe(OffloadHandle connection, Parcel parcel, FlightId flight)
    {
        lock (_lock)
            return _wires.TryGetValue(connection, out Wire? wire) && wire.Has(parcel)
                ? RequestProgress.WaitingForPeer
                : RequestProgress.Unknown;
    }
}

/// <summary>One connection of a <see cref="ScriptedTarget"/>: a queue of claims and a byte stream that arrives at once.</summary>
internal sealed class Wire(System.Net.Sockets.Socket? socket, StreamPositions positions)
{
    private readonly Lock _lock = new();
    private readonly List<(Claim Claim, OffloadRequest Request)> _queue = [];
    private readonly List<byte> _sent = [];
    private IOffloadUpcalls? _upcalls;

    public StreamPositions Positions { get; private set; } = positions;

    public System.Net.Sockets.Socket? Socket => socket;

    public byte[] Sent
    {
        get
        {
            lock (_lock)
                return [.. _sent];
        }
    }

    public IOffloadUpcalls Upcalls => _upcalls!;

    public void Add(OffloadRequest request, IOffloadUpcalls upcalls)
    {
        lock (_lock)
        {
            _upcalls = upcalls;
            for (Parcel? parcel = request.Flight.Head; parcel is not null; parcel = parcel.Next)
                _queue.Add((parcel.Claim(), request));
        }
    }

    public bool Has(Parcel parcel)
    {
        lock (_lock)
            return _queue.Any(entry => entry.Claim.Parcel == parcel);
    }

    public void Forget()
    {
        lock (_lock)
            _queue.Clear();
    }

    /// <summary>Completes everything that is queued; posted receives only when the connection leaves.</summary>
    public void Run(bool leaving)
    {
        List<OffloadCompletion> completions = [];
        lock (_lock)
        {
            foreach ((Claim claim, OffloadRequest request) in _queue.ToArray())
                if (request is not TcpOffloadReceive || leaving)
                    Finish(claim, request, leaving, completions);
        }
        foreach (OffloadCompletion completion in completions)
            _upcalls!.Complete(completion);
    }

    private void Finish(Claim claim, OffloadRequest request, bool leaving, List<OffloadCompletion> completions)
    {
        _queue.RemoveAll(entry => entry.Claim == claim);
        bool upload = leaving && request is not TerminateOffload;
        long bytes = claim.Parcel is NetBufferList list && !upload && request is not TcpOffloadReceive ? Take(list) : 0;
        if (request is TerminateOffload terminate)
        {
            terminate.Block.Socket = socket;
            terminate.Block.Positions = Positions;
        }
        if (!claim.TryComplete(upload ? NdisStatus.UploadInProgress : NdisStatus.Success, bytes))
            return;
        var won = default(WonChain);
        won.Add(claim.Parcel);
        completions.Add(won.ToCompletion());
    }

    private long Take(NetBufferList list)
    {
        long length = list.FirstNetBuffer.DataLength;
        for (long at = 0; at < length;)
        {
            ReadOnlySpan<byte> piece = list.FirstNetBuffer.PieceAt(at).Span;
            _sent.AddRange(piece);
            at += piece.Length;
        }
        Positions = Positions with
        {
            Acknowledged = Positions.Acknowledged + length,
            Accepted = Positions.Accepted + length,
        };
        return length;
    }
}
