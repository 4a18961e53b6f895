using ChimneyActors.Buffers;
using ChimneyActors.Ndis;

namespace ChimneyActors.Targets.Simulated;

/// <summary>The way out of one connection: a queue in the order of delivery. The line sends from the users' memory,
/// and tells up to where the peer has acknowledged.</summary>
/// <remarks>A parcel is complete when the acknowledged place has reached its end, so completions are in order and true
/// by construction.</remarks>
internal sealed class OutgoingHalf(SimulatedConnection owner)
{
    private Fifo<Pending> _queue;
    private int _given;             // entries of the queue that the line has
    private long _queuedEnd;        // stream offset behind the last byte in the queue
    private long _shift;            // from the line's count to the host's
    private bool _finAsked;
    private bool _finAcknowledged;
    private SendBacklog _backlog;

    /// <summary>Stream offset behind the last byte that was given to the wire.</summary>
    internal long Accepted { get; private set; }

    /// <summary>Stream offset behind the last byte the peer's TCP has acknowledged.</summary>
    internal long Acknowledged { get; private set; }

    internal bool FinSent { get; private set; }

    /// <summary>SendBacklogSize.</summary>
    internal uint Backlog => _backlog.Best;

    /// <summary>What a parcel's own link is set to while it waits here; only compared, never followed.</summary>
    internal object Mark => this;

    /// <summary>Takes over the send half where an earlier owner left it.</summary>
    internal void Begin(long accepted)
    {
        _shift = accepted - owner.Line.Sent;
        _queuedEnd = accepted;
        Note();
    }

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

    /// <summary>Gives the line what it does not have yet; as much as its windows have room for goes out.</summary>
    internal void Push()
    {
        for (; _given < _queue.Count; _given++)
        {
            ref Pending entry = ref _queue[_given];
            if (entry.Length > 0)
                Give(entry.List, entry.Length);
            if (entry.Kind == PendingKind.Finish)
                owner.Line.Finish();
        }

        Note();
        long held = Accepted - Acknowledged;
        if (owner.Line.IsFull ? _backlog.Learn(held, out long bytes) : _backlog.Outgrow(held, out bytes))
            owner.Say(TcpOffloadEventType.SendBacklogChange, bytes);
    }

    /// <summary>Asks the line how much the peer has acknowledged, and completes what that finishes.</summary>
    internal void Settle()
    {
        Note();
        while (_given > 0 && _queue[0].End <= Acknowledged)
        {
            Pending next = _queue[0];
            if (next.Kind == PendingKind.Finish && !_finAcknowledged)
                return;
            _queue.Dequeue();
            _given--;
            NdisStatus status = next.Kind switch
            {
                PendingKind.LateSend => NdisStatus.InvalidState,
                PendingKind.SecondFinish => NdisStatus.RequestAborted,
                _ => NdisStatus.Success,
            };
            owner.Up.Complete(next, status, next.Length);
        }
    }

    /// <summary>Remembers where the line stands.</summary>
    internal void Note()
    {
        Accepted = owner.Line.Sent + _shift;
        Acknowledged = owner.Line.Acknowledged + _shift;
        FinSent = owner.Line.FinSent;
        _finAcknowledged = owner.Line.FinAcknowledged;
    }

    /// <summary>Completes everything left, with the acknowledged bytes of each.</summary>
    internal void EndAll(NdisStatus status)
    {
        _given = 0;
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
        _given = 0;
        _queue.Clear();
    }

    private void Give(NetBufferList list, long left)
    {
        for (NetBuffer? buffer = list.FirstNetBuffer; buffer is not null; buffer = buffer.Next)
        {
            for (long at = 0; at < buffer.DataLength;)
            {
                Memory<byte> piece = buffer.PieceAt(at);
                if (piece.IsEmpty)
                    throw new ContractViolationException(VerifierCheck.BadShape, "simulated target",
                        $"a NET_BUFFER is shorter than its data length: {list.Describe()}");
                at += piece.Length;
                left -= piece.Length;
                owner.Line.Send(piece, push: left == 0);   // only the last byte of a send is pushed (SEND-13)
            }
        }
    }
}
