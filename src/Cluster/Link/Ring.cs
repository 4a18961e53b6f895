namespace ChimneyActors.Cluster.Link;

/// <summary>A queue whose entries can be looked at by their place.</summary>
internal sealed class Ring<T>
{
    private const int FirstSize = 8;
    private const int KeptSize = 1024;
    private T[] _slots = [];
    private int _head;

    /// <summary>Entries in it.</summary>
    public int Count { get; private set; }

    /// <summary>The entry so many places behind the oldest.</summary>
    public ref T this[int place] => ref _slots[(_head + place) & (_slots.Length - 1)];

    /// <summary>Adds the newest.</summary>
    public void Enqueue(T entry)
    {
        if (Count == _slots.Length)
            Grow();
        Count++;
        this[Count - 1] = entry;
    }

    /// <summary>Takes the oldest; there is one.</summary>
    public T Dequeue()
    {
        T oldest = _slots[_head];
        _slots[_head] = default!;
        _head = (_head + 1) & (_slots.Length - 1);
        Count--;
        if (Count == 0 && _slots.Length > KeptSize)
            Clear();
        return oldest;
    }

    /// <summary>Forgets all.</summary>
    public void Clear()
    {
        _slots = [];
        _head = 0;
        Count = 0;
    }

    private void Grow()
    {
        var larger = new T[_slots.Length == 0 ? FirstSize : _slots.Length * 2];
        for (int place = 0; place < Count; place++)
            larger[place] = this[place];
        _slots = larger;
        _head = 0;
    }
}
