using System.Runtime.InteropServices;

namespace ChimneyActors.Buffers;

/// <summary>Descriptor of one memory segment (MDL).</summary>
public sealed class Mdl
{
    /// <summary>The segment.</summary>
    public Memory<byte> Memory { get; internal set; }

    /// <summary>The next segment of the chain.</summary>
    public Mdl? Next { get; internal set; }
}

/// <summary>One piece of data: a chain of segments, and which part of it is in use.</summary>
/// <remarks>Source: ns-nbl-net_buffer.md. Total size = <see cref="DataOffset"/> + <see cref="DataLength"/>.</remarks>
public sealed class NetBuffer
{
    private readonly Mdl _first = new();
    private bool _isAttached;

    /// <summary>The next NET_BUFFER of the same NET_BUFFER_LIST.</summary>
    public NetBuffer? Next { get; internal set; }

    /// <summary>First segment, or null without memory.</summary>
    public Mdl? MdlChain => _isAttached ? _first : null;

    /// <summary>Bytes at the start of the chain that are not in use, or no longer.</summary>
    public long DataOffset { get; private set; }

    /// <summary>Bytes in use after the offset.</summary>
    public long DataLength { get; private set; }

    /// <summary>Describes one segment, in use from its first byte to its last.</summary>
    internal void Attach(Memory<byte> segment)
    {
        _first.Memory = segment;
        _first.Next = null;
        _isAttached = true;
        DataOffset = 0;
        DataLength = segment.Length;
    }

    /// <summary>Describes data that will only be read; the memory is not copied.</summary>
    internal void Attach(ReadOnlyMemory<byte> segment) => Attach(MemoryMarshal.AsMemory(segment));

    /// <summary>Hangs a further segment behind the others.</summary>
    internal void Append(Memory<byte> segment)
    {
        Mdl last = MdlChain ?? throw new InvalidOperationException("Attach the first segment first.");
        while (last.Next is not null)
            last = last.Next;
        last.Next = new Mdl { Memory = segment };
        DataLength += segment.Length;
    }

    /// <summary>Limits the part in use, for example to the bytes that were received into the segment.</summary>
    public void SetDataLength(long length)
    {
        if (length < 0 || length > Capacity - DataOffset)
            throw new ContractViolationException(VerifierCheck.ByteAccount, "NET_BUFFER",
                $"data length {length} outside 0..{Capacity - DataOffset}");
        DataLength = length;
    }

    /// <summary>Moves the data start forward (NBL-07). More than the data is a violation (NBL-08).</summary>
    internal void Advance(long bytes)
    {
        if (bytes < 0 || bytes > DataLength)
            throw new ContractViolationException(VerifierCheck.ByteAccount, "NET_BUFFER",
                $"advance by {bytes} outside 0..{DataLength}");
        DataOffset += bytes;
        DataLength -= bytes;
    }

    /// <summary>The longest contiguous piece of data that starts so many bytes after the data start.</summary>
    /// <param name="position">0 to <see cref="DataLength"/>; at the end the piece is empty.</param>
    public Memory<byte> PieceAt(long position)
    {
        long skip = DataOffset + position;
        long left = DataLength - position;
        for (Mdl? mdl = MdlChain; mdl is not null && left > 0; mdl = mdl.Next)
        {
            if (skip < mdl.Memory.Length)
            {
                int length = (int)Math.Min(left, mdl.Memory.Length - skip);
                return mdl.Memory.Slice((int)skip, length);
            }
            skip -= mdl.Memory.Length;
        }
        return Memory<byte>.Empty;
    }

    private long Capacity
    {
        get
        {
            long sum = 0;
            for (Mdl? mdl = MdlChain; mdl is not null; mdl = mdl.Next)
                sum += mdl.Memory.Length;
            return sum;
        }
    }

    internal void Detach()
    {
        _first.Memory = default;
        _first.Next = null;
        _isAttached = false;
        DataOffset = 0;
        DataLength = 0;
    }
}
