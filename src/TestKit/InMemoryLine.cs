using ChimneyActors.Buffers;
using ChimneyActors.Ndis;

namespace ChimneyActors.TestKit;

/// <summary>One connection at the in-memory target: what can happen on it now, one thing for each turn.</summary>
internal sealed class InMemoryLine : IPoolWaiter
{
    private const int PieceMax = 1500;
    private readonly InMemoryTarget _target;
    private readonly InMemoryPeer _peer;
    private readonly List<(Claim Claim, DisconnectKind Kind)> _sends = [];
    private readonly List<Claim> _receives = [];
    private readonly List<Action> _choices = [];
    private byte[] _held;       // received, refused by the host
    private Claim? _initiate;
    private Claim? _terminate;
    private IOffloadUpcalls _upcalls = null!;
    private long _indicatedEnd = -1;
    private bool _waitsForRoom;
    private bool _hasRoom;      // was told of it, and has not used it yet
    private bool _refused;
    private bool _aborted;
    private bool _invalid;              // the host has said so: nothing more is sent
    private TcpOffloadStateCached _cached = new();
    private bool _finSaid;
    private bool _scheduled;
    private bool _over;

    public InMemoryLine(InMemoryTarget target, OffloadHandle handle, OffloadBlock begin, InMemoryPeer peer)
    {
        _target = target;
        _peer = peer;
        _held = begin.BufferedData.ToArray();
        Handle = handle;
        peer.Woken = Wake;
    }

    /// <summary>The connection.</summary>
    public OffloadHandle Handle { get; }

    private StreamPositions Positions => new(_peer.Acknowledged, _peer.Accepted, _peer.Read);

    private long Available => _held.Length + _peer.Unread;

    /// <summary>Takes a request in.</summary>
    public void Submit(OffloadRequest request, IOffloadUpcalls upcalls)
    {
        _upcalls = upcalls;
        for (Parcel? parcel = request.Flight.Head; parcel is not null; parcel = parcel.Next)
            switch (request)
            {
                case InitiateOffload: _initiate = parcel.Claim(); break;
                case TerminateOffload: _terminate = parcel.Claim(); break;
                case QueryOffload or UpdateOffload or InvalidateOffload: OnState(request, parcel.Claim()); break;
                case TcpOffloadReceive: _receives.Add(parcel.Claim()); break;
                case TcpOffloadDisconnect disconnect: _sends.Add((parcel.Claim(), disconnect.Kind)); break;
                default: _sends.Add((parcel.Claim(), default)); break;
            }
        if (request is TcpOffloadReceive)
            _refused = false;
        Wake();
    }

    /// <summary>The host answered an indication.</summary>
    public void Answer(OffloadMessage answer, IOffloadUpcalls upcalls)
    {
        if (answer is TcpOffloadReceiveAccepted accepted && accepted.Through >= _indicatedEnd)
            _indicatedEnd = -1;
        if (answer is TcpOffloadReceiveRefused refused)
        {
            var list = (NetBufferList)refused.Flight.Head;
            _indicatedEnd = -1;
            _held = [.. list.FirstNetBuffer.PieceAt(0).Span, .. _held];
            _refused = _receives.Count == 0;
            upcalls.ReceivePool.Return(list);
        }
        Wake();
    }

    /// <summary>Whether it has a request.</summary>
    public bool Has(Parcel parcel, FlightId flight) =>
        _sends.Select(send => send.Claim).Concat(_receives)
            .Concat(_initiate is { } initiate ? [initiate] : []).Concat(_terminate is { } terminate ? [terminate] : [])
            .Any(claim => claim.Parcel == parcel && claim.Flight == flight);

    /// <summary>Lets go of everything.</summary>
    public Severed Forget()
    {
        _over = true;
        Wake();
        bool gone = _aborted || _peer.IsReset;
        return new Severed(Handle, Positions, gone ? TcpConnectionState.Closed : TcpConnectionState.Established,
            gone ? null : _peer.Socket, _held, _peer.Read - _held.Length, _peer.FinSent);
    }

    void IPoolWaiter.RoomAgain()
    {
        _waitsForRoom = false;
        _hasRoom = true;
        Wake();
    }

    private void Wake()
    {
        if (_hasRoom && !CanIndicate)
        {
            _hasRoom = false;
            _upcalls.ReceivePool.PassOn();      // or others would wait beside a free list
        }
        if (_scheduled || _over)
            return;
        Gather();
        if (_choices.Count == 0)
            return;
        _scheduled = true;
        _target.World.Schedule($"peer {_peer.Number}", Step);
    }

