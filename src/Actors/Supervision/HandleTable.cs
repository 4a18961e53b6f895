using System.Collections.Concurrent;
using ChimneyActors.Buffers;
using ChimneyActors.Ndis;

namespace ChimneyActors.Supervision;

/// <summary>Offload handles, unique in a whole stack: a slot and how often it was used.</summary>
internal sealed class HandleTable
{
    private readonly ConcurrentStack<int> _free = new();
    private readonly Lock _grow = new();
    private readonly WayDown _start = new();
    private ConnectionEntry?[] _entries = new ConnectionEntry?[64];
    private int[] _generations = new int[64];
    private int _used;
    private int _objects;

    /// <summary>How many connections have a name now.</summary>
    public int Count => Volatile.Read(ref _used) - _free.Count - Objects;

    /// <summary>How many paths and neighbors do.</summary>
    public int Objects => Volatile.Read(ref _objects);

    /// <summary>A new name.</summary>
    public ConnectionEntry Add(OffloadLayer layer = OffloadLayer.Tcp)
    {
        lock (_grow)
        {
            if (!_free.TryPop(out int slot))
            {
                slot = _used;
                if (slot == _entries.Length)
                {
                    Array.Resize(ref _generations, slot * 2);
                    ConnectionEntry?[] larger = new ConnectionEntry?[slot * 2];
                    Array.Copy(_entries, larger, slot);
                    Volatile.Write(ref _entries, larger);
                }
                Volatile.Write(ref _used, slot + 1);
            }
            var entry = new ConnectionEntry(new OffloadHandle(slot, ++_generations[slot]), _start) { Layer = layer };
            Volatile.Write(ref _entries[slot], entry);
            if (layer != OffloadLayer.Tcp)
                _objects++;
            return entry;
        }
    }

    /// <summary>The connection of that name, or null if it is no more.</summary>
    public ConnectionEntry? Find(OffloadHandle handle)
    {
        ConnectionEntry?[] entries = Volatile.Read(ref _entries);
        if ((uint)handle.Slot >= (uint)entries.Length)
            return null;
        ConnectionEntry? entry = Volatile.Read(ref entries[handle.Slot]);
        return entry is not null && entry.Handle == handle ? entry : null;
    }

    /// <summary>Ends a name: from now on it finds nothing (TERM-29).</summary>
    public void Remove(ConnectionEntry entry)
    {
        lock (_grow)
        {
            int slot = entry.Handle.Slot;
            if (!ReferenceEquals(_entries[slot], entry))
                return;
            _entries[slot] = null;
            _free.Push(slot);
            if (entry.Layer == OffloadLayer.Tcp)
                entry.Edge.Route?.Instance.Adapter.CountOut();
            else
                _objects--;
        }
    }

    /// <summary>All connections, for watches and audits.</summary>
    public IEnumerable<ConnectionEntry> All()
    {
        ConnectionEntry?[] entries = Volatile.Read(ref _entries);
        for (int i = 0; i < entries.Length; i++)
            if (Volatile.Read(ref entries[i]) is { } entry)
                yield return entry;
    }
}
