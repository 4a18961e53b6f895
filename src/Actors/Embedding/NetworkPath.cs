using System.Net;
using ChimneyActors.Buffers;
using ChimneyActors.Ndis;

namespace ChimneyActors.Embedding;

/// <summary>From which address to which, over which next hop, in packets of which size. Made by
/// <see cref="Binding.NewPath"/>; shared by connections.</summary>
/// <remarks>It is offloaded with the first connection on it, and taken back after the last. Thread-safe.</remarks>
public sealed class NetworkPath : IHostObject
{
    private readonly Lock _lock = new();
    private readonly HostNetwork _network;
    private PathOffloadState _state;
    private OffloadedObject? _current;

    internal NetworkPath(HostNetwork network, Neighbor neighbor, PathOffloadState state)
    {
        _network = network;
        Neighbor = neighbor;
        _state = state;
    }

    /// <summary>The next hop.</summary>
    public Neighbor Neighbor { get; internal set; }

    /// <summary>Source IP address.</summary>
    public IPAddress Source => _state.Const!.SourceAddress;

    /// <summary>Destination IP address.</summary>
    public IPAddress Destination => _state.Const!.DestinationAddress;

    /// <summary>Bytes of the largest packet.</summary>
    public int PathMtu => State.Cached.PathMtu!.Value;

    /// <summary>Its name at the target; none while it is not offloaded.</summary>
    public OffloadHandle Handle => _current?.Handle ?? OffloadHandle.None;

    internal PathOffloadState State
    {
        get
        {
            lock (_lock)
                return _state;
        }
    }

    internal HostNetwork Network => _network;

    OffloadLayer IHostObject.Layer => OffloadLayer.Path;

    OffloadedObject? IHostObject.Current
    {
        get => _current;
        set => _current = value;
    }

    internal OffloadedObject? Current => _current;

    /// <summary>Packets of another size fit through; ends when the target knows.</summary>
    /// <param name="pathMtu">Bytes, 576 to 65,535.</param>
    /// <exception cref="StateOperationException">The target does not take it; every connection on the path asks to be
    /// taken back (UPD-04).</exception>
    public Task UpdateAsync(int pathMtu)
    {
        var change = new PathOffloadStateCached { PathMtu = pathMtu };
        change.Check();
        lock (_lock)
            _state = _state with { Cached = change };
        return _network.UpdateAsync(this, block => block.Path = new PathOffloadState { Cached = State.Cached });
    }

    /// <summary>It goes over another next hop (UPD-02, UPD-07), which is offloaded first if need be; ends when the
    /// connections on it use that.</summary>
    /// <exception cref="OffloadException">The other one cannot be offloaded; everything stays.</exception>
    /// <exception cref="StateOperationException">The target does not take it; every connection on the path asks to be
    /// taken back.</exception>
    public Task MoveAsync(Neighbor to) => _network.MoveAsync([this], to);

    /// <summary>Its state as the target has it now.</summary>
    /// <exception cref="InvalidOperationException">It is not offloaded.</exception>
    /// <exception cref="StateOperationException">The target cannot say; every connection on it asks to be taken back
    /// (QRY-05).</exception>
    public async Task<PathOffloadState> QueryAsync() =>
        (await _network.QueryAsync(this).ConfigureAwait(false)).Path!;

    /// <summary>Says that it is no longer true: nothing is sent on it, and every connection on it asks to be taken
    /// back. New connections use a new offload of it.</summary>
    public Task InvalidateAsync() => _network.InvalidateAsync(this);

    OffloadBlock IHostObject.Describe(OffloadBlock? below) => new()
    {
        Layer = OffloadLayer.Path,
        Path = State,
        DependentBlockList = below,
    };

    TimeSpan IHostObject.AnswerReachability(NeighborOffloadState state) => TimeSpan.Zero;

    void IHostObject.InDoubt()
    {
    }
}
