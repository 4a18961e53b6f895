using System.Net.NetworkInformation;
using ChimneyActors.Buffers;
using ChimneyActors.Ndis;

namespace ChimneyActors.Embedding;

/// <summary>Who can ask a neighbor itself.</summary>
public interface INeighborUser
{
    /// <summary>Asks the neighbor whether it is there, by ARP for instance. False if it does not answer: then it is
    /// invalidated, and every connection over it asks to be taken back.</summary>
    Task<bool> ProbeAsync(Neighbor neighbor);
}

/// <summary>A next hop that the host knows. Made by <see cref="Binding.NewNeighbor"/>.</summary>
/// <remarks>
/// It is offloaded with the first connection over it, and taken back after the last. The target asks when it sends to
/// it and nobody has heard of it for long; of a neighbor that the host does not know to be reachable the host then
/// looks whether what is sent arrives, and if it does not, has it probed (NRQ-07, NRQ-08). Thread-safe.
/// </remarks>
public sealed class Neighbor : IHostObject
{
    private readonly Lock _lock = new();
    private readonly HostNetwork _network;
    private readonly INeighborUser? _user;
    private readonly NeighborCache _cache;
    private NeighborOffloadState _state;
    private OffloadedObject? _current;

    internal Neighbor(HostNetwork network, NeighborOffloadState state, INeighborUser? user)
    {
        _network = network;
        _user = user;
        _state = state;
        _cache = new NeighborCache(network.Clock, network.Settings.ReachableTime);
    }

    /// <summary>Its name at the target; none while it is not offloaded.</summary>
    public OffloadHandle Handle => _current?.Handle ?? OffloadHandle.None;

    /// <summary>Its MAC address.</summary>
    public PhysicalAddress Destination => State.Cached.DestinationAddress!;

    /// <summary>Whether the host knows it to be reachable.</summary>
    public NeighborReachability Reachability
    {
        get
        {
            lock (_lock)
                return _cache.State;
        }
    }

    /// <summary>What the host knows of it.</summary>
    internal NeighborOffloadState State
    {
        get
        {
            lock (_lock)
                return _state with { Cached = _state.Cached with { HostReachabilityDelta = _cache.Age } };
        }
    }

    OffloadLayer IHostObject.Layer => OffloadLayer.Neighbor;

    OffloadedObject? IHostObject.Current
    {
        get => _current;
        set => _current = value;
    }

    internal OffloadedObject? Current => _current;

    internal HostNetwork Network => _network;

    /// <summary>The host has heard of it just now.</summary>
    public void Confirm() => Confirm(TimeSpan.Zero);

    /// <summary>It has another MAC address (UPD-07); ends when the target uses it.</summary>
    /// <exception cref="StateOperationException">The target does not take it; what is offloaded over it asks to be
    /// taken back (UPD-04).</exception>
    public Task UpdateAsync(PhysicalAddress destination)
    {
        ArgumentNullException.ThrowIfNull(destination);
        var change = new NeighborOffloadStateCached { DestinationAddress = destination };
        change.Check();
        lock (_lock)
            _state = _state with { Cached = _state.Cached with { DestinationAddress = destination } };
        return _network.UpdateAsync(this, block => block.Neighbor = new NeighborOffloadState
        {
            Cached = new() { DestinationAddress = Destination },
        });
    }

    /// <summary>Its state as the target has it now.</summary>
    /// <exception cref="InvalidOperationException">It is not offloaded.</exception>
    /// <exception cref="StateOperationException">The target cannot say; what is offloaded over it asks to be taken back
    /// (QRY-05).</exception>
    public async Task<NeighborOffloadState> QueryAsync() =>
        (await _network.QueryAsync(this).ConfigureAwait(false)).Neighbor!;

    /// <summary>Says that it is no longer true: nothing is sent over it, and every connection over it asks to be taken
    /// back. New connections use a new offload of it.</summary>
    public Task InvalidateAsync() => _network.InvalidateAsync(this);

    /// <summary>Moves all paths to another neighbor, which is offloaded first if need be (UPD-12).</summary>
    /// <exception cref="OffloadException">The other one cannot be offloaded; everything stays.</exception>
    /// <exception cref="StateOperationException">Not every path could be moved.</exception>
    public Task FailOverAsync(Neighbor to) => _network.MoveAsync(_network.PathsOf(this), to);

    /// <summary>Before the host sends something itself: whether the neighbor is known to be reachable. While that is in
    /// doubt the target is asked (NRQ-09).</summary>
    public async Task<bool> IsReachableAsync()
    {
        if (Reachability == NeighborReachability.Delay && _current is not null)
            await AskTargetAsync().ConfigureAwait(false);
        return Reachability == NeighborReachability.Reachable;
    }

    OffloadBlock IHostObject.Describe(OffloadBlock? below) => new()
    {
        Layer = OffloadLayer.Neighbor,
        Neighbor = State,
        DependentBlockList = below,
    };

    TimeSpan IHostObject.AnswerReachability(NeighborOffloadState state) => Answer(state.Delegated.NicReachabilityDelta);

    void IHostObject.InDoubt() => Answer(TimeSpan.Zero);

    /// <summary>What the host knows of it. If that is nothing, it looks in a while whether the target has heard of it
    /// since.</summary>
    private TimeSpan Answer(TimeSpan heardByTarget)
    {
        TimeSpan answer;
        bool isNews;
        lock (_lock)
            answer = _cache.Answer(out isNews);
        if (isNews)
            _network.After(_network.Settings.NeighborDelay, () => LookAsync(heardByTarget));
        return answer;
    }

    /// <summary>The target has sent for a while: does it arrive? (NRQ-08)</summary>
    private async Task LookAsync(TimeSpan before)
    {
        TimeSpan? heard = await AskTargetAsync().ConfigureAwait(false);
        if (heard < before)
            return;
        if (heard is null || _user is null)
        {
            GiveUp();
            return;
        }
        lock (_lock)
            _cache.BeginProbe();
        if (await _user.ProbeAsync(this).ConfigureAwait(false))
            Confirm();
        else
            await InvalidateAsync().ConfigureAwait(false);
    }

    /// <summary>When the target heard of it last; null if it cannot say.</summary>
    private async Task<TimeSpan?> AskTargetAsync()
    {
        try
        {
            NeighborOffloadState state = await QueryAsync().ConfigureAwait(false);
            Confirm(state.Delegated.NicReachabilityDelta);
            return state.Delegated.NicReachabilityDelta;
        }
        catch (Exception none) when (none is InvalidOperationException or StateOperationException)
        {
            return null;
        }
    }

    private void Confirm(TimeSpan ago)
    {
        lock (_lock)
            _cache.Confirm(ago);
    }

    private void GiveUp()
    {
        lock (_lock)
            _cache.GiveUp();
    }
}
