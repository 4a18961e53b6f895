using ChimneyActors.Buffers;
using ChimneyActors.Cluster.Link;
using ChimneyActors.Cluster.Wire;
using ChimneyActors.Ndis;

namespace ChimneyActors.Cluster.Hosts;

/// <summary>The way in of one connection: posted receives first, indications when there are none.</summary>
/// <remarks>
/// What the adapter sends stays here until the host has taken it, whatever becomes of the list that it is indicated in;
/// so what is refused, or lost on its way up, is simply still here. One indication at a time waits for its answer
/// (RECV-04, DLV-11). The adapter may send as much as there is room for, and is told when there is more.
/// </remarks>
internal sealed class ReceivingHalf(RemoteConnection owner, HostSettings settings)
{
    private readonly Ring<Pending> _posted = new();
    private readonly ReceivedBytes _bytes = new();
    private NetBufferList? _spare;          // rented and not filled yet
    private NetBufferList? _indicated;      // not ours while out: only compared with what comes back
    private int _indicatedLength;
    private long _came;                     // from the adapter since the open
    private long _credit;                   // up to where the adapter may send, since the open
    private bool _refusedForNow;            // the host wants a receive posted before more is indicated (RIND-05)
    private bool _waitsForList;
    private bool _peerFinished;
    private int _unreturned;

    /// <summary>Stream offset behind the last byte that came.</summary>
    internal long Received { get; private set; }

    /// <summary>RcvIndicationSize (DLV-17).</summary>
    internal int IndicationBytes { get; set; }

    /// <summary>The end of the stream was said: nothing can be received any more (RECV-10).</summary>
    internal bool EndSaid { get; private set; }

    /// <summary>Whether the peer's FIN came.</summary>
    internal bool PeerFinished => _peerFinished;

    /// <summary>An indication is out and the host has not said whether it takes it.</summary>
    internal bool AwaitsAnswer => _indicated is not null;

    /// <summary>What a parcel's own link is set to while it waits here; only compared, never followed.</summary>
    internal object Mark => this;

    /// <summary>Received bytes that the host has not taken.</summary>
    internal long Held => _bytes.Length;

    /// <summary>Takes over where an earlier offload left the stream.</summary>
    /// <param name="received">Offset behind the last byte received.</param>
    /// <param name="handedOver">The last of these bytes, if they were not delivered. Copied (INIT-10).</param>
    /// <returns>Up to where the adapter may send.</returns>
    internal long Begin(long received, ReadOnlyMemory<byte> handedOver)
    {
        Received = received;
        _bytes.Add(handedOver.ToArray());
        return _credit = settings.ReceiveWindowBytes;
    }

    /// <summary>Bytes that an earlier offload received, which the host did not come to know.</summary>
    internal void TakeOver(byte[] unheard)
    {
        Received += unheard.Length;
        _bytes.Add(unheard);
    }

    internal void Enqueue(NetBufferList list, Claim claim, IOffloadUpcalls upcalls)
    {
        list.MiniportReserved = Mark;
        _posted.Enqueue(new Pending(claim, upcalls, PendingKind.Receive, 0, list.DataLength));
        _refusedForNow = false;
    }

    /// <summary>Bytes of the peer.</summary>
    /// <param name="bytes">The bytes.</param>
    /// <param name="isLimited">Whether there must be room for them; not when the adapter gives back all it
    /// has.</param>
    /// <exception cref="LinkException">There is no room.</exception>
    internal void OnCame(ReadOnlyMemory<byte> bytes, bool isLimited)
    {
        _came += bytes.Length;
        if (isLimited && _came > _credit)
            throw new LinkException($"{_came} bytes received, there is room for {_credit}");
        Received += bytes.Length;
        _bytes.Add(bytes);
    }

    /// <summary>The peer's FIN, behind so many bytes.</summary>
    /// <exception cref="LinkException">Others came.</exception>
    internal void OnPeerFinished(long bytes)
    {
        if (bytes != _came)
            throw new LinkException($"a FIN behind {bytes} bytes, {_came} came");
        _peerFinished = true;
    }

    /// <summary>Delivers what there is to whoever wants it, and tells the adapter of the room.</summary>
    internal void Pump()
    {
        while (!AwaitsAnswer && (_posted.Count > 0 ? FillFirst() : IndicateNext()))
        {
        }

        if (_peerFinished && !EndSaid && !AwaitsAnswer && _bytes.Length == 0)
            SayEnd();
        long room = _came - _bytes.Length + settings.ReceiveWindowBytes;
        if (_peerFinished || room - _credit < settings.ReceiveWindowBytes / 2)
            return;
        _credit = room;
        owner.Say(new Item { Credit = (ulong)room });
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
        if (AwaitsAnswer && through >= Received - _bytes.Length + _indicatedLength)
            Taken(_indicatedLength);
    }

