using System.Buffers;
using System.Runtime.InteropServices;

namespace ChimneyActors.Targets.Kernel;

/// <summary>Collects pieces of memory for one gathered send. One a loop: only its thread uses it.</summary>
/// <remarks>Small pieces are copied side by side: that is cheaper than pinning each of them and than an entry each for
/// the kernel to walk. Large ones are pinned and sent from where they are.</remarks>
internal sealed unsafe class SendGather
{
    private const int PiecesMax = 64;
    private const int CopiedPieceMax = 1024;
    private const int CopiedMax = 32 * 1024;
    private const long BytesMax = 1024 * 1024;

    private readonly IoVector[] _pieces = GC.AllocateArray<IoVector>(PiecesMax, pinned: true);
    private readonly MemoryHandle[] _pins = new MemoryHandle[PiecesMax];
    private readonly byte[] _copies = GC.AllocateUninitializedArray<byte>(CopiedMax, pinned: true);
    private int _count;
    private int _pinned;
    private int _copied;
    private bool _lastIsCopy;

    /// <summary>Bytes collected.</summary>
    internal long Length { get; private set; }

    /// <summary>Adds a piece. False: there is no room for it in this send.</summary>
    internal bool TryAdd(ReadOnlyMemory<byte> piece)
    {
        if (Length >= BytesMax)
            return false;
        bool added = piece.Length <= CopiedPieceMax ? TryCopy(piece.Span) : TryPin(piece);
        if (added)
            Length += piece.Length;
        return added;
    }

    /// <summary>Sends what was collected and starts anew, whatever came of it.</summary>
    /// <returns>Bytes taken, or a negated error number.</returns>
    internal long Send(int socket, bool more)
    {
        long taken;
        fixed (IoVector* pieces = _pieces)
            taken = NativeTcp.SendGathered(socket, pieces, _count, more);
        Clear();
        return taken;
    }

    /// <summary>Forgets what was collected.</summary>
    internal void Clear()
    {
        for (int pin = 0; pin < _pinned; pin++)
            _pins[pin].Dispose();
        _count = _pinned = _copied = 0;
        _lastIsCopy = false;
        Length = 0;
    }

    private bool TryCopy(ReadOnlySpan<byte> piece)
    {
        if (_copied + piece.Length > CopiedMax || (!_lastIsCopy && _count == PiecesMax))
            return false;
        piece.CopyTo(_copies.AsSpan(_copied));
        if (_lastIsCopy)
        {
            _pieces[_count - 1].Length += (nuint)piece.Length;
        }
        else
        {
            void* start = (void*)Marshal.UnsafeAddrOfPinnedArrayElement(_copies, _copied);
            _pieces[_count++] = new IoVector { Base = start, Length = (nuint)piece.Length };
            _lastIsCopy = true;
        }

        _copied += piece.Length;
        return true;
    }

    private bool TryPin(ReadOnlyMemory<byte> piece)
    {
        if (_count == PiecesMax)
            return false;
        MemoryHandle pin = piece.Pin();
        _pins[_pinned++] = pin;
        _pieces[_count++] = new IoVector { Base = pin.Pointer, Length = (nuint)piece.Length };
        _lastIsCopy = false;
        return true;
    }
}
