using ChimneyActors.Buffers;
using ChimneyActors.Ndis;

namespace ChimneyActors.TestKit;

/// <summary>One connection at the seeded target.</summary>
internal sealed partial class SeededWire : IPoolWaiter
{
    private readonly SeededTarget _target;
    private readonly List<(Claim Claim, DisconnectKind Kind)> _sends = [];
    private readonly List<(Claim Claim, long Offset, int Placed)> _receives = [];
    private readonly List<Claim> _late = [];    // behind the end of the stream
    private readonly List<Claim> _forwards = [];
    private readonly List<Action> _choices = [];
    private byte[] _held;
    private Claim? _initiate;
    private Claim? _terminate;
    private IOffloadUpcalls _upcalls = null!;
    private long _indicatedEnd = -1;
    private bool _waitsForRoom;
    private bool _mayRent;
    private bool _gone;
    private bool _refused;
    private bool _aborted;
    private bool _invalid;              // the host has said so: nothing more is sent
    private TcpOffloadStateCached _cached = new();
    private readonly List<(OffloadRequest Request, Claim Claim)> _asked = [];
    private bool _finAsked;
    private bool _finSaid;
    private bool _wished;
    private bool _stalled;

    public SeededWire(SeededTarget target, OffloadHandle handle, OffloadBlock begin, SeededPeer peer)
    {
        _target = target;
        Handle = handle;
        Peer = peer;
        Path = begin.Parent;
        _held = begin.BufferedData.ToArray();
    }

    /// <summary>The connection.</summary>
    public OffloadHandle Handle { get; }

    /// <summary>The path it is linked to; none for a connection on its own.</summary>
    public OffloadHandle Path { get; }

    /// <summary>The other end.</summary>
    public SeededPeer Peer { get; }

    /// <summary>Whether there is something to do now.</summary>
    public bool CanStep
    {
        get
        {
            Gather();
            return _choices.Count > 0;
        }
    }

    /// <summary>Takes a request in.</summary>
    public void Submit(OffloadRequest request, IOffloadUpcalls upcalls)
    {
        _upcalls = upcalls;
        // What a miniport took out of a tree has passed nobody but it.
        int drivers = request.Flight.Head is OffloadBlock { IsPart: true } ? 1 : Peer.Drivers;
        if (request.Flight.Head.Frames.Depth != drivers && !_target.IsExcused())
            Peer.Note($"{request.Flight.Head.Operation} came with {request.Flight.Head.Frames.Depth} contexts, "
                + $"but passed {drivers} drivers");
        for (Parcel? parcel = request.Flight.Head; parcel is not null; parcel = parcel.Next)
            switch (request)
            {
                case InitiateOffload: _initiate = parcel.Claim(); break;
                case TerminateOffload: _terminate = parcel.Claim(); break;
                case QueryOffload or UpdateOffload or InvalidateOffload: _asked.Add((request, parcel.Claim())); break;
                case TcpOffloadForward:
                    if (!_target.TakesForwards)
                        Peer.Note("a raw segment came to a target that takes none");
                    _forwards.Add(parcel.Claim());
                    break;
                case TcpOffloadReceive: _receives.Add((parcel.Claim(), 0, 0)); break;
                case TcpOffloadDisconnect disconnect:
                    _finAsked = true;
                    _sends.Add((parcel.Claim(), disconnect.Kind));
                    break;
                case TcpOffloadSend when _finAsked || Peer.FinSent: _late.Add(parcel.Claim()); break;
                default: _sends.Add((parcel.Claim(), default)); break;
            }
        if (request is TcpOffloadReceive)
            _refused = false;
        PassRoomOn();
    }

    /// <summary>The host answered an indication.</summary>
    public void Answer(OffloadMessage answer, IOffloadUpcalls upcalls)
    {
        if (answer is TcpOffloadReceiveAccepted accepted && accepted.Through >= _indicatedEnd)
            _indicatedEnd = -1;
        if (answer is not TcpOffloadReceiveRefused refused)
            return;
        var list = (NetBufferList)refused.Flight.Head;
        _indicatedEnd = -1;
        _held = [.. list.FirstNetBuffer.PieceAt(0).Span, .. _held];
        _refused = _receives.Count == 0;
        PassRoomOn();
        upcalls.ReceivePool.Return(list);
    }

