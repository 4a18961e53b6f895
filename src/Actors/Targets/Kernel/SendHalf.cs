using ChimneyActors.Buffers;
using ChimneyActors.Ndis;

namespace ChimneyActors.Targets.Kernel;

/// <summary>
/// The way out of one connection: a queue in the order of delivery, a place up to which the kernel has taken it, and a
/// place up to which the peer has acknowledged it. On the loop's thread only.
/// </summary>
/// <remarks>
/// A parcel is complete when the acknowledged place has reached its end, so completions are in order and true by
/// construction. An acknowledged place is never guessed: it is what the kernel was given minus what the kernel says is
/// outstanding, where our FIN counts as one byte behind the last.
/// </remarks>
internal sealed class SendHalf(KernelConnection owner, SendGather gather)
{
    private const long TurnBytes = 1024 * 1024;

    private Fifo<Pending> _queue;
    private int _taken;             // entries of the queue that the kernel has taken whole
    private long _queuedEnd;        // stream offset behind the last byte in the queue
    private bool _finAsked;
    private bool _full;             // the kernel takes nothing until it says so
    private bool _isInvalid;        // nothing more is given to the kernel
    private SendBacklog _backlog;

    /// <summary>Stream offset behind the last byte the kernel has taken.</summary>
    internal long Accepted { get; private set; }

    /// <summary>Stream offset behind the last byte the peer's TCP has acknowledged.</summary>
    internal long Acknowledged { get; private set; }

    internal bool FinSent { get; private set; }

    internal bool FinAcknowledged { get; private set; }

    /// <summary>Something was given to the kernel that the peer has not acknowledged, as far as we know.</summary>
    internal bool AwaitsPeer => Acknowledged < Accepted || (FinSent && !FinAcknowledged);

    /// <summary>SendBacklogSize.</summary>
    internal uint Backlog => _backlog.Best;

    /// <summary>What a parcel's own link is set to while it waits here; only compared, never followed.</summary>
    internal object Mark => this;

    /// <summary>Takes over the send half where an earlier owner left it.</summary>
    internal void Begin(long accepted, bool finSent)
    {
        Accepted = _queuedEnd = accepted;
        FinSent = finSent;
    }

    /// <summary>From here on the kernel gets nothing more (INV-02).</summary>
    internal void Invalidate() => _isInvalid = true;

    /// <summary>The socket has room again.</summary>
    internal void MarkWritable() => _full = false;

    internal void Enqueue(NetBufferList list, Claim claim, IOffloadUpcalls upcalls, bool finish)
    {
        // A FIN that an earlier owner sent may be waited for, but nothing can be sent behind it.
        long length = list.DataLength;
        PendingKind kind = finish
            ? _finAsked || (FinSent && length > 0) ? PendingKind.SecondFinish : PendingKind.Finish
            : _finAsked || FinSent ? PendingKind.LateSend : PendingKind.Send;
        if (kind is PendingKind.LateSend or PendingKind.SecondFinish)
            length = 0;
        _finAsked |= finish;
        list.MiniportReserved = Mark;
        _queue.Enqueue(new Pending(claim, upcalls, kind, _queuedEnd, length));
        _queuedEnd += length;
    }

    /// <summary>Gives the kernel what it takes.</summary>
    /// <returns>Zero, or the error number of a dead connection.</returns>
    internal int Push()
    {
        long before = Accepted;
        bool finBefore = FinSent;
        int error = 0;
        while (_taken < _queue.Count && error == 0 && !_isInvalid)
        {
            if (Accepted - before >= TurnBytes)
            {
                owner.Loop.GoOnLater(owner);
                break;
            }

            bool pending = Accepted < _queuedEnd;
            if (pending && _full)
                break;
            error = pending ? SendSome() : 0;
            if (error == 0)
                error = PassTaken();
        }

        if (Accepted > before || FinSent != finBefore || _full)
            owner.Loop.AwaitAck(owner);
        if (Accepted > before && !_full && _backlog.Outgrow(Accepted - Acknowledged, out long bytes))
            owner.Say(TcpOffloadEventType.SendBacklogChange, bytes);
        return error;
    }

    /// <summary>Asks the kernel how much the peer has acknowledged, and completes what that finishes.</summary>
    internal AckWait Settle()
    {
        if (!AwaitsPeer)
            return RetryIfStarved();
        int outstanding = NativeTcp.Unacknowledged(owner.Descriptor);
        if (outstanding < 0)
            throw new IOException($"The kernel does not say what is outstanding: errno {-outstanding}.");
        bool progress = Note(outstanding);
        CompleteFinished();
        if (!AwaitsPeer)
            return RetryIfStarved();
        return progress ? AckWait.Progressed : AckWait.Fruitless;
    }

    /// <summary>Learns what was acknowledged before the hand-over.</summary>
    internal void SettleFirst(int outstanding) => Note(outstanding);

