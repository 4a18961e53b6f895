namespace ChimneyActors.Targets;

/// <summary>A queue of values in a ring, without an object an entry. Costs nothing until first used, and gives a large
/// ring back when it runs empty: idle connections are many.</summary>
internal struct Fifo<T>
{
    private const int FirstSize = 4;
    private const int KeptSize = 64;

    private T[]? _ring;
    private int _head;

    internal int Count { get; private set; }

    /// <summary>The entry so many places behind the oldest.</summary>
    internal readonly ref T this[int place] => ref _ring![(_head + place) & (_ring.Length - 1)];

    internal void Enqueue(in T entry)
    {
        if (_ring is null || Count == _ring.Length)
            Grow();
        Count++;
        this[Count - 1] = entry;
    }

    /// <summary>Drops the oldest entry.</summary>
    internal void Dequeue()
    {
        _ring![_head] = default!;
        _head = (_head + 1) & (_ring.Length - 1);
        Count--;
        if (Count == 0 && _ring.Length > KeptSize)
            Clear();
    }

    internal void Clear()
    {
        _ring = null;
        _head = 0;
        Count = 0;
    }

    private void Grow()
    {
        var larger = new T[_ring is null ? FirstSize : _ring.Length * 2];
        for (int place = 0; place < Count; place++)
            larger[place] = this[place];
        _ring = larger;
        _head = 0;
    }
}
