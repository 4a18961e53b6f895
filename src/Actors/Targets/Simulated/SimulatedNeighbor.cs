using System.Net.NetworkInformation;
using ChimneyActors.Buffers;
using ChimneyActors.Ndis;

namespace ChimneyActors.Targets.Simulated;

/// <summary>A neighbor of an adapter: the next hop, and when somebody heard of it last.</summary>
internal sealed class SimulatedNeighbor(OffloadHandle handle, SimulatedTarget target)
    : SimulatedObject(handle, target)
{
    private readonly List<SimulatedPath> _paths = [];
    private readonly Reachability _reachability = target.NewReachability();
    private NeighborOffloadState _state = new();
    private bool _asks;         // a query is due
    private bool _isAsked;      // and on its way

    /// <summary>What never changes.</summary>
    internal NeighborOffloadStateConst Const => _state.Const;

    internal override IEnumerable<SimulatedConnection> Connections => _paths.SelectMany(path => path.Connections);

    internal override bool HasDependents => _paths.Count > 0;

    protected override bool AwaitsAnswer => _isAsked;

    internal void Add(SimulatedPath path) => _paths.Add(path);

    internal void Remove(SimulatedPath path) => _paths.Remove(path);

    /// <summary>What is around a packet to it.</summary>
    /// <param name="priority">802.1p priority of the connection.</param>
    internal FrameHeader HeaderOf(int priority) => new(
        _state.Const.SourceAddress ?? Target.Settings.HardwareAddress,
        _state.Cached.DestinationAddress ?? PhysicalAddress.None, _state.Const.VlanId, priority);

    /// <summary>Whether a packet that has come is from its network (PKT-06).</summary>
    internal bool Accepts(FrameHeader? frame) => _state.Const.VlanId == 0 || frame?.VlanId == _state.Const.VlanId;

    /// <summary>A connection makes progress: what is sent to the neighbor arrives (NRQ-03).</summary>
    internal void Confirm() => _reachability.Confirm(Now);

    /// <summary>A packet is about to be sent.</summary>
    /// <param name="isInDoubt">Whether it is one of too many repetitions (NRQ-11).</param>
    internal void BeforeSend(bool isInDoubt)
    {
        if (_asks || !IsOpen || !(isInDoubt || _reachability.IsStale(Now)))
            return;
        _asks = true;
        Target.Network.WantTurn(this);
    }

    /// <summary>Asks the host (NRQ-04, NRQ-05).</summary>
    internal override void Run()
    {
        if (!_asks || _isAsked || !IsOpen)
            return;
        _isAsked = true;
        Upcalls!.Indicate(NeighborReachabilityQuery.Make(Handle, State, Upcalls.Holder));
    }

    protected override NdisStatus Begin(OffloadBlock block)
    {
        if (block.Neighbor is not { } state)
            return NdisStatus.Failure;
        NdisStatus status = Target.Settings.RoomFor(state.Const, Target.Neighbors);
        if (status != NdisStatus.Success)
            return status;
        _state = state;
        _reachability.Begin(Now, state.Cached.HostReachabilityDelta ?? TimeSpan.Zero);
        return status;
    }

    protected override void Query(OffloadBlock block) => block.Neighbor = State;

    protected override NdisStatus Update(OffloadBlock block)
    {
        NeighborOffloadStateCached change = block.Neighbor?.Cached ?? new NeighborOffloadStateCached();
        if (change.HostReachabilityDelta is { } delta)
            _reachability.Told(Now, delta);
        if (change.DestinationAddress is { } address)
            _state = _state with { Cached = _state.Cached with { DestinationAddress = address } };
        return NdisStatus.Success;
    }

    protected override void End() => _asks = false;

    protected override void OnAnswer(NeighborReachabilityAnswer answer)
    {
        _asks = _isAsked = false;
        // A query that never came to the host is no answer, and no reason to ask again at once.
        TimeSpan delta = answer.Block.Status == NdisStatus.Success
            ? answer.Block.Neighbor?.Cached.HostReachabilityDelta ?? TimeSpan.Zero
            : TimeSpan.Zero;
        _reachability.Told(Now, delta);
        FinishTerminate();
    }

    private NeighborOffloadState State => _state with
    {
        Cached = _state.Cached with { HostReachabilityDelta = _reachability.HostDelta(Now) },
        Delegated = new NeighborOffloadStateDelegated { NicReachabilityDelta = _reachability.NicDelta(Now) },
    };
}
