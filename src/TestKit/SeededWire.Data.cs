using System.Runtime.InteropServices;
using ChimneyActors.Buffers;
using ChimneyActors.Ndis;

namespace ChimneyActors.TestKit;

/// <summary>The two streams.</summary>
internal sealed partial class SeededWire
{
    /// <summary>The first send that the kernel has not taken whole.</summary>
    private int NextToTransmit => _sends.FindIndex(send => send.Kind switch
    {
        DisconnectKind.Abortive => true,
        DisconnectKind.Graceful => !Peer.FinSent,
        _ => End(send.Claim) > Peer.Accepted,
    });

    private bool CanTransmit => NextToTransmit >= 0;

    private bool CanComplete => IsFinished(_sends[0]) || (_target.ReportsEarly && _sends[0].Kind == default);

    private static NetBufferList ListOf(Claim claim) => (NetBufferList)claim.Parcel;

    private static long End(Claim claim) => ListOf(claim).StreamOffset + ListOf(claim).DataLength;

    private bool IsFinished((Claim Claim, DisconnectKind Kind) send) =>
        !send.Claim.IsOpen || (send.Kind != DisconnectKind.Abortive && End(send.Claim) <= Peer.Acknowledged
        && (send.Kind != DisconnectKind.Graceful || Peer.FinAcknowledged));

    private void Transmit()
    {
        int index = NextToTransmit;
        (Claim claim, DisconnectKind kind) = _sends[index];
        if (!claim.IsOpen)
        {
            _sends.RemoveAt(index);
            return;
        }
        if (kind == DisconnectKind.Abortive)
        {
            _aborted = Peer.IsReset = true;
            _sends.RemoveAt(index);
            EndAll(NdisStatus.RequestAborted);
            Tell(claim, NdisStatus.Success, 0);
            return;
        }
        NetBufferList list = ListOf(claim);
        long done = Math.Max(0, Peer.Accepted - list.StreamOffset);
        ReadOnlySpan<byte> piece = list.PieceAt(done).Span;
        int count = piece.IsEmpty ? 0 : Peer.Random.UpTo(piece.Length);
        Peer.Accept(list.StreamOffset + done, piece[..count]);
        if (kind == DisconnectKind.Graceful && done + count == list.DataLength)
            Peer.FinSent = true;
    }

    private void Acknowledge() => Peer.Acknowledge(Peer.Random.UpTo(2000));

    private void CompletePrefix()
    {
        if (_sends[0].Kind == default && _target.MiscountPercent > 0 && !_target.IsCalm
            && Peer.Random.Percent(_target.MiscountPercent) && ListOf(_sends[0].Claim).DataLength > 0)
        {
            Miscount();
            return;
        }
        var won = default(WonChain);
        int most = Peer.Random.UpTo(3);
        for (int i = 0; i < most && _sends.Count > 0 && CanComplete; i++)
        {
            (Claim claim, DisconnectKind kind) = _sends[0];
            if (kind != default && !won.IsEmpty)
                break;
            _sends.RemoveAt(0);
            if (Won(claim, NdisStatus.Success, ListOf(claim).DataLength))
                won.Add(claim.Parcel);
            if (kind != default)
                break;
        }
        if (!won.IsEmpty)
            Tell(won.ToCompletion());
    }

    /// <summary>Says that the peer has acknowledged fewer bytes than it has, or more than there are.</summary>
    private void Miscount()
    {
        Claim claim = _sends[0].Claim;
        _sends.RemoveAt(0);
        _target.Spend(claim);
        if (!claim.IsOpen)
            return;
        long length = ListOf(claim).DataLength;
        long said = Peer.Random.Percent(50) ? length + Peer.Random.Between(1, 50) : Peer.Random.Below((int)length);
        _target.Trace.Write($"peer {Peer.Number} miscounts: {said} of {length}");
        _target.Miscounts.Add(claim);
        Tell(claim, NdisStatus.Success, said);
    }

    /// <summary>An adapter that never let go writes into what was submitted to it: that nobody may use.</summary>
    public void Scribble()
    {
        foreach ((Claim claim, _) in _sends)
            Scribble(claim, 0);
        foreach ((Claim claim, _, int placed) in _receives)
            Scribble(claim, placed);
    }

    private static void Scribble(Claim claim, int from)
    {
        NetBufferList list = ListOf(claim);
        if (from < list.DataLength)
            list.PieceAt(from).Span.Fill(0xEE);
    }

    /// <summary>Wins the gate, and writes down with what.</summary>
    private bool Won(Claim claim, NdisStatus status, long bytes)
    {
        _target.Spend(claim);
        if (!claim.IsOpen)
            return false;
        NetBufferList list = ListOf(claim);
        if (list.Flags != (int)DisconnectKind.Abortive
            && (list.DataLength > 0 || list.Operation == OffloadOperation.Disconnect))
            _target.Record.Ended(list, status, bytes);
        return claim.TryComplete(status, bytes);
    }

