using ChimneyActors.Buffers;
using ChimneyActors.Captures;
using ChimneyActors.Ndis;

namespace ChimneyActors.Intermediates;

/// <summary>Passes everything on at once, and writes down what it was.</summary>
internal sealed class CaptureDriver(Capture capture) : IntermediateDriver
{
    private static readonly object FlushTime = new();
    private static readonly TimeSpan FlushAfter = TimeSpan.FromSeconds(1);
    private bool _isDirty;

    /// <inheritdoc/>
    protected internal override void OnRequest(OffloadRequest request)
    {
        Note(request);
        switch (request)
        {
            case InitiateOffload { Block: var root }:
                foreach (OffloadBlock block in BlockTree.ConnectionsOf(root))
                    if (block.FourTuple is { } ends)
                        capture.Begin(Name, block.Connection, ends, block.Positions.Accepted, block.Delivered);
                break;
            case TcpOffloadSend or TcpOffloadDisconnect { Kind: DisconnectKind.Graceful }:
                Write(request.Connection, (stream, _, at) => Sent(stream, at, request));
                break;
            case TcpOffloadDisconnect:
                Write(request.Connection, (stream, _, at) => stream.Reset(at, isOurs: true));
                break;
            default:
                break;
        }
        PassDown(request);
    }

    /// <inheritdoc/>
    protected internal override void OnCompletion(OffloadCompletion completion)
    {
        Note(completion);
        if (completion is TcpOffloadSendComplete or TcpOffloadDisconnectComplete or TcpOffloadReceiveComplete)
            for (Parcel? parcel = completion.Flight.Head; parcel is not null; parcel = parcel.Next)
                Ended((NetBufferList)parcel);
        foreach (OffloadHandle gone in BlockTree.GoneWith(completion))
            capture.End(gone);
        PassUp(completion);
    }

    /// <inheritdoc/>
    protected internal override void OnIndication(OffloadIndication indication)
    {
        Note(indication);
        switch (indication)
        {
            case TcpOffloadReceiveIndicate { Flight.Head: NetBufferList list }:
                Write(list.Connection, (stream, connection, at) =>
                    Received(stream, connection, at, list.StreamOffset, Payload.Of(list)));
                break;
            case TcpOffloadEvent { Type: TcpOffloadEventType.Disconnect } fin:
                Write(fin.Connection, (stream, _, at) => stream.ReceiveFin(at, fin.StreamOffset));
                break;
            case TcpOffloadEvent { Type: TcpOffloadEventType.Abort } abort:
                Write(abort.Connection, (stream, _, at) => stream.Reset(at, isOurs: false));
                break;
            default:
                break;
        }
    }

    /// <inheritdoc/>
    protected internal override void OnTimer(object key)
    {
        _isDirty = false;
        capture.Flush();
    }

    private static void Sent(CapturedStream stream, TimeSpan at, OffloadRequest request)
    {
        long behind = request.Flight.Head.StreamOffset;
        for (Parcel? parcel = request.Flight.Head; parcel is not null; parcel = parcel.Next)
            foreach (ReadOnlyMemory<byte> piece in Payload.Of((NetBufferList)parcel))
            {
                stream.Send(at, behind, piece);
                behind += piece.Length;
            }
        if (request is TcpOffloadDisconnect)
            stream.SendFin(at, behind);
    }

    private void Ended(NetBufferList list)
    {
        long bytes = list.BytesTransferred;
        if (list.Operation == OffloadOperation.Receive)
        {
            Write(list.Connection, (stream, connection, at) =>
                Received(stream, connection, at, connection.Received, Payload.Before(list, bytes)));
            return;
        }
        bool isFin = list is { Operation: OffloadOperation.Disconnect, Status: NdisStatus.Success }
            && list.Flags == (int)DisconnectKind.Graceful;
        Write(list.Connection, (stream, _, at) =>
            stream.Acknowledge(at, list.StreamOffset + bytes + (isFin ? 1 : 0)));
    }

    private static void Received(
        CapturedStream stream, CapturedConnection connection, TimeSpan at, long offset,
        IEnumerable<ReadOnlyMemory<byte>> data)
    {
        foreach (ReadOnlyMemory<byte> piece in data)
        {
            stream.Receive(at, offset, piece);
            offset += piece.Length;
        }
        connection.Received = Math.Max(connection.Received, offset);
    }

    private void Write(OffloadHandle handle, Action<CapturedStream, CapturedConnection, TimeSpan> write) =>
        capture.Packets(Name, handle, Clock.GetUtcNow(), write);

    private void Note(OffloadMessage message)
    {
        capture.Requests(Name, Clock.GetUtcNow(), message);
        if (_isDirty)
            return;
        _isDirty = true;
        StartTimer(FlushTime, FlushAfter);
    }
}

/// <summary>The bytes of a list, piece by piece.</summary>
internal static class Payload
{
    /// <summary>What is in use.</summary>
    public static IEnumerable<ReadOnlyMemory<byte>> Of(NetBufferList list)
    {
        for (NetBuffer? buffer = list.FirstNetBuffer; buffer is not null; buffer = buffer.Next)
            for (long at = 0; at < buffer.DataLength;)
            {
                Memory<byte> piece = buffer.PieceAt(at);
                yield return piece;
                at += piece.Length;
            }
    }

    /// <summary>The bytes that the data start of a list with one NET_BUFFER has last moved over.</summary>
    public static IEnumerable<ReadOnlyMemory<byte>> Before(NetBufferList list, long length)
    {
        NetBuffer buffer = list.FirstNetBuffer;
        long skip = buffer.DataOffset - length;
        for (Mdl? mdl = buffer.MdlChain; mdl is not null && length > 0; mdl = mdl.Next)
        {
            if (skip < mdl.Memory.Length)
            {
                int count = (int)Math.Min(length, mdl.Memory.Length - skip);
                yield return mdl.Memory.Slice((int)skip, count);
                length -= count;
                skip += count;
            }
            skip -= mdl.Memory.Length;
        }
    }
}
