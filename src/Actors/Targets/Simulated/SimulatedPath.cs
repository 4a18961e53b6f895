using ChimneyActors.Buffers;
using ChimneyActors.Ndis;

namespace ChimneyActors.Targets.Simulated;

/// <summary>A path of an adapter: from which address to which, and how large its packets may be.</summary>
internal sealed class SimulatedPath(OffloadHandle handle, SimulatedTarget target) : SimulatedObject(handle, target)
{
    private readonly List<SimulatedConnection> _connections = [];
    private PathOffloadState _state = new();

    /// <summary>What never changes.</summary>
    internal PathOffloadStateConst Const => _state.Const!;

    /// <summary>Bytes of the largest packet.</summary>
    internal int PathMtu => _state.Cached.PathMtu ?? Target.Settings.PathMtuMax;

    /// <summary>So many repetitions of a segment are a reason to doubt the neighbor (NRQ-11).</summary>
    internal int DoubtRetransmissions { get; } = target.DoubtRetransmissions;

    /// <summary>The next hop now.</summary>
    internal SimulatedNeighbor Neighbor { get; private set; } = null!;

    internal override IEnumerable<SimulatedConnection> Connections => _connections;

    internal override bool HasDependents => _connections.Count > 0;

    /// <summary>Whether nothing may be sent over it.</summary>
    internal bool IsBroken => IsInvalid || !IsOpen || Neighbor.IsInvalid || !Neighbor.IsOpen;

    internal void Add(SimulatedConnection connection) => _connections.Add(connection);

    internal void Remove(SimulatedConnection connection) => _connections.Remove(connection);

    protected override NdisStatus Begin(OffloadBlock block)
    {
        if (block.Path is not { Const: not null } state
            || Target.FindObject(block.Parent) is not SimulatedNeighbor { IsOpen: true, IsInvalid: false } neighbor)
            return NdisStatus.Failure;
        if (state.Cached.PathMtu > Target.Settings.PathMtuMax)
            return NdisStatus.OffloadPathMtu;       // INIT-23
        _state = state;
        Neighbor = neighbor;
        neighbor.Add(this);
        return NdisStatus.Success;
    }

    protected override void Query(OffloadBlock block) =>
        block.Path = _state with { Cached = _state.Cached with { PathMtu = PathMtu } };

    /// <summary>A new size of packets, a new next hop, or both (UPD-02).</summary>
    protected override NdisStatus Update(OffloadBlock block)
    {
        SimulatedNeighbor? next = null;
        if (!block.Parent.IsNone)
        {
            next = Target.FindObject(block.Parent) as SimulatedNeighbor;
            if (next is not { IsOpen: true, IsInvalid: false })
                return NdisStatus.Failure;
        }

        if (block.Path?.Cached.PathMtu is { } mtu)
        {
            if (mtu > Target.Settings.PathMtuMax)
                return NdisStatus.Failure;
            _state = _state with { Cached = _state.Cached with { PathMtu = mtu } };
            foreach (SimulatedConnection connection in _connections)
                connection.Line.UsePath(this);
        }

        if (next is not null)
            MoveTo(next);
        return NdisStatus.Success;
    }

    protected override void End() => Neighbor.Remove(this);

    private void MoveTo(SimulatedNeighbor next)
    {
        Neighbor.Remove(this);
        Neighbor = next;
        next.Add(this);
    }
}