    private void RefuseLate()
    {
        Claim first = _late[0];
        _late.RemoveAt(0);
        Tell(first, NdisStatus.InvalidState, 0);
    }

    private void EndAll(NdisStatus status)
    {
        foreach ((Claim claim, _) in _sends)
        {
            if (!claim.IsOpen)
                continue;
            NetBufferList list = ListOf(claim);
            long bytes = Math.Clamp(Peer.Acknowledged - list.StreamOffset, 0, list.DataLength);
            if (Won(claim, status, bytes))
                TellAlone(claim);
        }
        _sends.Clear();
        while (_late.Count > 0)
            RefuseLate();
        foreach ((Claim claim, long offset, int placed) in _receives)
            EndReceive(claim, status, offset, placed);
        _receives.Clear();
        foreach (Claim claim in _forwards)
            Tell(claim, status, 0);
        _forwards.Clear();
    }

    /// <summary>What was forwarded counts as said by the peer.</summary>
    private void ProcessFirst()
    {
        Claim claim = _forwards[0];
        _forwards.RemoveAt(0);
        if (claim.IsOpen && MemoryMarshal.TryGetArray(
            ListOf(claim).FirstNetBuffer.PieceAt(0), out ArraySegment<byte> segment))
        {
            Peer.Process(segment.Array!);
            _target.Record.Processed(segment.Array!);
        }
        Tell(claim, NdisStatus.Success, 0);
    }

    private void TellAlone(Claim claim)
    {
        var won = default(WonChain);
        won.Add(claim.Parcel);
        Tell(won.ToCompletion());
    }

    private void FillFirst()
    {
        (Claim claim, long offset, int placed) = _receives[0];
        if (!claim.IsOpen)
        {
            _receives.RemoveAt(0);
            return;
        }
        NetBufferList list = ListOf(claim);
        if (placed == 0)
            offset = Peer.Read - _held.Length;
        Span<byte> room = list.FirstNetBuffer.PieceAt(placed).Span;
        if (room.Length > 0)
            placed += Read(room[..Peer.Random.UpTo(room.Length)]);
        _receives[0] = (claim, offset, placed);
        bool full = placed == list.DataLength;
        if (!full && (list.NoPush || Peer.Random.Percent(50)))
            return;
        _receives.RemoveAt(0);
        EndReceive(claim, NdisStatus.Success, offset, placed);
    }

    private void PushFirst()
    {
        (Claim claim, long offset, int placed) = _receives[0];
        _receives.RemoveAt(0);
        EndReceive(claim, NdisStatus.Success, offset, placed);
    }

    private void EndReceive(Claim claim, NdisStatus status, long offset, int placed)
    {
        _target.Spend(claim);
        if (!claim.IsOpen)
            return;
        if (placed > 0 && MemoryMarshal.TryGetArray(
            ListOf(claim).FirstNetBuffer.PieceAt(0), out ArraySegment<byte> memory))
            _target.Record.Placed(memory.Array!, offset, placed);
        if (claim.TryComplete(status, placed))
            TellAlone(claim);
    }

    /// <summary>What was placed into a receive that will not be completed from here.</summary>
    private void PutBack((Claim Claim, long Offset, int Placed) receive)
    {
        if (receive.Placed > 0 && receive.Claim.IsOpen)
            _held = [.. ListOf(receive.Claim).FirstNetBuffer.PieceAt(0).Span[..receive.Placed], .. _held];
    }

    private void IndicateNext()
    {
        _mayRent = false;
        _waitsForRoom = true;
        if (_upcalls.ReceivePool.Rent(this) is not { } list)
            return;
        _waitsForRoom = false;
        long offset = Peer.Read - _held.Length;
        int length = Read(list.Buffer.Span[..Peer.Random.UpTo(list.Buffer.Length)]);
        _indicatedEnd = offset + length;
        _target.Trace.Write($"peer {Peer.Number} indicates {length} at {offset}");
        _upcalls.Indicate(ReceiveIndication.Make(Handle, list, length, offset, _upcalls.Holder));
    }

    private void SayFin()
    {
        _finSaid = true;
        foreach ((Claim claim, long offset, int placed) in _receives)
            EndReceive(claim, NdisStatus.Success, offset, placed);
        _receives.Clear();
        _upcalls.Indicate(new TcpOffloadEvent(Handle, TcpOffloadEventType.Disconnect, 0, Peer.Read));
    }

    private int Read(Span<byte> into)
    {
        if (_held.Length == 0)
            return Peer.Take(into);
        int count = Math.Min(into.Length, _held.Length);
        _held.AsSpan(0, count).CopyTo(into);
        _held = _held[count..];
        return count;
    }
}