    private void Step()
    {
        _scheduled = false;
        if (_over)
            return;
        Gather();
        if (_choices.Count > 0)
            _choices[_target.World.Draw(_choices.Count)]();
        Wake();
    }

    private void Gather()
    {
        _choices.Clear();
        if (_initiate is not null)
        {
            _choices.Add(Begin);
            return;
        }
        if (_terminate is not null && _indicatedEnd < 0)
            _choices.Add(Leave);
        if (_peer.IsReset && !_aborted)
            _choices.Add(Abort);
        else if (_aborted && _sends.Count + _receives.Count > 0)
            _choices.Add(() => EndAll(NdisStatus.RequestAborted));
        if (_aborted || _peer.IsReset)
            return;
        if (!_invalid && _sends.Exists(MustTransmit))
            _choices.Add(Transmit);
        if (_peer.OwesAcknowledgement)
            _choices.Add(() => _peer.Acknowledge(1 + _target.World.Draw(2 * PieceMax)));
        if (_sends.Count > 0 && IsFinished(_sends[0]))
            _choices.Add(CompleteSends);
        if (_terminate is null && _indicatedEnd < 0)
            GatherReceiving();
    }

    private bool CanIndicate => !_over && !_aborted && !_peer.IsReset && _terminate is null && _indicatedEnd < 0
        && Available > 0 && _receives.Count == 0 && !_refused && !_waitsForRoom;

    private void GatherReceiving()
    {
        if (_receives.Count > 0 && CanFill(_receives[0]))
            _choices.Add(FillFirst);
        if (CanIndicate)
            _choices.Add(IndicateNext);
        if (Available == 0 && _peer.Finished && (!_finSaid || _receives.Count > 0))
            _choices.Add(SayFin);
    }

    private void Begin()
    {
        Claim initiate = _initiate!.Value;
        _initiate = null;
        Tell(initiate, NdisStatus.Success, 0);
    }

    private void Leave()
    {
        // Everything under way ends first; the terminate is the last word (TERM-28).
        EndAll(NdisStatus.UploadInProgress);
        Claim terminate = _terminate!.Value;
        _over = true;
        Wake();
        _target.Remove(this);
        if (terminate.IsOpen && terminate.Parcel is OffloadBlock block)
        {
            block.Socket = _aborted || _peer.IsReset ? null : _peer.Socket;
            block.Positions = Positions;
            block.BufferedData = _held;
            block.FinSent = _peer.FinSent;
        }
        Tell(terminate, NdisStatus.Success, 0);
    }

    private void Abort()
    {
        _aborted = true;
        _upcalls.Indicate(new TcpOffloadEvent(Handle, TcpOffloadEventType.Abort, 0, 0));
        EndAll(NdisStatus.RequestAborted);
    }

    /// <summary>State operations are answered at once, before whatever was asked earlier.</summary>
    private void OnState(OffloadRequest request, Claim claim)
    {
        if (request is QueryOffload query)
            query.Block.Queried = new TcpOffloadState(new(), _cached, new()
            {
                State = _aborted || _peer.IsReset ? TcpConnectionState.Closed : TcpConnectionState.Established,
                ReceiveNext = (uint)_peer.Read,
                SendUnacknowledged = (uint)_peer.Acknowledged,
                SendNext = (uint)_peer.Accepted,
                SendMax = (uint)_peer.Accepted,
                ReceiveBacklogSize = (uint)Available,
            });
        if (request is UpdateOffload update)
            _cached = update.Block.Update!;
        bool isNews = request is InvalidateOffload && !_invalid && !_aborted;
        _invalid |= isNews;
        Tell(claim, NdisStatus.Success, 0);
        if (isNews)
            _upcalls.Indicate(new TcpOffloadEvent(
                Handle, TcpOffloadEventType.Retrieve, (long)TcpUploadReason.InvalidState, 0));
    }

    private bool MustTransmit((Claim Claim, DisconnectKind Kind) send) => send.Claim.IsOpen && send.Kind switch
    {
        DisconnectKind.Abortive => true,
        DisconnectKind.Graceful => !_peer.FinSent,
        _ => End(send.Claim) > _peer.Accepted,
    };

