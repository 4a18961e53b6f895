using System.Collections.Concurrent;
using ChimneyActors.Buffers;
using ChimneyActors.Ndis;

namespace ChimneyActors.Targets;

/// <summary>A target that breaks its contract now and then, on purpose: whatever is inside, seen through a
/// plan.</summary>
/// <remarks>A proof, not a product: the stack above must name every fault and still answer everybody exactly once.
/// Disposing of it disposes of the target inside.</remarks>
public sealed class FaultyTarget : IOffloadAdapter, IAsyncDisposable, IDisposable
{
    private readonly ConcurrentDictionary<OffloadHandle, FaultyLane> _lanes = new();
    private readonly FaultyLane?[] _recent = new FaultyLane?[64];
    private readonly IOffloadTarget _inner;
    private readonly IOffloadAdapter? _adapter;     // it breaks no contract on its own account
    private int _next;

    /// <summary>A faulty target.</summary>
    /// <param name="inner">The target that does the work.</param>
    /// <param name="plan">What goes wrong.</param>
    /// <param name="time">The clock of late completions; null for the system's.</param>
    public FaultyTarget(IOffloadTarget inner, FaultPlan plan, TimeProvider? time = null)
    {
        _inner = inner;
        _adapter = inner as IOffloadAdapter;
        Plan = plan;
        Time = time ?? TimeProvider.System;
    }

    /// <inheritdoc/>
    public OffloadCapabilities Capabilities => _inner.Capabilities;

    internal FaultPlan Plan { get; }

    internal TimeProvider Time { get; }

    /// <inheritdoc/>
    /// <exception cref="InjectedFaultException">On purpose; the target inside has not seen the request.</exception>
    public void Submit(OffloadRequest request, IOffloadUpcalls upcalls)
    {
        FaultyLane lane = LaneOf(request.Connection, upcalls);
        if (Plan.DrawForSubmit())
        {
            InjectedFault fault = Plan.Inject(FaultKind.Thrown, upcalls.Holder, request.Flight);
            lane.Note(fault);
            throw new InjectedFaultException(fault);
        }
        _inner.Submit(request, lane);
    }

    /// <inheritdoc/>
    public void Answer(OffloadMessage answer, IOffloadUpcalls upcalls) => _inner.Answer(answer,
        _lanes.TryGetValue(answer.Connection, out FaultyLane? lane) && lane.Upper == upcalls ? lane : upcalls);

    /// <inheritdoc/>
    public void Sever(OffloadHandle connection, IOffloadUpcalls upcalls)
    {
        if (_lanes.TryRemove(connection, out FaultyLane? lane))
            lane.Close();
        _inner.Sever(connection, upcalls);
    }

    /// <inheritdoc/>
    public RequestProgress Probe(OffloadHandle connection, Parcel parcel, FlightId flight) =>
        _lanes.TryGetValue(connection, out FaultyLane? lane) && lane.Holds(parcel)
            ? RequestProgress.InProgress
            : _inner.Probe(connection, parcel, flight);

    /// <inheritdoc/>
    public NdisStatus Initialize(IAdapterUpcalls upcalls) => _adapter?.Initialize(upcalls) ?? NdisStatus.Success;

    /// <inheritdoc/>
    public NdisStatus Restart() => _adapter?.Restart() ?? NdisStatus.Success;

    /// <inheritdoc/>
    public NdisStatus Pause() => _adapter?.Pause() ?? NdisStatus.Success;

    /// <inheritdoc/>
    public NdisStatus Reset() => _adapter?.Reset() ?? NdisStatus.Success;

    /// <inheritdoc/>
    public void SurpriseRemoved() => _adapter?.SurpriseRemoved();

    /// <inheritdoc/>
    public void Halt(HaltAction action) => _adapter?.Halt(action);

    /// <inheritdoc/>
    public NdisStatus Request(OidBlock request) => _adapter?.Request(request) ?? NdisStatus.NotSupported;

    /// <inheritdoc/>
    public bool CheckForHang() => _adapter?.CheckForHang() ?? false;

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (_inner is IAsyncDisposable target)
            await target.DisposeAsync().ConfigureAwait(false);
        else
            Dispose();
    }

    /// <inheritdoc/>
    public void Dispose() => (_inner as IDisposable)?.Dispose();

    /// <summary>Some other connection that was served not long ago; null if there is none.</summary>
    internal FaultyLane? Stranger(FaultyLane lane, double luck)
    {
        int start = (int)(luck * _recent.Length);
        for (int i = 0; i < _recent.Length; i++)
        {
            FaultyLane? other = Volatile.Read(ref _recent[(start + i) % _recent.Length]);
            if (other is not null && other != lane && !other.IsClosed)
                return other;
        }
        return null;
    }

    /// <summary>The connection is over by itself.</summary>
    internal void Forget(FaultyLane lane) =>
        _lanes.TryRemove(new KeyValuePair<OffloadHandle, FaultyLane>(lane.Connection, lane));

    private FaultyLane LaneOf(OffloadHandle connection, IOffloadUpcalls upcalls)
    {
        if (_lanes.TryGetValue(connection, out FaultyLane? lane) && lane.Upper == upcalls)
            return lane;
        lane = new FaultyLane(this, connection, upcalls);
        _lanes[connection] = lane;
        Volatile.Write(ref _recent[(uint)Interlocked.Increment(ref _next) % _recent.Length], lane);
        return lane;
    }
}
