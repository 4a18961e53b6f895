using ChimneyActors.Buffers;
using ChimneyActors.Ndis;

namespace ChimneyActors.Targets.Kernel;

/// <summary>
/// The way in of one connection: posted receives first, indications when there are none. On the loop's thread only.
/// </summary>
/// <remarks>
/// The order of the stream is: the list that the host refused, what it handed over when it offloaded, what the kernel
/// holds. One indication at a time waits for its answer (RECV-04, DLV-11): until it is known whether the host took it,
/// nobody knows what comes next. What is not wanted now stays in the kernel, whose window then holds the peer back.
/// </remarks>
internal sealed class ReceiveHalf(KernelConnection owner, int indicationsMax)
{
    private const int TurnBytes = 256 * 1024;

    private Fifo<Pending> _posted;
    private ReadOnlyMemory<byte> _handedOver;   // received before the offload, not delivered yet
    private NetBufferList? _refused;            // came back from the host, still to be delivered
    private NetBufferList? _spare;              // rented and not filled yet
    private NetBufferList? _indicated;          // not ours while out: only compared with what comes back
    private long _indicatedEnd;
    private bool _readable;                     // the kernel may have data
    private bool _peerFinished;                 // the peer's FIN is there, behind whatever is unread
    private bool _ended;                        // everything before the FIN was read
    private bool _refusedForNow;                // the host wants a receive posted before more is indicated (RIND-05)
    private bool _waitsForList;
    private int _unreturned;
    private int _turn;

    /// <summary>RcvIndicationSize (DLV-17).</summary>
    internal int IndicationBytes { get; set; }

    /// <summary>Stream offset behind the last byte taken from the kernel.</summary>
    internal long Received { get; private set; }

    /// <summary>The end of the stream was indicated: nothing can be received any more (RECV-10).</summary>
    internal bool EndSaid { get; private set; }

    /// <summary>An indication is out and the host has not said whether it takes it.</summary>
    internal bool AwaitsAnswer => _indicated is not null;

    /// <summary>What a parcel's own link is set to while it waits here; only compared, never followed.</summary>
    internal object Mark => this;

    /// <summary>Takes over where an earlier owner left it.</summary>
    /// <param name="received">Offset behind the last byte taken from the kernel.</param>
    /// <param name="handedOver">The last of these bytes, if they were not delivered. Copied (INIT-10).</param>
    internal void Begin(long received, ReadOnlyMemory<byte> handedOver)
    {
        Received = received;
        _handedOver = handedOver.ToArray();
    }

    /// <summary>The socket has something to read.</summary>
    internal void MarkReadable(bool peerFinished)
    {
        _readable = !_ended;    // behind the end nothing comes
        _peerFinished |= peerFinished;
    }

    internal void Enqueue(NetBufferList list, Claim claim, IOffloadUpcalls upcalls)
    {
        list.MiniportReserved = Mark;
        _posted.Enqueue(new Pending(claim, upcalls, PendingKind.Receive, 0, list.DataLength));
        _refusedForNow = false;
    }

    /// <summary>Delivers what there is to whoever wants it.</summary>
    /// <returns>Zero, or the error number of a dead connection.</returns>
    internal int Pump()
    {
        int error = 0;
        _turn = TurnBytes;
        while (!AwaitsAnswer && error == 0)
        {
            if (_turn <= 0)
            {
                owner.Loop.GoOnLater(owner);
                return 0;
            }

            bool more = _posted.Count > 0 ? FillFirst(ref error) : IndicateNext(ref error);
            if (!more)
                break;
        }

        if (_ended && !EndSaid && !AwaitsAnswer && !HoldsData)
            SayEnd();
        return error;
    }

    /// <summary>Places what is there into posted receives; indicates nothing: the connection is about to end.</summary>
    internal void PumpPosted()
    {
        int error = 0;
        _turn = int.MaxValue;
        while (_posted.Count > 0 && !AwaitsAnswer && error == 0 && FillFirst(ref error))
        {
        }
    }

    /// <summary>The host has taken everything before an offset of the stream.</summary>
    internal void OnAccepted(long through)
    {
        if (AwaitsAnswer && through >= _indicatedEnd)
            _indicated = null;
    }

