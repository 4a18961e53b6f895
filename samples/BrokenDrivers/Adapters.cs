using ChimneyActors.Buffers;
using ChimneyActors.Ndis;

namespace BrokenDrivers;

/// <summary>Says that it could not be paused.</summary>
public sealed class FailsPause(IOffloadTarget inner) : Layer(inner)
{
    /// <inheritdoc/>
    public override NdisStatus Pause()
    {
        base.Pause();
        return NdisStatus.Resources;
    }
}

/// <summary>Says that its pause takes a while, and never that it is over.</summary>
public sealed class KeepsPause(IOffloadTarget inner) : Layer(inner)
{
    /// <inheritdoc/>
    public override NdisStatus Pause()
    {
        base.Pause();
        return NdisStatus.Pending;
    }
}

/// <summary>Says that its cable was pulled out, when it was halted already.</summary>
public sealed class SpeaksAfterHalt(IOffloadTarget inner) : Layer(inner)
{
    private const NdisStatus LinkState = (NdisStatus)0x40010017;
    private IAdapterUpcalls? _upcalls;

    /// <inheritdoc/>
    public override NdisStatus Initialize(IAdapterUpcalls upcalls)
    {
        _upcalls = upcalls;
        return base.Initialize(upcalls);
    }

    /// <inheritdoc/>
    public override ValueTask DisposeAsync()
    {
        _upcalls?.IndicateStatus(LinkState);
        return base.DisposeAsync();
    }
}

/// <summary>Forgets the first initiate after it was restarted.</summary>
public sealed class ForgetsAfterRestart(IOffloadTarget inner) : Layer(inner)
{
    private readonly HashSet<OffloadHandle> _forgotten = [];
    private int _restarts;

    /// <inheritdoc/>
    public override NdisStatus Restart()
    {
        _restarts++;
        return base.Restart();
    }

    /// <inheritdoc/>
    public override void Submit(OffloadRequest request, IOffloadUpcalls upcalls)
    {
        lock (_forgotten)
            if (request is InitiateOffload && _restarts > 1 && _forgotten.Count == 0)
                _forgotten.Add(request.Connection);
            else
                Inner.Submit(request, upcalls);
    }

    /// <inheritdoc/>
    public override RequestProgress Probe(OffloadHandle connection, Parcel parcel, FlightId flight)
    {
        lock (_forgotten)
            return _forgotten.Contains(connection)
                ? RequestProgress.WaitingForPeer
                : base.Probe(connection, parcel, flight);
    }
}

/// <summary>Does not want to hear what the host wants of its TCP.</summary>
public sealed class RefusesParameters(IOffloadTarget inner) : Layer(inner)
{
    /// <inheritdoc/>
    public override NdisStatus Request(OidBlock request) =>
        request.Oid == Oid.TcpConnectionOffloadParameters ? NdisStatus.Failure : base.Request(request);
}

/// <summary>Names no framing that anybody knows.</summary>
public sealed class NoFraming(IOffloadTarget inner) : Layer(inner)
{
    /// <inheritdoc/>
    public override OffloadCapabilities Capabilities =>
        base.Capabilities with { Encapsulation = OffloadEncapsulation.Null };
}
