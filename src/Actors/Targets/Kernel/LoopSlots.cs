namespace ChimneyActors.Targets.Kernel;

/// <summary>
/// The handlers of a loop by slot and generation. The kernel hands out descriptor numbers again at once, and a batch
/// of events may still hold one for a socket that an earlier event of the batch has removed: the key says which life
/// of the slot was meant.
/// </summary>
internal sealed class LoopSlots
{
    private const int InitialSize = 64;
    private const int NoSlot = -1;

    private Slot[] _slots = new Slot[InitialSize];
    private int _used;
    private int _firstFree = NoSlot;

    internal int Count { get; private set; }

    /// <summary>Takes a slot; the answer is the key to give to epoll.</summary>
    internal ulong Add(LoopHandler handler)
    {
        int index = _firstFree;
        if (index == NoSlot)
        {
            if (_used == _slots.Length)
                Array.Resize(ref _slots, _slots.Length * 2);
            index = _used++;
        }
        else
        {
            _firstFree = _slots[index].NextFree;
        }

        ref Slot slot = ref _slots[index];
        slot.Handler = handler;
        handler.LoopSlot = index;
        Count++;
        return ((ulong)slot.Generation << 32) | (uint)index;
    }

    internal void Remove(LoopHandler handler)
    {
        int index = handler.LoopSlot;
        ref Slot slot = ref _slots[index];
        slot.Handler = null;
        slot.Generation++;
        slot.NextFree = _firstFree;
        _firstFree = index;
        handler.LoopSlot = LoopHandler.Unregistered;
        Count--;
    }

    /// <summary>The handler the key was made for, or null if it is gone.</summary>
    internal LoopHandler? Find(ulong key)
    {
        uint index = (uint)key;
        if (index >= (uint)_used)
            return null;
        ref Slot slot = ref _slots[index];
        return slot.Generation == (uint)(key >> 32) ? slot.Handler : null;
    }

    /// <summary>Every registered handler, for the end of the loop.</summary>
    internal LoopHandler[] All() =>
        [.. _slots.Take(_used).Select(static slot => slot.Handler).OfType<LoopHandler>()];

    private struct Slot
    {
        internal LoopHandler? Handler;
        internal uint Generation;
        internal int NextFree;
    }
}
