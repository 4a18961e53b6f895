using ChimneyActors.Buffers;

namespace ChimneyActors.Supervision.Trees;

/// <summary>What depends on which neighbor or path; only of what was offloaded in a tree.</summary>
/// <remarks>A connection on its own is not in here, so that it costs nothing. From any thread.</remarks>
internal sealed class StateLinks
{
    private readonly Lock _lock = new();
    private readonly Dictionary<OffloadHandle, ConnectionEntry> _parents = [];
    private readonly Dictionary<OffloadHandle, HashSet<ConnectionEntry>> _dependents = [];

    /// <summary>An object depends on another one from now on, and on no other.</summary>
    public void Link(ConnectionEntry dependent, ConnectionEntry parent)
    {
        lock (_lock)
        {
            Cut(dependent);
            _parents[dependent.Handle] = parent;
            if (!_dependents.TryGetValue(parent.Handle, out HashSet<ConnectionEntry>? all))
                _dependents[parent.Handle] = all = [];
            all.Add(dependent);
        }
    }

    /// <summary>The object is no more.</summary>
    /// <returns>What it depended on; null for nothing.</returns>
    public ConnectionEntry? Unlink(ConnectionEntry dependent)
    {
        lock (_lock)
            return Cut(dependent);
    }

    /// <summary>What an object depends on; null for nothing.</summary>
    public ConnectionEntry? ParentOf(OffloadHandle dependent)
    {
        lock (_lock)
            return _parents.GetValueOrDefault(dependent);
    }

    /// <summary>What still depends on an object: whose own offload is not over (TERM-22).</summary>
    public ConnectionEntry[] DependentsOf(OffloadHandle parent)
    {
        lock (_lock)
            return _dependents.TryGetValue(parent, out HashSet<ConnectionEntry>? all)
                ? [.. all.Where(dependent => !dependent.Ended)]
                : [];
    }

    /// <summary>How much depends on an object, with what the host does not know to be over yet.</summary>
    public int CountOf(OffloadHandle parent)
    {
        lock (_lock)
            return _dependents.TryGetValue(parent, out HashSet<ConnectionEntry>? all) ? all.Count : 0;
    }

    private ConnectionEntry? Cut(ConnectionEntry dependent)
    {
        if (!_parents.Remove(dependent.Handle, out ConnectionEntry? parent))
            return null;
        if (_dependents.TryGetValue(parent.Handle, out HashSet<ConnectionEntry>? all) && all.Remove(dependent)
            && all.Count == 0)
            _dependents.Remove(parent.Handle);
        return parent;
    }
}
