using System.Net.Sockets;
using ChimneyActors.Buffers;
using ChimneyActors.Ndis;

namespace ChimneyActors.Unit.Support;

/// <summary>One connection of a <see cref="ScriptedTarget"/>: what the contract asks of a target, and nothing
/// more.</summary>
/// <remarks>One indication at a time waits for its answer; what the host refused waits for a posted receive
/// (RIND-05).</remarks>
internal sealed class Wire(ScriptedTarget target, OffloadHandle handle, OffloadBlock begin, Peer peer) : IPoolWaiter
{
    private readonly Lock _lock = new();
    private readonly List<(Claim Claim, OffloadRequest Request)> _sends = [];
    private readonly List<(Claim Claim, int Placed)> _receives = [];
    private readonly Socket _socket = begin.Socket!;
    private readonly Queue<Claim> _asked = [];
    private readonly Queue<Claim> _forwards = [];
    private byte[] _held = begin.BufferedData.ToArray();
    private Claim? _terminate;
    private IOffloadUpcalls? _upcalls;
    private long _received = begin.Positions.Received;
    private long _sent = begin.Positions.Accepted;
    private long _indicatedEnd = -1;
    private bool _refused;
    private bool _aborted;
    private bool _finSaid;
    private bool _over;
    private int _inside;
    private int _overlaps;

    public Peer Peer => peer;

    public Socket Socket => _socket;

    public byte[] Sent => peer.Got;

    public IOffloadUpcalls Upcalls => _upcalls!;

    public int Queued
    {
        get
        {
            lock (_lock)
                return _sends.Count + _receives.Count;
        }
    }

    /// <summary>Requests that came while another was being handed over (SEND-02, RECV-06).</summary>
    public int Overlaps => Volatile.Read(ref _overlaps);

    public void Submit(OffloadRequest request, IOffloadUpcalls upcalls)
    {
        if (Interlocked.Increment(ref _inside) > 1)
            Interlocked.Increment(ref _overlaps);
        Take(request, upcalls);
        Interlocked.Decrement(ref _inside);
    }

    private void Take(OffloadRequest request, IOffloadUpcalls upcalls)
    {
        lock (_lock)
        {
            _upcalls = upcalls;
            Claim first = request.Flight.Head.Claim();
            switch (request)
            {
                case InitiateOffload:
                    NdisStatus status = target.InitiateStatus == NdisStatus.Success
                        ? target.StatusOf(request) : target.InitiateStatus;
                    _over = status != NdisStatus.Success;
                    if (_over)
                        target.Remove(handle);
                    Complete(first, status, 0);
                    break;
                case TerminateOffload:
                    _terminate = first;
                    EndAll(NdisStatus.UploadInProgress);
                    break;
                case QueryOffload or UpdateOffload or InvalidateOffload:
                    _asked.Enqueue(first);
                    if (target.IsAutomatic)
                        AnswerLocked(NdisStatus.Success);
                    break;
                case TcpOffloadForward:
                    for (Parcel? parcel = request.Flight.Head; parcel is not null; parcel = parcel.Next)
                        _forwards.Enqueue(parcel.Claim());
                    if (target.IsAutomatic)
                        EndForwards(NdisStatus.Success, int.MaxValue);
                    break;
                case TcpOffloadReceive:
                    for (Parcel? parcel = request.Flight.Head; parcel is not null; parcel = parcel.Next)
                        _receives.Add((parcel.Claim(), 0));
                    _refused = false;
                    break;
                default:
                    for (Parcel? parcel = request.Flight.Head; parcel is not null; parcel = parcel.Next)
                        _sends.Add((parcel.Claim(), request));
                    if (target.IsAutomatic)
                        RunLocked(int.MaxValue);
                    break;
            }
            Pump();
        }
    }

    /// <summary>Executes so many of the waiting sends and disconnects.</summary>
    public void Run(int count = int.MaxValue)
    {
        lock (_lock)
            RunLocked(count);
    }

    /// <summary>Processes so many of the waiting segments.</summary>
    public void Process(int count = int.MaxValue)
    {
        lock (_lock)
            EndForwards(NdisStatus.Success, count);
    }

