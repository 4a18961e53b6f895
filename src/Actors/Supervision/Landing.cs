using ChimneyActors.Buffers;
using ChimneyActors.Ndis;

namespace ChimneyActors.Supervision;

/// <summary>The end of a journey: the parcel goes back to its pool, its ticket is answered.</summary>
internal static class Landing
{
    /// <summary>Lands a completed chain. False: the caller did not hold it.</summary>
    public static bool Land(DriverStack stack, Flight flight, HolderId holder)
    {
        Parcel? parcel = flight.Head;
        if (!parcel.Custody.TryMove(
            CustodyState.Completed, flight.Id, holder, CustodyState.Rented, flight.Id, holder))
            return false;
        int landed = 1;
        for (Parcel? member = parcel.Next; member is not null; member = member.Next, landed++)
            member.Custody.Set(CustodyState.Rented, member.Custody.Flight, holder);
        // Before anybody hears of it. A chain is of one operation.
        if (parcel.Operation != OffloadOperation.ReceiveIndicate)
            stack.Ledger.CountCompleted(landed);
        while (parcel is not null)
        {
            Parcel? next = parcel.Next;
            LandOne(stack, parcel);
            parcel = next;
        }
        return true;
    }

    private static void LandOne(DriverStack stack, Parcel parcel)
    {
        var ticket = parcel.ProtocolReserved as Ticket;
        var landed = new Landed(
            parcel.Operation, parcel.Status, parcel.BytesTransferred, parcel.BroughtHome, parcel as OffloadBlock);
        while (parcel.Frames.Depth > 0)
        {
            ContextFrame left = parcel.Frames.Pop();
            stack.Ledger.Report(VerifierCheck.ContextDepth, left.Driver.Name, parcel, parcel.Custody.Flight,
                "left its context on a landed parcel");
        }
        // The parcel is given back before the user hears of it, so that a user who posts again at once finds room,
        // and nothing that the user's callback throws can keep it.
        if (parcel is OffloadBlock ended)
            stack.Blocks.TryRemove(ended, out _);
        if (parcel.IsQuarantined)
        {
            parcel.Custody.Set(CustodyState.Quarantined, parcel.Custody.Flight, HolderId.None);
            stack.Ledger.CountQuarantined();
            // The memory is given up, not the room: else a stack would stand still after as many as its pool holds.
            (parcel as NetBufferList)?.Pool.Reserve(1);
        }
        else if (parcel is NetBufferList list)
        {
            list.Pool.Return(list);
        }
        else
        {
            parcel.Custody.Set(CustodyState.Free, default, HolderId.None);
            parcel.ProtocolReserved = null;
        }
        try
        {
            ticket?.TryAnswer(landed);
        }
        catch (Exception exception)
        {
            stack.OnUserError?.Invoke(exception);
        }
    }
}
