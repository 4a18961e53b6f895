using ChimneyActors.Buffers;
using ChimneyActors.Ndis;

namespace ChimneyActors.Contract;

/// <summary>One offloaded connection as a test sees it: what a binding can ask of it, and its peer.</summary>
internal sealed class Line(TargetBench bench, OffloadHandle handle, Peer peer, long sendOffset)
{
    private long _next = sendOffset;

    internal OffloadHandle Handle { get; } = handle;

    internal Peer Peer { get; } = peer;

    internal Host Host => bench.Host;

    /// <summary>Stream offset of the next byte to send.</summary>
    internal long NextOffset => _next;

    /// <summary>Sends the next bytes of the pattern, a list for each length.</summary>
    internal NetBufferList[] Send(params int[] lengths)
    {
        NetBufferList[] lists = [.. lengths.Select(length => Fill(length, pieces: 1))];
        return Send(lists);
    }

    /// <summary>Sends one list whose data lies in pieces, two to a NET_BUFFER.</summary>
    internal NetBufferList SendInPieces(int length, int pieces) => Send(Fill(length, pieces))[0];

    internal NetBufferList[] Send(params NetBufferList[] lists)
    {
        Link(lists);
        bench.Submit(lists[0], OffloadOperation.Send, Handle, flight => new TcpOffloadSend(flight));
        return lists;
    }

    internal NetBufferList Disconnect(DisconnectKind kind, int length = 0)
    {
        NetBufferList list = Fill(length, pieces: 1);
        bench.Submit(list, OffloadOperation.Disconnect, Handle,
            flight => new TcpOffloadDisconnect(flight, kind));
        return list;
    }

    /// <summary>Hands raw segments over, as one chain.</summary>
    internal NetBufferList[] Forward(params byte[][] segments)
    {
        NetBufferList[] lists = [.. segments.Select(segment =>
        {
            NetBufferList list = bench.Rent();
            list.FirstNetBuffer.Attach(segment.AsMemory());
            return list;
        })];
        Link(lists);
        bench.Submit(lists[0], OffloadOperation.Forward, Handle, flight => new TcpOffloadForward(flight));
        return lists;
    }

    internal NetBufferList[] Receive(bool noPush, params int[] lengths)
    {
        NetBufferList[] lists = [.. lengths.Select(Room)];
        Link(lists);
        bench.Submit(lists[0], OffloadOperation.Receive, Handle, flight => new TcpOffloadReceive(flight));
        return lists;

        NetBufferList Room(int length)
        {
            NetBufferList list = bench.Rent();
            list.FirstNetBuffer.Attach(new byte[length].AsMemory());
            list.NoPush = noPush;
            list.ProtocolReserved = list.FirstNetBuffer.PieceAt(0);
            return list;
        }
    }

    /// <summary>What a finished receive holds.</summary>
    internal static ReadOnlySpan<byte> DataOf(NetBufferList receive) =>
        ((Memory<byte>)receive.ProtocolReserved!).Span[..(int)receive.BytesTransferred];

    internal OffloadBlock Terminate() =>
        Submit(new OffloadBlock(), OffloadOperation.Terminate, flight => new TerminateOffload(flight));

    internal OffloadBlock Query() =>
        Submit(new OffloadBlock(), OffloadOperation.Query, flight => new QueryOffload(flight));

    internal OffloadBlock Update(TcpOffloadStateCached change) => Submit(
        new OffloadBlock { Update = change }, OffloadOperation.Update, flight => new UpdateOffload(flight));

    internal OffloadBlock Invalidate() =>
        Submit(new OffloadBlock(), OffloadOperation.Invalidate, flight => new InvalidateOffload(flight));

    internal async Task<Severed> SeverAsync()
    {
        bench.Target.Sever(Handle, Host);
        return (await Host.Hear<RemainsSaid>(said => said.Connection == Handle)).Severed;
    }

    internal RequestProgress Probe(Parcel parcel) =>
        bench.Target.Probe(Handle, parcel, parcel.Custody.Flight);

    internal Task SettledAsync() => bench.SettledAsync(Handle);

    private OffloadBlock Submit(OffloadBlock block, OffloadOperation operation, Func<Flight, OffloadRequest> request)
    {
        block.Custody.Set(CustodyState.Rented, default, HolderId.None);
        bench.Submit(block, operation, Handle, request);
        return block;
    }

    private static void Link(NetBufferList[] lists)
    {
        for (int index = 0; index + 1 < lists.Length; index++)
            lists[index].Next = lists[index + 1];
    }

    private NetBufferList Fill(int length, int pieces)
    {
        NetBufferList list = bench.Rent();
        list.StreamOffset = _next;
        NetBuffer buffer = list.FirstNetBuffer;
        for (int piece = 0; piece < pieces; piece++)
        {
            int size = (length / pieces) + (piece == pieces - 1 ? length % pieces : 0);
            Memory<byte> bytes = Pattern.Bytes(_next, size);
            _next += size;
            if (piece == 0)
            {
                buffer.Attach(bytes);
            }
            else if (piece % 2 == 1)
            {
                buffer.Append(bytes);
            }
            else
            {
                buffer = buffer.Next = new NetBuffer();
                buffer.Attach(bytes);
            }
        }

        return list;
    }
}
