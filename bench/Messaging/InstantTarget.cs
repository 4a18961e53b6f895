using ChimneyActors.Buffers;
using ChimneyActors.Ndis;

namespace ChimneyActors.Bench.Messaging;

/// <summary>A NIC whose peer acknowledges at once: what is left is the cost of the stack.</summary>
internal sealed class InstantTarget : IOffloadTarget
{
    public OffloadCapabilities Capabilities { get; } = new(1 << 20, Upload: true, Forward: false);

    public void Submit(OffloadRequest request, IOffloadUpcalls upcalls)
    {
        var won = default(WonChain);
        for (Parcel? parcel = request.Flight.Head; parcel is not null;)
        {
            Parcel? next = parcel.Next;
            long bytes = parcel is NetBufferList list ? list.DataLength : 0;
            if (parcel.Claim().TryComplete(NdisStatus.Success, bytes))
                won.Add(parcel);
            parcel = next;
        }
        upcalls.Complete(won.ToCompletion());
    }

    public void Answer(OffloadMessage answer, IOffloadUpcalls upcalls)
    {
    }

    public void Sever(OffloadHandle connection, IOffloadUpcalls upcalls) =>
        upcalls.Indicate(new Severed(connection, default, TcpConnectionState.Closed, null, default, 0, false));

    public RequestProgress Probe(OffloadHandle connection, Parcel parcel, FlightId flight) => RequestProgress.Unknown;
}
