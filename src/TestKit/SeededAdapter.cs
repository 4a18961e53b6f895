using ChimneyActors.Buffers;
using ChimneyActors.Ndis;

namespace ChimneyActors.TestKit;

/// <summary>A layer around a target that has a will of its own in the life of its adapter: it takes its time, and now
/// and then what may fail fails.</summary>
/// <remarks>A call that comes again while the first is under way does nothing more.</remarks>
internal sealed class SeededAdapter(
    IOffloadTarget inner, SeededRandom random, SeededClock clock, int failsPercent, Func<bool> isCalm, Action onBroken)
    : IOffloadAdapter, IAsyncDisposable
{
    private const int PatienceMax = 300;
    private readonly IOffloadAdapter? _adapter = inner as IOffloadAdapter;
    private IAdapterUpcalls _upcalls = null!;

    /// <inheritdoc/>
    public OffloadCapabilities Capabilities => inner.Capabilities;

    /// <inheritdoc/>
    public void Submit(OffloadRequest request, IOffloadUpcalls upcalls) => inner.Submit(request, upcalls);

    /// <inheritdoc/>
    public void Answer(OffloadMessage answer, IOffloadUpcalls upcalls) => inner.Answer(answer, upcalls);

    /// <inheritdoc/>
    public void Sever(OffloadHandle connection, IOffloadUpcalls upcalls) => inner.Sever(connection, upcalls);

    /// <inheritdoc/>
    public RequestProgress Probe(OffloadHandle connection, Parcel parcel, FlightId flight) =>
        inner.Probe(connection, parcel, flight);

    /// <inheritdoc/>
    public NdisStatus Initialize(IAdapterUpcalls upcalls)
    {
        _upcalls = upcalls;
        NdisStatus own = _adapter?.Initialize(upcalls) ?? NdisStatus.Success;
        return own == NdisStatus.Success ? Outcome() : own;
    }

    /// <inheritdoc/>
    public NdisStatus Restart() => Later(Outcome(), _upcalls.RestartComplete);

    /// <inheritdoc/>
    public NdisStatus Pause() => Later(NdisStatus.Success, _ => _upcalls.PauseComplete());

    /// <inheritdoc/>
    public NdisStatus Reset()
    {
        NdisStatus outcome = isCalm() || !random.Percent(30) ? NdisStatus.Success
            : random.Percent(50) ? NdisStatus.SoftErrors : NdisStatus.HardErrors;
        if (outcome == NdisStatus.HardErrors)
            onBroken();
        return Later(outcome, _upcalls.ResetComplete);
    }

    /// <inheritdoc/>
    public void SurpriseRemoved() => _adapter?.SurpriseRemoved();

    /// <inheritdoc/>
    public void Halt(HaltAction action) => _adapter?.Halt(action);

    /// <inheritdoc/>
    public NdisStatus Request(OidBlock request) => _adapter?.Request(request) ?? NdisStatus.NotSupported;

    /// <inheritdoc/>
    public ValueTask DisposeAsync()
    {
        if (inner is IAsyncDisposable later)
            return later.DisposeAsync();
        (inner as IDisposable)?.Dispose();
        return ValueTask.CompletedTask;
    }

    private NdisStatus Outcome() => isCalm() || !random.Percent(failsPercent) ? NdisStatus.Success
        : random.Percent(50) ? NdisStatus.Resources : NdisStatus.Failure;

    private NdisStatus Later(NdisStatus outcome, Action<NdisStatus> complete)
    {
        if (isCalm() || !random.Percent(40))
            return outcome;
        clock.At(TimeSpan.FromMilliseconds(random.Below(PatienceMax)), null, () => complete(outcome));
        return NdisStatus.Pending;
    }
}
