namespace ChimneyActors.Buffers;

/// <summary>The unit of ownership on the data path: one or more NET_BUFFERs, a status, and the way home.</summary>
/// <remarks>Source: ns-nbl-net_buffer_list.md. Rented from a <see cref="NetBufferListPool"/>, never made
/// elsewhere.</remarks>
public sealed class NetBufferList : Parcel
{
    private readonly NetBuffer _first = new();
    private List<NetBuffer>? _further;      // made when first needed, and kept

    internal NetBufferList(NetBufferListPool pool) => Pool = pool;

    /// <summary>Where it was rented and goes back to.</summary>
    internal NetBufferListPool Pool { get; }

    /// <summary>Memory of its own, for received data; empty in pools that have none.</summary>
    public Memory<byte> Buffer { get; internal set; }

    /// <summary>The first NET_BUFFER.</summary>
    public NetBuffer FirstNetBuffer => _first;

    /// <summary>Graceful or abortive; for a disconnect only.</summary>
    internal int Flags { get; set; }

    /// <summary>TcpReceiveNoPush: complete a posted receive only when it is full (RECV-14).</summary>
    public bool NoPush { get; internal set; }

    /// <summary>TcpReceiveBytesTransferred: so many bytes of a posted receive's buffer held data before; its NET_BUFFER
    /// is what is behind them (RECV-20).</summary>
    public int BytesFilled { get; internal set; }

    /// <summary>Bytes in use over all NET_BUFFERs.</summary>
    public long DataLength
    {
        get
        {
            long sum = 0;
            for (NetBuffer? buffer = _first; buffer is not null; buffer = buffer.Next)
                sum += buffer.DataLength;
            return sum;
        }
    }

    /// <summary>By how much the data starts have moved on this journey (NBL-11).</summary>
    internal long BytesAdvanced
    {
        get
        {
            long sum = 0;
            for (NetBuffer? buffer = _first; buffer is not null; buffer = buffer.Next)
                sum += buffer.DataOffset;
            return sum;
        }
    }

    /// <summary>The longest contiguous piece of data that starts so many bytes after the start of the first
    /// NET_BUFFER's data, in whichever NET_BUFFER that is.</summary>
    /// <param name="position">0 to <see cref="DataLength"/>; at the end the piece is empty.</param>
    public Memory<byte> PieceAt(long position)
    {
        NetBuffer buffer = _first;
        while (position >= buffer.DataLength && buffer.Next is { } next)
        {
            position -= buffer.DataLength;
            buffer = next;
        }
        return buffer.PieceAt(position);
    }

    /// <summary>Describes several pieces of data that will only be read, a NET_BUFFER for each (NBL-02).</summary>
    internal void Attach(IReadOnlyList<ReadOnlyMemory<byte>> pieces)
    {
        NetBuffer buffer = _first;
        buffer.Attach(pieces.Count > 0 ? pieces[0] : default);
        for (int i = 1; i < pieces.Count; i++)
        {
            _further ??= [];
            if (_further.Count < i)
                _further.Add(new NetBuffer());
            buffer = buffer.Next = _further[i - 1];
            buffer.Attach(pieces[i]);
            buffer.Next = null;
        }
    }

    private protected override void OnCompleted(long bytes)
    {
        // Of an indication the data start moves by what the host consumed, when the answer has come home; of a forward
        // not at all.
        if (Operation is OffloadOperation.ReceiveIndicate or OffloadOperation.Forward)
            return;
        long left = Math.Min(bytes, DataLength);
        for (NetBuffer? buffer = _first; buffer is not null && left > 0; buffer = buffer.Next)
        {
            long step = Math.Min(left, buffer.DataLength);
            buffer.Advance(step);
            left -= step;
        }
    }

    /// <summary>Forgets everything of the journey; called by the pool.</summary>
    internal void Reset()
    {
        Next = null;
        Operation = OffloadOperation.None;
        Connection = OffloadHandle.None;
        StreamOffset = 0;
        Status = NdisStatus.Success;
        BytesTransferred = 0;
        BroughtHome = false;
        ProtocolReserved = null;
        MiniportReserved = null;
        Flags = 0;
        NoPush = false;
        BytesFilled = 0;
        Frames.Clear();
        for (NetBuffer? buffer = _first.Next; buffer is not null; buffer = buffer.Next)
            buffer.Detach();
        _first.Next = null;
        _first.Detach();
    }
}