    private bool IsFinished((Claim Claim, DisconnectKind Kind) send) =>
        !send.Claim.IsOpen || (send.Kind != DisconnectKind.Abortive && End(send.Claim) <= _peer.Acknowledged
        && (send.Kind != DisconnectKind.Graceful || _peer.HostClosed));

    private void Transmit()
    {
        (Claim claim, DisconnectKind kind) = _sends.Find(MustTransmit);
        if (kind == DisconnectKind.Abortive)
        {
            _aborted = true;
            _peer.Reset();
            _sends.RemoveAll(send => send.Claim.Parcel == claim.Parcel);
            EndAll(NdisStatus.RequestAborted);
            Tell(claim, NdisStatus.Success, 0);
            return;
        }
        NetBufferList list = ListOf(claim);
        long done = Math.Max(0, _peer.Accepted - list.StreamOffset);
        ReadOnlySpan<byte> piece = list.PieceAt(done).Span;
        int count = Math.Min(piece.Length, 1 + _target.World.Draw(PieceMax));
        _peer.Accept(piece[..count]);
        if (kind == DisconnectKind.Graceful && done + count == list.DataLength)
            _peer.FinSent = true;
    }

    private void CompleteSends()
    {
        var won = default(WonChain);
        int most = 1 + _target.World.Draw(3);
        for (; most > 0 && _sends.Count > 0 && IsFinished(_sends[0]); most--)
        {
            (Claim claim, DisconnectKind kind) = _sends[0];
            if (kind != default && !won.IsEmpty)
                break;      // a disconnect travels alone
            _sends.RemoveAt(0);
            if (claim.IsOpen && claim.TryComplete(NdisStatus.Success, ListOf(claim).DataLength))
                won.Add(claim.Parcel);
            if (kind != default)
                break;
        }
        if (!won.IsEmpty)
            _upcalls.Complete(won.ToCompletion());
    }

    private void EndAll(NdisStatus status)
    {
        foreach ((Claim claim, _) in _sends)
            if (claim.IsOpen)
                Tell(claim, status, Math.Clamp(
                    _peer.Acknowledged - ListOf(claim).StreamOffset, 0, ListOf(claim).DataLength));
        _sends.Clear();
        foreach (Claim claim in _receives)
            Tell(claim, status, 0);
        _receives.Clear();
    }

    private bool CanFill(Claim claim) => !claim.IsOpen
        || (Available > 0 && (!ListOf(claim).NoPush || _peer.Finished || Available >= ListOf(claim).DataLength));

    private void FillFirst()
    {
        Claim claim = _receives[0];
        _receives.RemoveAt(0);
        if (!claim.IsOpen)
            return;
        Span<byte> room = ListOf(claim).FirstNetBuffer.PieceAt(0).Span;
        if (!ListOf(claim).NoPush && room.Length > 1)
            room = room[..(1 + _target.World.Draw(room.Length))];
        Tell(claim, NdisStatus.Success, Read(room));
    }

    private void IndicateNext()
    {
        if (_upcalls.ReceivePool.Rent(this) is not { } list)
        {
            _waitsForRoom = true;
            return;
        }
        _hasRoom = false;
        long offset = _peer.Read - _held.Length;
        int length = Read(list.Buffer.Span[..(1 + _target.World.Draw(list.Buffer.Length))]);
        _indicatedEnd = offset + length;
        _upcalls.Indicate(ReceiveIndication.Make(Handle, list, length, offset, _upcalls.Holder));
    }

    private void SayFin()
    {
        foreach (Claim claim in _receives)
            Tell(claim, NdisStatus.Success, 0);
        _receives.Clear();
        if (_finSaid)
            return;
        _finSaid = true;
        _upcalls.Indicate(new TcpOffloadEvent(Handle, TcpOffloadEventType.Disconnect, 0, _peer.Read));
    }

    private int Read(Span<byte> into)
    {
        if (_held.Length == 0)
            return _peer.Take(into);
        int count = Math.Min(into.Length, _held.Length);
        _held.AsSpan(0, count).CopyTo(into);
        _held = _held[count..];
        return count;
    }

    private void Tell(Claim claim, NdisStatus status, long bytes)
    {
        if (!claim.TryComplete(status, bytes))
            return;
        var won = default(WonChain);
        won.Add(claim.Parcel);
        _upcalls.Complete(won.ToCompletion());
    }

    private static NetBufferList ListOf(Claim claim) => (NetBufferList)claim.Parcel;

    private static long End(Claim claim) => ListOf(claim).StreamOffset + ListOf(claim).DataLength;
}
