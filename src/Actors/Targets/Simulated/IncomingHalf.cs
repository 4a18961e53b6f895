using ChimneyActors.Buffers;
using ChimneyActors.Ndis;

namespace ChimneyActors.Targets.Simulated;

/// <summary>The way in of one connection: posted receives first, indications when there are none.</summary>
/// <remarks>
/// The order of the stream is: the list that the host refused, what it handed over when it offloaded, what the line
/// holds. One indication at a time waits for its answer (RECV-04, DLV-11). What is not wanted now stays in the line,
/// whose window then holds the peer back.
/// </remarks>
internal sealed class IncomingHalf(SimulatedConnection owner, int indicationsMax)
{
    private Fifo<Pending> _posted;
    private ReadOnlyMemory<byte> _handedOver;   // received before the offload, not delivered yet
    private NetBufferList? _refused;            // came back from the host, still to be delivered
    private NetBufferList? _spare;              // rented and not filled yet
    private NetBufferList? _indicated;          // not ours while out: only compared with what comes back
    private long _indicatedEnd;
    private bool _refusedForNow;                // the host wants a receive posted before more is indicated (RIND-05)
    private bool _waitsForList;
    private int _unreturned;

    /// <summary>RcvIndicationSize (DLV-17).</summary>
    internal int IndicationBytes { get; set; }

    /// <summary>Stream offset behind the last byte taken from the line.</summary>
    internal long Received { get; private set; }

    /// <summary>The end of the stream was indicated: nothing can be received any more (RECV-10).</summary>
    internal bool EndSaid { get; private set; }

    /// <summary>An indication is out and the host has not said whether it takes it.</summary>
    internal bool AwaitsAnswer => _indicated is not null;

    /// <summary>What a parcel's own link is set to while it waits here; only compared, never followed.</summary>
    internal object Mark => this;

    /// <summary>Received bytes that are here and not in the wire's own room.</summary>
    internal long Held => _handedOver.Length + (_refused?.FirstNetBuffer.DataLength ?? 0);

    private bool HoldsData => _refused is not null || !_handedOver.IsEmpty;

    private bool HasData => HoldsData || owner.Line.HasData;

    /// <summary>Takes over where an earlier owner left it.</summary>
    /// <param name="received">Offset behind the last byte taken from the line.</param>
    /// <param name="handedOver">The last of these bytes, if they were not delivered. Copied (INIT-10).</param>
    internal void Begin(long received, ReadOnlyMemory<byte> handedOver)
    {
        Received = received;
        _handedOver = handedOver.ToArray();
    }

    internal void Enqueue(NetBufferList list, Claim claim, IOffloadUpcalls upcalls)
    {
        list.MiniportReserved = Mark;
        _posted.Enqueue(new Pending(claim, upcalls, PendingKind.Receive, 0, list.DataLength));
        _refusedForNow = false;
    }

    /// <summary>Delivers what there is to whoever wants it.</summary>
    internal void Pump()
    {
        while (!AwaitsAnswer && (_posted.Count > 0 ? FillFirst() : IndicateNext()))
        {
        }

        if (!EndSaid && !AwaitsAnswer && !HoldsData && owner.Line.IsAtEnd)
            SayEnd();
    }

    /// <summary>Places what is there into posted receives; indicates nothing: the connection is about to end.</summary>
    internal void PumpPosted()
    {
        while (_posted.Count > 0 && !AwaitsAnswer && FillFirst())
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
        bool awaited = ReferenceEquals(list, _indicated);
        if (!awaited || left == 0)
            upcalls.ReceivePool.Return(list);
        if (!awaited)
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

    /// <summary>A pool that was empty has a list again.</summary>
    internal void OnListAgain(IOffloadUpcalls upcalls)
    {
        _waitsForList = false;
        RentSpare(upcalls);
    }

    /// <summary>Gives back a list that was rented and not needed; the next who waits for one hears of it.</summary>
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
        var held = new byte[_handedOver.Length + (_refused?.FirstNetBuffer.DataLength ?? 0)];
        int filled = 0;
        while (HoldsData)
            filled += TakeFromHeld(held.AsSpan(filled), upcalls);
        return held;
    }

    /// <summary>Fills the oldest posted receive. True if it is finished and the next may have its turn.</summary>
    private bool FillFirst()
    {
        ref Pending first = ref _posted[0];
        NetBuffer room = first.List.FirstNetBuffer;
        while (first.Placed < first.Length && HasData)
        {
            Memory<byte> piece = room.PieceAt(first.Placed);
            if (piece.IsEmpty)
                throw new ContractViolationException(VerifierCheck.BadShape, "simulated target",
                    $"a NET_BUFFER is shorter than its data length: {first.List.Describe()}");
            first.Placed += Take(piece.Span, first.Upcalls);
        }

        // Push mode: part of a list waits for PSH or the timer, unless the stream ends here, which ends them all.
        bool isPartly = first.Placed > 0 && !first.List.NoPush && !owner.Line.IsAtEnd;
        if (first.Placed < first.Length && !(isPartly && owner.Line.IsPushed))
        {
            if (isPartly)
                owner.Line.AwaitPush();
            return false;
        }

        owner.Line.EndPush();
        Pending done = first;
        _posted.Dequeue();
        owner.Up.Complete(done, NdisStatus.Success, done.Placed);
        return true;
    }

    /// <summary>Indicates what comes next. True if something was indicated.</summary>
    private bool IndicateNext()
    {
        if (!HasData || _refusedForNow || _unreturned >= indicationsMax || owner.Upcalls is not { } upcalls)
            return false;
        if (_refused is { } again)
        {
            _refused = null;
            Indicated(again, again.StreamOffset + again.FirstNetBuffer.DataLength);
            owner.Up.Indicate(ReceiveIndication.Again(again, upcalls.Holder), upcalls);
            return true;
        }

        if (_spare is null && !_waitsForList)
            RentSpare(upcalls);
        if (_spare is not { } list)
            return false;
        _spare = null;
        int length = Take(ReceiveIndication.RoomOf(list, IndicationBytes), upcalls);
        long end = Received - _handedOver.Length;
        Indicated(list, end);
        owner.Up.Indicate(
            ReceiveIndication.Make(owner.Handle, list, length, end - length, upcalls.Holder), upcalls);
        return true;
    }

    private void RentSpare(IOffloadUpcalls upcalls)
    {
        _spare ??= upcalls.ReceivePool.Rent(owner);
        _waitsForList = _spare is null;
    }

    private void Indicated(NetBufferList list, long end)
    {
        _indicated = list;
        _indicatedEnd = end;
        _unreturned++;
    }

    /// <summary>The next bytes of the stream; there are some.</summary>
    private int Take(Span<byte> into, IOffloadUpcalls upcalls)
    {
        if (HoldsData)
            return TakeFromHeld(into, upcalls);
        int read = owner.Line.Read(into);
        Received += read;
        return read;
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

    private void SayEnd()
    {
        EndSaid = true;
        EndAll(NdisStatus.Success);
        owner.Say(TcpOffloadEventType.Disconnect, 0, Received);
    }
}
