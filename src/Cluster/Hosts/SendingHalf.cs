using ChimneyActors.Buffers;
using ChimneyActors.Cluster.Link;
using ChimneyActors.Cluster.Wire;
using ChimneyActors.Ndis;
using Google.Protobuf;

namespace ChimneyActors.Cluster.Hosts;

/// <summary>The way out of one connection: a queue in the order of delivery, cut into pieces for the adapter.</summary>
/// <remarks>The adapter says how many pieces are finished: the peer's TCP has acknowledged every byte of them. A parcel
/// is finished with the piece that holds its last byte, so completions are in order and true by construction. Small
/// sends share a piece, a large one has many. Data is copied into its piece: after that the parcel's memory is not
/// touched.</remarks>
internal sealed class SendingHalf(RemoteConnection owner, HostSettings settings)
{
    private readonly Ring<Pending> _queue = new();
    private readonly Ring<int> _pieces = new();      // bytes of those that are out
    private int _given;             // entries of the queue that are in pieces, whole
    private long _givenOfNext;      // bytes of the next entry that are
    private long _queuedEnd;        // stream offset behind the last byte in the queue
    private ulong _saidPieces;
    private ulong _donePieces;
    private long _bytesOut;
    private bool _finAsked;
    internal bool FinAcknowledged { get; private set; }

    private long _backlog;

    /// <summary>Stream offset behind the last byte the peer's TCP has acknowledged, as far as is known.</summary>
    internal long Acknowledged { get; private set; }

    /// <summary>Stream offset behind the last byte that the adapter's wire took; exact when it was asked
    /// back.</summary>
    internal long Accepted { get; private set; }

    internal bool FinSent { get; private set; }

    /// <summary>SendBacklogSize.</summary>
    internal uint Backlog => _backlog == 0 ? TcpOffloadStateDelegated.Unsupported : (uint)_backlog;

    /// <summary>What a parcel's own link is set to while it waits here; only compared, never followed.</summary>
    internal object Mark => this;

    /// <summary>Takes over where an earlier offload left the stream.</summary>
    internal void Begin(StreamPositions positions, bool finSent)
    {
        Acknowledged = positions.Acknowledged;
        Accepted = positions.Accepted;
        FinSent = finSent;
        _queuedEnd = positions.Accepted;
    }

    internal void Enqueue(NetBufferList list, Claim claim, IOffloadUpcalls upcalls, bool finish, bool isLate)
    {
        // A FIN that an earlier offload sent may be waited for, but nothing can be sent behind it.
        long length = list.DataLength;
        PendingKind kind = finish
            ? isLate || _finAsked || (FinSent && length > 0) ? PendingKind.LateFinish : PendingKind.Finish
            : _finAsked || FinSent ? PendingKind.LateSend : PendingKind.Send;
        if (kind is PendingKind.LateSend or PendingKind.LateFinish)
            length = 0;
        _finAsked |= finish && !isLate;
        list.MiniportReserved = Mark;
        _queue.Enqueue(new Pending(claim, upcalls, kind, _queuedEnd, length));
        _queuedEnd += length;
    }

    /// <summary>Gives the adapter as much as its window has room for.</summary>
    internal void Push()
    {
        while (_given < _queue.Count && _bytesOut < settings.SendWindowBytes)
        {
            ref Pending next = ref _queue[_given];
            if (next.Length > _givenOfNext || NeedsPiece(next))
                SayPiece();
            else
                PassOver(ref next);
        }

        if (_given < _queue.Count)
            LearnBacklog();
    }

    /// <summary>So much is finished.</summary>
    /// <exception cref="LinkException">More than there was.</exception>
    internal void OnAcknowledged(Acknowledged so)
    {
        if (so.Pieces > _saidPieces || so.Pieces < _donePieces)
            throw new LinkException($"{so.Pieces} pieces finished, {_saidPieces} said");
        for (; _donePieces < so.Pieces; _donePieces++)
        {
            int bytes = _pieces.Dequeue();
            _bytesOut -= bytes;
            Accepted += bytes;      // of what was accepted before, all is acknowledged too
            Acknowledged = Accepted;
        }

        if (so.Bytes > 0)
            NotePart((long)so.Bytes);
        Settle();
    }

    /// <summary>The peer has acknowledged the FIN, and so everything.</summary>
    internal void OnFinished()
    {
        FinAcknowledged = true;
        FinSent = true;
        Settle();
    }

