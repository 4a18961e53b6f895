using System.Collections.Immutable;
using Akka.Actor;
using ChimneyActors.Cluster.Hosts;

namespace ChimneyActors.Cluster.Placement;

/// <summary>One adapter as a host sees it in one moment.</summary>
/// <param name="Node">Its address.</param>
/// <param name="Link">The open link; null while there is none.</param>
/// <param name="IsReachable">Whether the cluster can reach it.</param>
/// <param name="IsLeaving">Whether it is on its way out of the cluster.</param>
internal sealed record AdapterEntry(Address Node, HostLink? Link, bool IsReachable, bool IsLeaving)
{
    /// <summary>Whether it takes no more, and lets end what it has.</summary>
    public bool IsDraining => IsLeaving || Link is { Load.Draining: true };

    /// <summary>Whether it may be given a new connection.</summary>
    public bool IsReady => Link is { IsOver: false } && IsReachable && !IsDraining
        && Link.Load.Connections < Link.Load.ConnectionsMax;

    /// <summary>Connections at it: ours as they are now, or all as it said last, whichever is more.</summary>
    public int Connections => Link is null ? 0 : Math.Max(Link.Sockets, (int)Link.Load.Connections);
}

/// <summary>All adapters that a host knows; any thread may ask.</summary>
internal sealed class AdapterNodes
{
    private readonly Lock _gate = new();
    private ImmutableSortedDictionary<Address, AdapterEntry> _all =
        ImmutableSortedDictionary<Address, AdapterEntry>.Empty;

    private HashRing<Address> _ring = HashRing<Address>.Empty;

    /// <summary>The adapters now.</summary>
    public IEnumerable<AdapterEntry> All => Volatile.Read(ref _all).Values;

    /// <summary>What the cluster says of a node; null where it says nothing new. A node that is not known is one from
    /// now on.</summary>
    public void SetMember(Address node, bool? isReachable, bool? isLeaving)
    {
        lock (_gate)
        {
            bool isKnown = _all.TryGetValue(node, out AdapterEntry? entry);
            entry ??= new AdapterEntry(node, null, true, false);
            Set(entry with
            {
                IsReachable = isReachable ?? entry.IsReachable,
                IsLeaving = isLeaving ?? entry.IsLeaving,
            });
            if (!isKnown)
                DrawRing();
        }
    }

    /// <summary>The open link to a node that is known.</summary>
    public void SetLink(Address node, HostLink? link)
    {
        lock (_gate)
            if (_all.TryGetValue(node, out AdapterEntry? entry))
                Set(entry with { Link = link });
    }

    /// <summary>Forgets a node.</summary>
    public void Remove(Address node)
    {
        lock (_gate)
        {
            Volatile.Write(ref _all, _all.Remove(node));
            DrawRing();
        }
    }

    /// <summary>The adapter for a new connection.</summary>
    /// <param name="key">Connections with the same key go to the same adapter, as long as it is not much busier than
    /// others.</param>
    /// <param name="without">Those that were asked already.</param>
    /// <returns>Null if there is none.</returns>
    public AdapterEntry? Choose(string key, IReadOnlyCollection<Address> without)
    {
        AdapterEntry[] ready = [.. All.Where(one => one.IsReady && !without.Contains(one.Node))];
        if (ready.Length <= 1)
            return ready.FirstOrDefault();
        int bound = BoundedLoad.Of(ready.Sum(static one => (long)one.Connections), ready.Length);
        foreach (Address node in Volatile.Read(ref _ring).From(key))
            if (ready.FirstOrDefault(one => one.Node.Equals(node)) is { } found && found.Connections < bound)
                return found;
        return ready.MinBy(static one => one.Connections);
    }

    private void Set(AdapterEntry entry) => Volatile.Write(ref _all, _all.SetItem(entry.Node, entry));

    private void DrawRing() =>
        Volatile.Write(ref _ring, new HashRing<Address>(_all.Keys, static node => node.ToString()));
}