    /// <summary>The host has not taken an indication, or not all of it: the list comes back.</summary>
    internal void OnRefused(NetBufferList list, IOffloadUpcalls upcalls)
    {
        int left = (int)list.FirstNetBuffer.DataLength;
        bool isAwaited = ReferenceEquals(list, _indicated);
        // A list that never reached the host was not refused by it: its bytes are simply indicated again.
        bool wasRefused = left > 0 && !list.BroughtHome;
        upcalls.ReceivePool.Return(list);
        if (!isAwaited)
            return;
        _unreturned--;
        Taken(_indicatedLength - left);
        _refusedForNow = wasRefused && _posted.Count == 0;
    }

    /// <summary>The host has given indicated lists back; they are in the pool already.</summary>
    internal void OnReturned(int lists)
    {
        _unreturned = Math.Max(0, _unreturned - lists);
        if (_unreturned == 0 && AwaitsAnswer)
            Taken(_indicatedLength);    // all are back, so it was taken, even if nobody said so
    }

    /// <summary>A pool that was empty has a list again.</summary>
    internal void OnListAgain(IOffloadUpcalls upcalls)
    {
        _waitsForList = false;
        if (_spare is null)
            Rent(upcalls);
        else
            upcalls.ReceivePool.PassOn();
    }

    /// <summary>Gives back a list that was rented and not needed; the next who waits for one hears of it.</summary>
    internal void ReturnSpare(IOffloadUpcalls upcalls)
    {
        if (_spare is not { } spare)
            return;
        _spare = null;
        upcalls.ReceivePool.Return(spare);
    }

    /// <summary>Completes every posted receive, with the bytes it holds.</summary>
    internal void EndAll(NdisStatus status)
    {
        while (_posted.Count > 0)
        {
            Pending first = _posted.Dequeue();
            owner.Up.Complete(first.Claim, first.Upcalls, status, first.Placed);
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
            ReadOnlySpan<byte> piece = _posted[0].List.FirstNetBuffer.PieceAt(at).Span;
            int length = Math.Min(piece.Length, placed.Length - at);
            piece[..length].CopyTo(placed.AsSpan(at));
            at += length;
        }

        return placed;
    }

    /// <summary>Touches no parcel of others any more. What is indicated comes back on its own way.</summary>
    internal void Forget()
    {
        _posted.Clear();
        if (AwaitsAnswer)
            Taken(_indicatedLength);
    }

    /// <summary>Takes what was received and not delivered.</summary>
    internal byte[] TakeHeld() => _bytes.TakeAll();

    private void Taken(int bytes)
    {
        _indicated = null;
        _bytes.Drop(bytes);
    }

    /// <summary>Fills the oldest posted receive. True if it is finished and the next may have its turn.</summary>
    private bool FillFirst()
    {
        ref Pending first = ref _posted[0];
        NetBuffer room = first.List.FirstNetBuffer;
        while (first.Placed < first.Length && _bytes.Length > 0)
        {
            Memory<byte> piece = room.PieceAt(first.Placed);
            if (piece.IsEmpty)
                throw new ContractViolationException(VerifierCheck.BadShape, "cluster target",
                    $"a NET_BUFFER is shorter than its data length: {first.List.Describe()}");
            int copied = _bytes.Peek(piece.Span[..(int)Math.Min(piece.Length, first.Length - first.Placed)]);
            _bytes.Drop(copied);
            first.Placed += copied;
        }

        // Push mode: what is there is given at once, unless the stream ends here, which ends them all.
        bool isPushed = first.Placed > 0 && !first.List.NoPush && !_peerFinished;
        if (first.Placed < first.Length && !isPushed)
            return false;
        Pending done = _posted.Dequeue();
        owner.Up.Complete(done.Claim, done.Upcalls, NdisStatus.Success, done.Placed);
        return true;
    }

    /// <summary>Indicates what comes next. True if something was indicated.</summary>
    private bool IndicateNext()
    {
        if (_bytes.Length == 0 || _refusedForNow || _unreturned >= settings.IndicationsMax
            || owner.Upcalls is not { } upcalls)
            return false;
        if (_spare is null && !_waitsForList)
            Rent(upcalls);
        if (_spare is not { } list)
            return false;
        _spare = null;
        _indicated = list;
        _indicatedLength = _bytes.Peek(ReceiveIndication.RoomOf(list, IndicationBytes));
        _unreturned++;
        owner.Up.Indicate(ReceiveIndication.Make(
            owner.Handle, list, _indicatedLength, Received - _bytes.Length, upcalls.Holder), upcalls);
        return true;
    }

    private void Rent(IOffloadUpcalls upcalls)
    {
        _spare = upcalls.ReceivePool.Rent(owner);
        _waitsForList = _spare is null;
    }

    private void SayEnd()
    {
        EndSaid = true;
        EndAll(NdisStatus.Success);
        owner.Tell(TcpOffloadEventType.Disconnect, 0, Received);
    }
}