    /// <summary>Where the adapter left the stream, counted from the last <see cref="Begin"/>.</summary>
    internal void OnTakenBack(long accepted, long acknowledged, bool finSent)
    {
        Accepted = accepted;
        Acknowledged = Math.Min(acknowledged, accepted);
        FinSent = finSent;
    }

    /// <summary>Completes everything left, with the acknowledged bytes of each.</summary>
    internal void EndAll(NdisStatus status)
    {
        _given = 0;
        while (_queue.Count > 0)
        {
            Pending next = _queue.Dequeue();
            owner.Up.Complete(next.Claim, next.Upcalls, status, next.BytesBefore(Acknowledged));
        }
    }

    /// <summary>Touches no parcel any more.</summary>
    internal void Forget()
    {
        _given = 0;
        _queue.Clear();
    }

    /// <summary>Of a connection that died: bytes acknowledged behind the finished pieces.</summary>
    private void NotePart(long bytesSinceOpen) =>
        Acknowledged = Math.Clamp(owner.AcceptedAtOpen + bytesSinceOpen, Acknowledged, Accepted + _bytesOut);

    private void Settle()
    {
        while (_given > 0)
        {
            ref Pending next = ref _queue[0];
            if (next.LastPiece > _donePieces || (next.Kind == PendingKind.Finish && !FinAcknowledged))
                return;
            Pending done = _queue.Dequeue();
            _given--;
            NdisStatus status = done.Kind switch
            {
                PendingKind.LateSend => NdisStatus.InvalidState,
                PendingKind.LateFinish => NdisStatus.RequestAborted,
                _ => NdisStatus.Success,
            };
            owner.Up.Complete(done.Claim, done.Upcalls, status, done.Length);
        }
    }

    /// <summary>A send of no bytes ends with the piece before it. If that is finished, there may still be bytes of an
    /// earlier offload that are not: the adapter is asked with an empty piece.</summary>
    private bool NeedsPiece(in Pending next) =>
        next.Length == 0 && next.Kind == PendingKind.Send && _donePieces == _saidPieces;

    private void PassOver(ref Pending next)
    {
        next.LastPiece = _saidPieces;
        _given++;
        _givenOfNext = 0;
        if (next.Kind == PendingKind.Finish)
            owner.Say(new Item { Finish = new Nothing() });
        Settle();
    }

    /// <summary>One piece out of as many entries as fit.</summary>
    private void SayPiece()
    {
        long room = settings.SendWindowBytes - _bytesOut;
        int length = (int)Math.Min(Math.Min(_queuedEnd - _queue[_given].Start - _givenOfNext, room),
            settings.PieceBytesMax);
        byte[] piece = new byte[length];
        int filled = 0;
        _saidPieces++;
        _pieces.Enqueue(length);
        _bytesOut += length;
        while (_given < _queue.Count)
        {
            ref Pending next = ref _queue[_given];
            int count = (int)Math.Min(next.Length - _givenOfNext, length - filled);
            Copy(next.List, _givenOfNext, piece.AsSpan(filled, count));
            filled += count;
            _givenOfNext += count;
            if (_givenOfNext < next.Length || next.Kind == PendingKind.Finish)
                break;
            next.LastPiece = _saidPieces;
            _given++;
            _givenOfNext = 0;
        }

        owner.Say(new Item { Data = UnsafeByteOperations.UnsafeWrap(piece) });
    }

    private static void Copy(NetBufferList list, long from, Span<byte> into)
    {
        for (NetBuffer? buffer = list.FirstNetBuffer; buffer is not null && into.Length > 0; buffer = buffer.Next)
        {
            while (from < buffer.DataLength && into.Length > 0)
            {
                Span<byte> part = buffer.PieceAt(from).Span;
                if (part.IsEmpty)
                    throw new ContractViolationException(VerifierCheck.BadShape, "cluster target",
                        $"a NET_BUFFER is shorter than its data length: {list.Describe()}");
                part = part[..Math.Min(part.Length, into.Length)];
                part.CopyTo(into);
                into = into[part.Length..];
                from += part.Length;
            }

            from -= Math.Min(from, buffer.DataLength);
        }
    }

    /// <summary>The way takes no more: so much, twice, is worth keeping outstanding (EVT-16). It only grows, by at
    /// least the double, so it is said seldom (EVT-17).</summary>
    private void LearnBacklog()
    {
        long best = 2 * _bytesOut;
        if (best == 0 || best < 2 * _backlog)
            return;
        _backlog = best;
        owner.Tell(TcpOffloadEventType.SendBacklogChange, best);
    }
}