    /// <summary>Whether it has a request.</summary>
    public bool Has(Parcel parcel, FlightId flight) =>
        _sends.Exists(send => Is(send.Claim, parcel, flight))
        || _late.Exists(late => Is(late, parcel, flight))
        || _forwards.Exists(forward => Is(forward, parcel, flight))
        || _receives.Exists(receive => Is(receive.Claim, parcel, flight))
        || _asked.Exists(asked => Is(asked.Claim, parcel, flight))
        || (_initiate is { } initiate && Is(initiate, parcel, flight))
        || (_terminate is { } terminate && Is(terminate, parcel, flight));

    /// <summary>Lets go of everything.</summary>
    public Severed Forget()
    {
        for (int i = _receives.Count - 1; i >= 0; i--)
            PutBack(_receives[i]);
        _target.Trace.Write($"peer {Peer.Number} severed: {Positions}");
        if (_aborted || Peer.IsReset)
            Peer.Socket.Dispose();
        return new Severed(Handle, Positions, _aborted ? TcpConnectionState.Closed : TcpConnectionState.Established,
            _aborted || Peer.IsReset ? null : Peer.Socket, _held, Peer.Read - _held.Length, Peer.FinSent);
    }

    void IPoolWaiter.RoomAgain()
    {
        _waitsForRoom = false;
        _mayRent = true;
        PassRoomOn();
    }

    /// <summary>Somebody else waits beside a free list, if this connection has no use for it any more.</summary>
    public void PassRoomOn()
    {
        if (!_mayRent || (CanIndicate && !_gone))
            return;
        _mayRent = false;
        _upcalls.ReceivePool.PassOn();
    }

    /// <summary>It is not the target's any more.</summary>
    public void Gone()
    {
        _gone = true;
        PassRoomOn();
    }

    /// <summary>Does one of the things that <see cref="CanStep"/> found.</summary>
    public void Step()
    {
        Action next = _choices[Peer.Random.Below(_choices.Count)];
        if (_aborted || _initiate is not null || _target.IsCalm || !Peer.Random.Percent(1))
            next();
        else if (Peer.Random.Percent(70))
            Stall();
        else if (Peer.Random.Percent(60))
            Wish(1);
        else
            Reset();
        PassRoomOn();
    }

    private StreamPositions Positions => new(Peer.Acknowledged, Peer.Accepted, Peer.Read);

    private void Gather()
    {
        _choices.Clear();
        if (_stalled)
            return;
        if (_initiate is { } initiate)
        {
            _choices.Add(() => Begin(initiate));
            return;
        }
        if (_asked.Count > 0)
            _choices.Add(AnswerFirst);
        else if (_terminate is not null && _indicatedEnd < 0)
            _choices.Add(Leave);
        if (_aborted)
        {
            if (_sends.Count + _receives.Count + _late.Count + _forwards.Count > 0)
                _choices.Add(() => EndAll(NdisStatus.RequestAborted));
            return;
        }
        if (_sends.Count == 0 && _late.Count > 0)
            _choices.Add(RefuseLate);
        if (_sends.Count > 0 && CanTransmit && !_invalid)
            _choices.Add(Transmit);
        if (Peer.Acknowledged < Peer.Accepted || (Peer.FinSent && !Peer.FinAcknowledged))
            _choices.Add(Acknowledge);
        if (_sends.Count > 0 && CanComplete)
            _choices.Add(CompletePrefix);
        if (Peer.HasMore)
            _choices.Add(Peer.Say);
        if (_forwards.Count > 0)
            _choices.Add(ProcessFirst);
        if (_terminate is null)
            GatherReceiving();
    }

    private bool HasData => _held.Length > 0 || Peer.PeerSent > Peer.Read;

    private bool CanIndicate => HasData && !_aborted && _terminate is null && _receives.Count == 0
        && _indicatedEnd < 0 && !_refused && !_waitsForRoom;

    private void GatherReceiving()
    {
        bool data = HasData;
        if (data && _receives.Count > 0 && _indicatedEnd < 0)
            _choices.Add(FillFirst);
        if (!data && _receives.Count > 0 && _receives[0].Placed > 0 && !ListOf(_receives[0].Claim).NoPush)
            _choices.Add(PushFirst);    // there is no more for it
        if (CanIndicate)
            _choices.Add(IndicateNext);
        if (!data && Peer.PeerFinished && !_finSaid && _indicatedEnd < 0)
            _choices.Add(SayFin);
    }