    private void EndForwards(NdisStatus status, int count)
    {
        for (; count > 0 && _forwards.TryDequeue(out Claim claim); count--)
            Complete(claim, status, 0);
    }

    /// <summary>Answers the oldest query, update or invalidate.</summary>
    public void AnswerState(NdisStatus status)
    {
        lock (_lock)
            AnswerLocked(status);
    }

    private void AnswerLocked(NdisStatus status)
    {
        Claim claim = _asked.Dequeue();
        if (claim.IsOpen)
            ((OffloadBlock)claim.Parcel).Queried = new TcpOffloadState(
                new(), new(), new() { SendNext = (uint)_sent, ReceiveNext = (uint)_received });
        Complete(claim, status, 0);
        Pump();
    }

    /// <summary>Gives the peer all that waits, a FIN too; but nobody has acknowledged it.</summary>
    public void TakeWithoutAcknowledging()
    {
        lock (_lock)
            foreach ((Claim claim, OffloadRequest request) in _sends)
            {
                var list = (NetBufferList)claim.Parcel;
                peer.Take(list, request is TcpOffloadDisconnect);
                _sent += list.DataLength;
            }
    }

    /// <summary>The peer sends.</summary>
    public void Feed(ReadOnlySpan<byte> data, bool fin = false)
    {
        peer.Sends(data, fin);
        lock (_lock)
            Pump();
    }

    /// <summary>The peer resets (EVT-04, EVT-23).</summary>
    public void Reset()
    {
        lock (_lock)
        {
            _aborted = true;
            _upcalls!.Indicate(new TcpOffloadEvent(handle, TcpOffloadEventType.Abort, 0, 0));
            EndAll(NdisStatus.RequestAborted);
        }
    }

    public void Say(TcpUploadReason reason) =>
        _upcalls!.Indicate(new TcpOffloadEvent(handle, TcpOffloadEventType.Retrieve, (long)reason, 0));

    public void Answer(OffloadMessage answer, IOffloadUpcalls upcalls)
    {
        lock (_lock)
        {
            if (answer is TcpOffloadReceiveAccepted accepted && accepted.Through >= _indicatedEnd)
                _indicatedEnd = -1;
            if (answer is TcpOffloadReceiveRefused refused)
                TakeBack((NetBufferList)refused.Flight.Head, upcalls);
            Pump();
        }
    }

    /// <summary>The peer acknowledges, but the target has not come to say so.</summary>
    public void AcknowledgeUntold(int bytes)
    {
        lock (_lock)
            _sent += bytes;
    }

    public Severed Forget()
    {
        lock (_lock)
        {
            _over = true;
            foreach ((Claim claim, int placed) in Enumerable.Reverse(_receives))
                if (placed > 0)
                    _held = [.. ((NetBufferList)claim.Parcel).FirstNetBuffer.PieceAt(0).Span[..placed], .. _held];
            _receives.Clear();
            _sends.Clear();
            _forwards.Clear();
            _asked.Clear();
            return new Severed(handle, Positions, _aborted ? TcpConnectionState.Closed : TcpConnectionState.Established,
                _aborted ? null : _socket, _held, _received - _held.Length, peer.GotFin);
        }
    }

    public bool Has(Parcel parcel)
    {
        lock (_lock)
            return _sends.Any(entry => entry.Claim.Parcel == parcel) || _terminate?.Parcel == parcel
                || _receives.Any(entry => entry.Claim.Parcel == parcel)
                || _asked.Concat(_forwards).Any(claim => claim.Parcel == parcel);
    }

    void IPoolWaiter.RoomAgain()
    {
        lock (_lock)
            Pump();
    }

    private StreamPositions Positions => new(_sent, _sent, _received);

    private void TakeBack(NetBufferList list, IOffloadUpcalls upcalls)
    {
        _indicatedEnd = -1;
        _held = [.. list.FirstNetBuffer.PieceAt(0).Span, .. _held];
        _refused = _receives.Count == 0;
        upcalls.ReceivePool.Return(list);
    }

