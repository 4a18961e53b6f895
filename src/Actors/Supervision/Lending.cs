using Akka.Actor;
using ChimneyActors.Buffers;
using ChimneyActors.Ndis;

namespace ChimneyActors.Supervision;

/// <summary>Received data in the hands of the host. No driver holds it, so no driver's death concerns it.</summary>
internal static class Lending
{
    /// <summary>Lends accepted data to the host. False: the driver does not hold it.</summary>
    public static bool Lend(DriverStack stack, Flight flight, HolderId from) => flight.TryPass(from, stack.Lender);

    /// <summary>The host is finished: the list goes home, from whatever thread. False: it was returned
    /// before.</summary>
    public static bool Return(DriverStack stack, NetBufferList list, FlightId flight) =>
        GoHome(stack, list, flight, NdisStatus.Success, list.FirstNetBuffer.DataLength);

    /// <summary>The host did not want it after all. False: it has returned it, so it has taken it.</summary>
    public static bool Refuse(DriverStack stack, NetBufferList list, FlightId flight) =>
        GoHome(stack, list, flight, NdisStatus.OffloadDataNotAccepted, 0);

    private static bool GoHome(DriverStack stack, NetBufferList list, FlightId flight, NdisStatus status, long bytes)
    {
        if (!list.TryComplete(flight, stack.Lender, status, bytes))
            return false;
        OffloadCompletion back = OffloadCompletion.Of(list, 1);
        var edge = (Edge)list.Frames.Top.Driver;
        if (edge.Pass(back, back.Flight, stack.Lender, ActorRefs.NoSender) == PassResult.NobodyThere)
            stack.Custodian.TakeOver(back, stack.Lender);
        return true;
    }
}