    /// <summary>The host has not taken an indication, or not all of it: the list is ours again.</summary>
    internal void OnRefused(NetBufferList list, IOffloadUpcalls upcalls)
    {
        long left = list.FirstNetBuffer.DataLength;
        if (!ReferenceEquals(list, _indicated) || left == 0)
            upcalls.ReceivePool.Return(list);
        if (!ReferenceEquals(list, _indicated))
            return;
        _indicated = null;
        _unreturned--;
        if (left == 0)
            return;
        list.StreamOffset = _indicatedEnd - left;
        _refused = list;
        // A list that never reached the host was not refused by it: it is simply indicated again.
        _refusedForNow = !list.BroughtHome && _posted.Count == 0;
    }

    /// <summary>The host has given indicated lists back; they are in the pool already.</summary>
    internal void OnReturned(int lists)
    {
        _unreturned = Math.Max(0, _unreturned - lists);
        if (_unreturned == 0)
            _indicated = null;   // all are back, so it was taken, even if nobody said so
    }

    /// <summary>A pool that was empty has a list again. What is not needed goes on to the next who waits.</summary>
    internal void OnListAgain(IOffloadUpcalls upcalls)
    {
        _waitsForList = false;
        _spare = upcalls.ReceivePool.Rent(owner);
        _waitsForList = _spare is null;
    }

    /// <summary>Gives back a list that was rented and not needed.</summary>
    internal void ReturnSpare(IOffloadUpcalls upcalls)
    {
        if (_spare is null)
            return;
        NetBufferList spare = _spare;
        _spare = null;
        upcalls.ReceivePool.Return(spare);
    }

    /// <summary>Completes every posted receive, with the bytes it holds.</summary>
    internal void EndAll(NdisStatus status)
    {
        while (_posted.Count > 0)
        {
            Pending first = _posted[0];
            _posted.Dequeue();
            owner.Up.Complete(first, status, first.Placed);
        }
    }

    /// <summary>Copies what a posted receive holds that is not full yet: nobody will report it as received.</summary>
    internal byte[] CopyPlaced()
    {
        if (_posted.Count == 0 || _posted[0].Placed == 0 || !_posted[0].Claim.IsOpen)
            return [];
        var placed = new byte[_posted[0].Placed];
        for (int at = 0; at < placed.Length;)
        {
            Span<byte> piece = _posted[0].List.FirstNetBuffer.PieceAt(at).Span;
            int length = Math.Min(piece.Length, placed.Length - at);
            piece[..length].CopyTo(placed.AsSpan(at));
            at += length;
        }

        return placed;
    }

    /// <summary>Touches no parcel of others any more.</summary>
    internal void Forget()
    {
        _posted.Clear();
        _indicated = null;
    }

    /// <summary>Copies what was received and not delivered, and gives the lists that hold it back.</summary>
    internal byte[] TakeHeld(IOffloadUpcalls upcalls)
    {
        long length = Held;
        if (length == 0)
            return [];
        var held = new byte[length];
        int filled = 0;
        while (HoldsData)
            filled += TakeFromHeld(held.AsSpan(filled), upcalls);
        return held;
    }

    /// <summary>Received bytes that are here and not in the wire's own room.</summary>
    internal long Held => _handedOver.Length + (_refused?.FirstNetBuffer.DataLength ?? 0);

    private bool HoldsData => _refused is not null || !_handedOver.IsEmpty;

    /// <summary>Fills the oldest posted receive. True if it is finished and the next may have its turn.</summary>
    private bool FillFirst(ref int error)
    {
        ref Pending first = ref _posted[0];
        NetBuffer room = first.List.FirstNetBuffer;
        while (first.Placed < first.Length && _turn > 0)
        {
            Memory<byte> piece = room.PieceAt(first.Placed);
            if (piece.IsEmpty)
                throw new ContractViolationException(VerifierCheck.BadShape, "kernel target",
                    $"a NET_BUFFER is shorter than its data length: {first.List.Describe()}");
            int taken = Take(piece.Span, first.Upcalls, ref error);
            if (taken == 0)
                break;
            first.Placed += taken;
            _turn -= taken;
        }

        // In push mode a drained socket ends a receive that holds something: Linux does not show us the PSH flag.
        bool drained = !_readable && !HoldsData && !_ended && error == 0;
        bool finished = first.Placed == first.Length || (first.Placed > 0 && drained && !first.List.NoPush);
        if (!finished)
            return _turn <= 0;
        Pending done = first;
        _posted.Dequeue();
        owner.Up.Complete(done, NdisStatus.Success, done.Placed);
        return true;
    }