    private void RunLocked(int count)
    {
        for (; count > 0 && _sends.Count > 0; count--)
        {
            (Claim claim, OffloadRequest request) = _sends[0];
            var list = (NetBufferList)claim.Parcel;
            if (request is TcpOffloadDisconnect { Kind: DisconnectKind.Abortive } || _aborted)
            {
                _aborted = peer.GotReset = true;
                _sends.RemoveAt(0);
                EndAll(NdisStatus.RequestAborted);
                Complete(claim, NdisStatus.Success, 0);
                continue;
            }
            _sends.RemoveAt(0);
            long bytes = claim.IsOpen ? list.DataLength : 0;
            if (claim.IsOpen)
                peer.Take(list, request is TcpOffloadDisconnect);
            _sent += bytes;
            Complete(claim, NdisStatus.Success, bytes);
        }
    }

    private void EndAll(NdisStatus status)
    {
        foreach ((Claim claim, _) in _sends.ToArray())
            Complete(claim, status, 0);
        _sends.Clear();
        foreach ((Claim claim, int placed) in _receives.ToArray())
            Complete(claim, status, placed);
        _receives.Clear();
        EndForwards(status, int.MaxValue);
    }

    private void Pump()
    {
        while (!_over && !_aborted && _indicatedEnd < 0 && _terminate is null
            && (_receives.Count > 0 ? FillFirst() : IndicateNext()))
        {
        }
        if (_terminate is { } terminate && _indicatedEnd < 0 && _asked.Count == 0 && !_over)
            Leave(terminate);
        else if (peer.Finished && !_finSaid && !_over && _indicatedEnd < 0 && _held.Length + peer.Unread.Length == 0)
        {
            _finSaid = true;
            EndAllReceives();
            _upcalls!.Indicate(new TcpOffloadEvent(handle, TcpOffloadEventType.Disconnect, 0, _received));
        }
    }

    private void EndAllReceives()
    {
        foreach ((Claim claim, int placed) in _receives.ToArray())
            Complete(claim, NdisStatus.Success, placed);
        _receives.Clear();
    }

    private bool FillFirst()
    {
        (Claim claim, int placed) = _receives[0];
        var list = (NetBufferList)claim.Parcel;
        int length = (int)list.FirstNetBuffer.DataLength;
        int taken = Read(list.FirstNetBuffer.PieceAt(placed).Span);
        placed += taken;
        _receives[0] = (claim, placed);
        if (placed < length && (placed == 0 || list.NoPush))
            return taken > 0;
        _receives.RemoveAt(0);
        Complete(claim, NdisStatus.Success, placed);
        return true;
    }

    private bool IndicateNext()
    {
        if (_refused || _held.Length + peer.Unread.Length == 0)
            return false;
        if (_upcalls!.ReceivePool.Rent(this) is not { } list)
            return false;
        int length = Read(list.Buffer.Span);
        _indicatedEnd = _received - _held.Length;
        _upcalls.Indicate(ReceiveIndication.Make(handle, list, length, _indicatedEnd - length, _upcalls.Holder));
        return true;
    }

    private int Read(Span<byte> into)
    {
        int held = Math.Min(into.Length, _held.Length);
        _held.AsSpan(0, held).CopyTo(into);
        _held = _held[held..];
        int read = held > 0 ? 0 : peer.Read(into);
        _received += read;
        return held + read;
    }

    private void Leave(Claim terminate)
    {
        _over = true;
        var block = (OffloadBlock)terminate.Parcel;
        block.Socket = _aborted ? null : _socket;
        block.Positions = Positions;
        block.BufferedData = _held;
        block.FinSent = peer.GotFin;
        target.Remove(handle);
        Complete(terminate, NdisStatus.Success, 0);
    }

    private void Complete(Claim claim, NdisStatus status, long bytes)
    {
        if (!claim.TryComplete(status, bytes))
            return;
        var won = default(WonChain);
        won.Add(claim.Parcel);
        OffloadCompletion completion = won.ToCompletion();
        if (target.Deliver is { } deliver)
            deliver(completion, _upcalls!);
        else
            _upcalls!.Complete(completion);
    }
}