    private void Begin(Claim initiate)
    {
        _initiate = null;
        bool refuse = _target.IsGone || Peer.Random.Percent(_target.RefusesPercent)
            || (!Path.IsNone && _target.FindObject(Path) is not { IsGood: true });
        if (refuse)
        {
            Peer.IsRefused = true;
            _target.Remove(this);
        }
        Tell(initiate, refuse ? NdisStatus.Failure : NdisStatus.Success, 0);
    }

    /// <summary>State operations end in the order they came, before a terminate behind them.</summary>
    private void AnswerFirst()
    {
        (OffloadRequest request, Claim claim) = _asked[0];
        _asked.RemoveAt(0);
        if (request is QueryOffload query && claim.IsOpen)
            query.Block.Queried = new TcpOffloadState(new(), _cached, new()
            {
                State = _aborted || Peer.IsReset ? TcpConnectionState.Closed : TcpConnectionState.Established,
                ReceiveNext = (uint)Peer.Read,
                SendUnacknowledged = (uint)Peer.Acknowledged,
                SendNext = (uint)Peer.Accepted,
                SendMax = (uint)Peer.Accepted,
                ReceiveBacklogSize = (uint)(_held.Length + Peer.PeerSent - Peer.Read),
            });
        if (request is UpdateOffload update)
            _cached = update.Block.Update!;
        Tell(claim, NdisStatus.Success, 0);
        if (request is InvalidateOffload)
            LoseWay();
    }

    /// <summary>It was invalidated, or its path was: nothing more is sent, and it wants to go back (INV-03).</summary>
    public void LoseWay()
    {
        if (_invalid || _aborted || _terminate is not null || _initiate is not null)
            return;
        _invalid = Peer.IsWished = true;
        _upcalls.Indicate(new TcpOffloadEvent(
            Handle, TcpOffloadEventType.Retrieve, (long)TcpUploadReason.InvalidState, 0));
    }

    private void Leave()
    {
        // Everything under way ends first; the terminate is the last word (TERM-28).
        EndAll(NdisStatus.UploadInProgress);
        Claim terminate = _terminate!.Value;
        var block = (OffloadBlock)terminate.Parcel;
        _target.Remove(this);
        if (_aborted || Peer.IsReset)
            Peer.Socket.Dispose();
        if (terminate.IsOpen)
        {
            block.Socket = _aborted || Peer.IsReset ? null : Peer.Socket;
            block.Positions = Positions;
            block.BufferedData = _held;
            block.FinSent = Peer.FinSent;
            _target.Record.Left(Handle);
        }
        Tell(terminate, NdisStatus.Success, 0);
    }

    private void Stall()
    {
        _stalled = true;
        _target.Clock.At(
            TimeSpan.FromMilliseconds(Peer.Random.Between(1, 9000)), null, () => _stalled = false);
    }

    /// <summary>Asks to be relieved of the connection, once or many times at once.</summary>
    public void Wish(int times)
    {
        if (_wished || _terminate is not null || _aborted || _initiate is not null)
            return;
        _wished = Peer.IsWished = true;
        TcpUploadReason reason = Peer.Random.Percent(50)
            ? TcpUploadReason.LowActivity : TcpUploadReason.UploadRequested;
        for (int left = times; left > 0; left--)
            _upcalls.Indicate(new TcpOffloadEvent(Handle, TcpOffloadEventType.Retrieve, (long)reason, 0));
    }

    /// <summary>Ends it as a peer's reset does, or the loss of the adapter.</summary>
    public void Reset()
    {
        if (_aborted || _initiate is not null)
            return;
        _aborted = Peer.IsReset = true;
        _target.Trace.Write($"peer {Peer.Number} resets");
        _upcalls.Indicate(new TcpOffloadEvent(Handle, TcpOffloadEventType.Abort, 0, 0));
        EndAll(NdisStatus.RequestAborted);
    }

    private static bool Is(Claim claim, Parcel parcel, FlightId flight) =>
        claim.Parcel == parcel && claim.Flight == flight;

    private void Tell(Claim claim, NdisStatus status, long bytes)
    {
        _target.Spend(claim);
        if (!claim.TryComplete(status, bytes))
            return;
        var won = default(WonChain);
        won.Add(claim.Parcel);
        Tell(won.ToCompletion());
    }

    private void Tell(OffloadCompletion completion)
    {
        Parcel head = completion.Flight.Head;
        _target.Trace.Write(
            $"peer {Peer.Number} completes {completion.Flight.Count} {head.Operation}, {head.Status}");
        _upcalls.Complete(completion);
    }
}
