using ChimneyActors.Buffers;
using ChimneyActors.Cluster.Link;
using ChimneyActors.Cluster.Wire;
using ChimneyActors.Embedding;
using ChimneyActors.Ndis;
using Google.Protobuf;

namespace ChimneyActors.Cluster.Adapters;

/// <summary>One offload of a host's connection to this node's own stack. Everything but the calls of the stack on the
/// link's driver.</summary>
/// <remarks>The stack completes each request that is made of it here exactly once; what came of it is said to the host
/// by the link, exactly once. A connection that was taken back, or reset, is said to be only when everything before it
/// has been answered.</remarks>
internal sealed partial class AdapterOffload(AdapterLink link, ulong number, AdapterSocket socket, long window)
    : IConnectionUser
{
    private const int PieceBytesMax = 32 * 1024;
    private readonly Queue<ReceivedData> _held = new();
    private readonly SortedSet<long> _doneEarly = [];
    private readonly List<Happened> _early = [];        // before the host knows that it is open
    private OffloadedConnection? _connection;
    private StreamPositions _begin;
    private int _heldTaken;             // bytes of the first that were said
    private long _credit = window;
    private long _said;
    private long _pieces;
    private long _piecesDone;
    private long _acknowledged;
    private bool _hasNews;              // acknowledgements that were not said
    private int _out;                   // requests at the stack that were not answered
    private UploadResult? _rest;
    private bool _isOpening;
    private bool _takeBackWanted;
    private bool _isTakingBack;
    private bool _peerFinished;
    private bool _peerFinishedSaid;
    private bool _wasReset;
    private bool _wasResetSaid;
    private bool _wishSaid;

    /// <summary>Its number on the link.</summary>
    internal ulong Number => number;

    /// <summary>Whether it waits in the link's list for its turn.</summary>
    internal bool IsDirty { get; set; }

    /// <summary>Offloads the socket.</summary>
    internal void Begin(int? affinity)
    {
        UploadResult place = socket.Place!;
        socket.Place = null;
        socket.Offload = this;
        _begin = place.Positions;
        _isOpening = true;
        _ = BeginAsync(place, affinity);
    }

    private async Task BeginAsync(UploadResult place, int? affinity)
    {
        try
        {
            OffloadedConnection connection =
                await link.Node.Binding.OffloadAsync(place, this, affinity).ConfigureAwait(false);
            link.Post(new OffloadBegun(this, connection, null));
        }
        catch (Exception refused)
        {
            _rest = place;      // still ours
            link.Post(new OffloadBegun(this, null, refused));
        }
    }

    void IConnectionUser.OnReceived(ReceivedData data) => link.Post(new DataCame(this, data));

    void IConnectionUser.OnPeerClosed() => link.Post(new PeerFinishedSaid(this));

    void IConnectionUser.OnAborted() => link.Post(new ResetSaid(this));

    void IConnectionUser.OnUploadWanted(TcpUploadReason reason) => link.Post(new UploadWish(this, reason));

    /// <summary>Does what the host says.</summary>
    internal void Take(Item item)
    {
        switch (item.KindCase)
        {
            case Item.KindOneofCase.Data: Send(item.Data); break;
            case Item.KindOneofCase.Finish: Disconnect(DisconnectKind.Graceful); break;
            case Item.KindOneofCase.Abort: Disconnect(DisconnectKind.Abortive); break;
            case Item.KindOneofCase.Credit: _credit = Math.Max(_credit, (long)item.Credit); break;
            case Item.KindOneofCase.TakeBack: TakeBack(); break;
            case Item.KindOneofCase.Query or Item.KindOneofCase.Update or Item.KindOneofCase.Invalidate:
                Ask(item);
                break;
            default: throw new LinkException($"a host says {item.KindCase} of an offload");
        }
    }

    /// <summary>Takes what the stack told.</summary>
    internal void Take(Happened happened)
    {
        if (_isOpening && happened is not OffloadBegun)
        {
            _early.Add(happened);
            return;
        }

        switch (happened)
        {
            case OffloadBegun begun: OnBegun(begun); break;
            case DataCame came when _wasResetSaid: came.Data.Return(); break;
            case DataCame came: _held.Enqueue(came.Data); break;
            case PieceDone done: OnPieceDone(done); break;
            case DisconnectDone done: OnDisconnected(done); break;
            case PeerFinishedSaid: _peerFinished = true; break;
            case ResetSaid: _wasReset = true; break;
            case UploadWish wish: Wish(wish.Reason); break;
            case Answered answered: OnAnswered(answered); break;
            case Uploaded uploaded: _rest = uploaded.Rest; break;
        }
    }

    /// <summary>Says what there is to say.</summary>
    internal void Run()
    {
        if (_isOpening)
            return;
        SayReceived(_rest is not null && !_wasReset ? long.MaxValue : _credit);
        if (_peerFinished && !_peerFinishedSaid && _held.Count == 0)
        {
            _peerFinishedSaid = true;
            Say(new Item { PeerFinished = (ulong)_said });
        }

        if (_wasReset && !_wasResetSaid && _out == 0)
        {
            _wasResetSaid = true;
            ReturnHeld();       // what the host had no room for is lost, as it is in a socket
            SayAcknowledged();
            Say(new Item { WasReset = new Nothing() });
        }

        SayAcknowledged();
        if (_rest is not null && _out == 0 && _questions.Count == 0)
            SayTakenBack(_rest);
    }

    /// <summary>The host wants the connection no more: it is taken back, and ended by whoever has the socket. A host
    /// that still waits for something is told that it was reset.</summary>
    internal void Drop()
    {
        _wasReset |= !_takeBackWanted;
        TakeBack();
    }

    /// <summary>The link is over: the connection is taken from the stack and ended.</summary>
    internal void Abandon()
    {
        ReturnHeld();
        foreach (Happened early in _early)
            AdapterLink.Refuse(early);
        _early.Clear();
        if (_connection is { } connection && !_isTakingBack)
            _ = connection.DisposeAsync().AsTask();
        else if (_rest is not null)
            CloseRest();
    }

    /// <summary>Ends a connection that came back from the stack when nobody was left to be told.</summary>
    internal void CloseRest()
    {
        if (_rest?.Socket is not { } socket)
            return;
        _rest = null;
        AdapterSocket.Reset(socket);
        socket.Dispose();
    }

    private void OnBegun(OffloadBegun begun)
    {
        _isOpening = false;
        _connection = begun.Connection;
        NdisStatus status = begun.Error switch
        {
            null => NdisStatus.Success,
            OffloadException refused => refused.Status,
            _ => NdisStatus.Failure,
        };
        Say(new Item { Opened = (uint)status });
        if (_connection is null)
        {
            link.GiveBack(socket, this, _rest);
            return;
        }

        foreach (Happened early in _early)
            Take(early);
        _early.Clear();
        if (_takeBackWanted)
            TakeBack();
    }

    private void Send(ByteString data)
    {
        if (_connection is null || _isTakingBack)
            return;     // the host asked back what it sent this to: nobody has taken it
        _out++;
        _connection.Send(data.Memory, PieceDone, new Piece(this, _pieces++));
    }

    private static void PieceDone(object? state, SendResult result)
    {
        var piece = (Piece)state!;
        piece.Of.Post(new PieceDone(piece.Of, piece.Number, result));
    }

    private void Post(Happened happened) => link.Post(happened);

    private void OnPieceDone(PieceDone done)
    {
        _out--;
        _hasNews = true;
        _acknowledged += done.Result.BytesAcknowledged;
        if (done.Result.Status != NdisStatus.Success)
        {
            OnFailed(done.Result.Status);
            return;
        }

        // Over a dead driver one may overtake another; the host hears of them in order.
        if (done.Number != _piecesDone)
        {
            _doneEarly.Add(done.Number);
            return;
        }

        _piecesDone++;
        while (_doneEarly.Remove(_piecesDone))
            _piecesDone++;
    }

    private void Disconnect(DisconnectKind kind)
    {
        if (_connection is null || _isTakingBack)
            return;
        _out++;
        _connection.Disconnect(kind, default, kind == DisconnectKind.Graceful ? Finished : Aborted, this);
    }

    private static void Finished(object? state, DisconnectResult result) =>
        ((AdapterOffload)state!).Post(new DisconnectDone((AdapterOffload)state, DisconnectKind.Graceful, result));

    private static void Aborted(object? state, DisconnectResult result) =>
        ((AdapterOffload)state!).Post(new DisconnectDone((AdapterOffload)state, DisconnectKind.Abortive, result));

    private void OnDisconnected(DisconnectDone done)
    {
        _out--;
        if (done.Kind == DisconnectKind.Abortive)
        {
            SayAcknowledged();
            Say(new Item { Aborted = (uint)done.Result.Status });
        }
        else if (done.Result.Status == NdisStatus.Success)
        {
            SayAcknowledged();
            Say(new Item { Finished = new Nothing() });
        }
        else
        {
            OnFailed(done.Result.Status);
        }
    }

    /// <summary>What is not finished is answered by what becomes of the connection.</summary>
    private void OnFailed(NdisStatus status)
    {
        if (status == NdisStatus.RequestAborted)
            _wasReset = true;
        else
            Wish(TcpUploadReason.HardwareFailure);
    }

    private void Wish(TcpUploadReason reason)
    {
        bool mandatory = OffloadEvents.IsMandatory(reason);
        if (_isTakingBack || _wasReset || (_wishSaid && mandatory))
            return;
        _wishSaid |= mandatory;
        Say(new Item { UploadWanted = (uint)reason });
    }

    private void TakeBack()
    {
        _takeBackWanted = true;
        if (_isOpening || _isTakingBack || _connection is null)
            return;
        _isTakingBack = true;
        _ = UploadAsync(_connection);
    }

    private async Task UploadAsync(OffloadedConnection connection) =>
        link.Post(new Uploaded(this, await connection.UploadAsync().ConfigureAwait(false)));

    private void ReturnHeld()
    {
        while (_held.TryDequeue(out ReceivedData? data))
            data.Return();
    }

    private void SayReceived(long credit)
    {
        while (_held.TryPeek(out ReceivedData? data) && _said < credit)
        {
            ReadOnlyMemory<byte> rest = data.Memory[_heldTaken..];
            int length = (int)Math.Min(Math.Min(rest.Length, credit - _said), PieceBytesMax);
            Say(new Item { Received = ByteString.CopyFrom(rest.Span[..length]) });
            _said += length;
            _heldTaken += length;
            if (_heldTaken < data.Memory.Length)
                continue;
            _held.Dequeue();
            _heldTaken = 0;
            data.Return();
        }
    }

    private void SayAcknowledged()
    {
        if (!_hasNews)
            return;
        _hasNews = false;
        Say(new Item
        {
            Acknowledged = new Acknowledged { Pieces = (ulong)_piecesDone, Bytes = (ulong)_acknowledged },
        });
    }

    private void SayTakenBack(UploadResult rest)
    {
        for (ReadOnlyMemory<byte> left = _wasReset ? default : rest.BufferedData; left.Length > 0;)
        {
            int length = Math.Min(left.Length, PieceBytesMax);
            Say(new Item { Received = ByteString.CopyFrom(left.Span[..length]) });
            left = left[length..];
        }

        Say(new Item
        {
            TakenBack = new TakenBack
            {
                Alive = rest.Socket is not null && !socket.IsDropped,
                Acknowledged = rest.Positions.Acknowledged - _begin.Accepted,
                Accepted = (ulong)Math.Max(0, rest.Positions.Accepted - _begin.Accepted),
                FinSent = rest.FinSent,
            },
        });
        link.GiveBack(socket, this, rest with { BufferedData = default });
    }

    private void Say(Item item)
    {
        item.Number = number;
        link.Say(item);
    }

    private sealed record Piece(AdapterOffload Of, long Number);
}
