using ChimneyActors.Buffers;
using ChimneyActors.Ndis;

namespace ChimneyActors.Cluster.Tests.Support;

/// <summary>What the connection's actor does before its target is asked: from then on every member of a chain is held
/// by itself.</summary>
internal sealed class FrontTarget(ClusterTarget target) : IOffloadTarget, IAsyncDisposable
{
    public OffloadCapabilities Capabilities => target.Capabilities;

    public void Submit(OffloadRequest request, IOffloadUpcalls upcalls)
    {
        request.Flight.Disperse(upcalls.Holder);
        target.Submit(request, upcalls);
    }

    public void Answer(OffloadMessage answer, IOffloadUpcalls upcalls) => target.Answer(answer, upcalls);

    public void Sever(OffloadHandle connection, IOffloadUpcalls upcalls) => target.Sever(connection, upcalls);

    public RequestProgress Probe(OffloadHandle connection, Parcel parcel, FlightId flight) =>
        target.Probe(connection, parcel, flight);

    public ValueTask DisposeAsync() => target.DisposeAsync();
}