    /// <summary>Completes everything left, with the acknowledged bytes of each.</summary>
    internal void EndAll(NdisStatus status)
    {
        _taken = 0;
        while (_queue.Count > 0)
        {
            Pending next = _queue[0];
            _queue.Dequeue();
            owner.Up.Complete(next, status, next.BytesBefore(Acknowledged));
        }
    }

    /// <summary>Touches no parcel any more.</summary>
    internal void Forget()
    {
        _taken = 0;
        _queue.Clear();
    }

    /// <summary>The acknowledged place, from what the kernel was given and what it says is outstanding.</summary>
    /// <remarks>The FIN is the byte behind the last. What was outstanding before the hand-over counts too, so the
    /// result may lie before the place where we began.</remarks>
    internal static long Reckon(long accepted, bool finSent, int outstanding) =>
        Math.Min(accepted, accepted + (finSent ? 1 : 0) - outstanding);

    private AckWait RetryIfStarved()
    {
        if (!_full)
        {
            owner.Loop.ForgetAck(owner);
            return AckWait.Over;
        }

        // Full although nothing is outstanding: the kernel is out of memory, and will not tell when it has some again.
        _full = false;
        owner.Loop.GoOnLater(owner);
        return AckWait.Fruitless;
    }

    private bool Note(int outstanding)
    {
        long acknowledged = Reckon(Accepted, FinSent, outstanding);
        bool finAcknowledged = FinSent && outstanding == 0;
        bool progress = acknowledged > Acknowledged || finAcknowledged != FinAcknowledged;
        Acknowledged = Math.Max(Acknowledged, acknowledged);
        FinAcknowledged = finAcknowledged;
        return progress;
    }

    private void CompleteFinished()
    {
        while (_taken > 0 && _queue[0].End <= Acknowledged)
        {
            Pending next = _queue[0];
            if (next.Kind == PendingKind.Finish && !FinAcknowledged)
                return;
            _queue.Dequeue();
            _taken--;
            NdisStatus status = next.Kind switch
            {
                PendingKind.LateSend => NdisStatus.InvalidState,
                PendingKind.SecondFinish => NdisStatus.RequestAborted,
                _ => NdisStatus.Success,
            };
            owner.Up.Complete(next, status, next.Length);
        }
    }

    private int SendSome()
    {
        bool endsStream = Collect();
        long offered = gather.Length;
        long sent = gather.Send(owner.Descriptor, more: endsStream);
        if (sent < 0)
        {
            _full = Errno.IsTransient((int)-sent);
            if (!_full)
                return (int)-sent;
            sent = 0;
        }

        Accepted += sent;
        if (sent < offered)
        {
            _full = true;
            NoteBacklog();
        }

        return 0;
    }

    /// <summary>Collects from the first byte the kernel has not taken.</summary>
    /// <returns>True if that reaches the FIN, so that it can travel in the last segment of the data.</returns>
    private bool Collect()
    {
        gather.Clear();
        for (int place = _taken; place < _queue.Count; place++)
        {
            ref Pending entry = ref _queue[place];
            if (entry.Length > 0 && !CollectFrom(entry.List, entry.BytesBefore(Accepted)))
                return false;
            if (entry.Kind == PendingKind.Finish)
                return true;
        }

        return false;
    }

    private bool CollectFrom(NetBufferList list, long skip)
    {
        for (NetBuffer? buffer = list.FirstNetBuffer; buffer is not null; buffer = buffer.Next)
        {
            while (skip < buffer.DataLength)
            {
                Memory<byte> piece = buffer.PieceAt(skip);
                if (piece.IsEmpty)
                    throw new ContractViolationException(VerifierCheck.BadShape, "kernel target",
                        $"a NET_BUFFER is shorter than its data length: {list.Describe()}");
                if (!gather.TryAdd(piece))
                    return false;
                skip += piece.Length;
            }

            skip -= buffer.DataLength;
        }

        return true;
    }

    /// <summary>Moves on over everything the kernel has taken whole; sends the FIN when it is its turn.</summary>
    private int PassTaken()
    {
        bool unannounced = false;   // without bytes of their own, nothing will be acknowledged for them
        while (_taken < _queue.Count && _queue[_taken].End <= Accepted)
        {
            if (_queue[_taken].Kind == PendingKind.Finish && !FinSent)
            {
                int result = NativeTcp.ShutdownSend(owner.Descriptor);
                if (result < 0)
                    return -result;
                FinSent = true;
            }

            unannounced |= _queue[_taken].Length == 0;
            _taken++;
        }

        if (unannounced)
            CompleteFinished();
        return 0;
    }

    private void NoteBacklog()
    {
        int outstanding = NativeTcp.Unacknowledged(owner.Descriptor);
        if (_backlog.Learn(outstanding, out long bytes))
            owner.Say(TcpOffloadEventType.SendBacklogChange, bytes);
    }
}
