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

    /// <summary>The host did not want it after all, or not all of it. False: it has returned it, so it has taken
    /// it.</summary>
    public static bool Refuse(DriverStack stack, NetBufferList list, FlightId flight, long taken = 0) => GoHome(
        stack, list, flight,
        taken > 0 ? NdisStatus.OffloadDataPartiallyAccepted : NdisStatus.OffloadDataNotAccepted, taken);

    /// <summary>The same as so many calls of <see cref="Return"/>, in as few messages as there are ways down
    /// (RIND-11).</summary>
    public static void ReturnAll(DriverStack stack, IEnumerable<(NetBufferList List, FlightId Flight)> lent)
    {
        var chain = default(WonChain);
        Edge? to = null;
        foreach ((NetBufferList list, FlightId flight) in lent)
        {
            if (!list.TryComplete(flight, stack.Lender, NdisStatus.Success, list.FirstNetBuffer.DataLength))
                continue;
            var next = (Edge)list.Frames.Top.Driver;
            if (!chain.IsEmpty && next != to)
                Pass(stack, to!, chain.ToCompletion());
            chain.Add(list);
            to = next;
        }
        if (!chain.IsEmpty)
            Pass(stack, to!, chain.ToCompletion());
    }

    private static bool GoHome(DriverStack stack, NetBufferList list, FlightId flight, NdisStatus status, long bytes)
    {
        if (!list.TryComplete(flight, stack.Lender, status, bytes))
            return false;
        Pass(stack, (Edge)list.Frames.Top.Driver, OffloadCompletion.Of(list, 1));
        return true;
    }

    private static void Pass(DriverStack stack, Edge to, OffloadCompletion back)
    {
        if (to.Pass(back, back.Flight, stack.Lender, ActorRefs.NoSender) == PassResult.NobodyThere)
            stack.Custodian.TakeOver(back, stack.Lender);
    }
}
