using ChimneyActors.Buffers;
using ChimneyActors.Ndis;
using ChimneyActors.Targets;

namespace ChimneyActors.TestKit;

/// <summary>A planted break: a target that now and then reports a send before the peer has it, or forgets it.</summary>
internal sealed class LyingTarget(IOffloadTarget inner, SeededRandom random, PlantedBreak planted) : IOffloadTarget
{
    private const int Percent = 10;
    private readonly Queue<(TcpOffloadSend Send, IOffloadUpcalls Upcalls)> _lies = new();

    /// <inheritdoc/>
    public OffloadCapabilities Capabilities => inner.Capabilities;

    /// <summary>Whether there is something to report.</summary>
    public bool CanStep => _lies.Count > 0;

    /// <summary>Reports a send that the peer has nothing of.</summary>
    public void Step()
    {
        (TcpOffloadSend send, IOffloadUpcalls upcalls) = _lies.Dequeue();
        var claim = new Claim(send.Flight.Head, send.Flight.Id, upcalls.Holder);
        if (!claim.TryComplete(NdisStatus.Success, ((NetBufferList)send.Flight.Head).DataLength))
            return;
        var won = default(WonChain);
        won.Add(claim.Parcel);
        upcalls.Complete(won.ToCompletion());
    }

    /// <inheritdoc/>
    public void Submit(OffloadRequest request, IOffloadUpcalls upcalls)
    {
        if (request is not TcpOffloadSend { Flight.Count: 1 } send || !random.Percent(Percent))
            inner.Submit(request, upcalls);
        else if (planted == PlantedBreak.EarlySuccess)
            _lies.Enqueue((send, upcalls));
    }

    /// <inheritdoc/>
    public void Answer(OffloadMessage answer, IOffloadUpcalls upcalls) => inner.Answer(answer, upcalls);

    /// <inheritdoc/>
    public void Sever(OffloadHandle connection, IOffloadUpcalls upcalls) => inner.Sever(connection, upcalls);

    /// <inheritdoc/>
    public RequestProgress Probe(OffloadHandle connection, Parcel parcel, FlightId flight) =>
        inner.Probe(connection, parcel, flight);
}