    /// <summary>Indicates what comes next. True if something was indicated.</summary>
    private bool IndicateNext(ref int error)
    {
        if (!HoldsData)
        {
            if (_readable && _peerFinished && NativeTcp.Unread(owner.Descriptor) == 0)
                NoteEnd();   // needs no list: the end of the stream must not wait for the pool
            if (!_readable)
                return false;
        }

        if (_refusedForNow || _unreturned >= indicationsMax || owner.Upcalls is not { } upcalls)
            return false;
        if (_refused is { } again)
        {
            _refused = null;
            long end = again.StreamOffset + again.FirstNetBuffer.DataLength;
            Indicated(again, end);
            owner.Up.Indicate(ReceiveIndication.Again(again, upcalls.Holder), upcalls);
            return true;
        }

        return IndicateFresh(upcalls, ref error);
    }

    private bool IndicateFresh(IOffloadUpcalls upcalls, ref int error)
    {
        if (_spare is null && !_waitsForList)
        {
            _spare = upcalls.ReceivePool.Rent(owner);
            _waitsForList = _spare is null;
        }

        if (_spare is not { } list)
            return false;
        int length = Take(ReceiveIndication.RoomOf(list, IndicationBytes), upcalls, ref error);
        if (length == 0)
        {
            ReturnSpare(upcalls);
            return false;
        }

        _spare = null;
        _turn -= length;
        long end = Received - _handedOver.Length;
        Indicated(list, end);
        TcpOffloadReceiveIndicate indication =
            ReceiveIndication.Make(owner.Handle, list, length, end - length, upcalls.Holder);
        owner.Up.Indicate(indication, upcalls);
        return true;
    }

    private void Indicated(NetBufferList list, long end)
    {
        _indicated = list;
        _indicatedEnd = end;
        _unreturned++;
    }

    /// <summary>The next bytes of the stream. 0: there are none now, or an error, or the end.</summary>
    private int Take(Span<byte> into, IOffloadUpcalls upcalls, ref int error)
    {
        if (HoldsData)
            return TakeFromHeld(into, upcalls);
        if (!_readable)
            return 0;
        int read = NativeTcp.Receive(owner.Descriptor, into);
        if (read > 0)
        {
            Received += read;
            // A short read has emptied the socket, and what comes next is a new event; but a FIN that was announced
            // already is behind it and will not be announced again.
            _readable = read == into.Length || _peerFinished;
            return read;
        }

        _readable = false;
        if (read == 0)
            NoteEnd();
        else if (!Errno.IsTransient(-read))
            error = -read;
        else if (read != -Errno.Again)
            TryLater();
        return 0;
    }

    private int TakeFromHeld(Span<byte> into, IOffloadUpcalls upcalls)
    {
        if (_refused is { } list)
        {
            Memory<byte> piece = list.FirstNetBuffer.PieceAt(0);
            int length = Math.Min(piece.Length, into.Length);
            piece.Span[..length].CopyTo(into);
            list.FirstNetBuffer.Advance(length);
            list.StreamOffset += length;
            if (list.FirstNetBuffer.DataLength == 0)
            {
                _refused = null;
                upcalls.ReceivePool.Return(list);
            }

            return length;
        }

        int copied = Math.Min(_handedOver.Length, into.Length);
        _handedOver.Span[..copied].CopyTo(into);
        _handedOver = _handedOver[copied..];
        return copied;
    }

    private void NoteEnd()
    {
        _ended = true;
        _readable = false;
    }

    private void TryLater()
    {
        _readable = true;   // out of memory, say: the data is still there, and no event will announce it again
        owner.Loop.GoOnLater(owner);
    }

    private void SayEnd()
    {
        EndSaid = true;
        EndAll(NdisStatus.Success);
        owner.Say(TcpOffloadEventType.Disconnect, 0, Received);
    }
}
