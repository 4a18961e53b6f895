using System.Buffers;
using ChimneyActors.Buffers;
using ChimneyActors.Ndis;

namespace ChimneyActors.Supervision;

/// <summary>The end of a journey: the parcel goes back to its pool, its ticket is answered.</summary>
internal static class Landing
{
    /// <summary>Lands a completed chain. False: the caller did not hold it.</summary>
    /// <param name="stack">The stack.</param>
    /// <param name="flight">The chain.</param>
    /// <param name="holder">Who holds it.</param>
    /// <param name="home">Where the binding that sent it counts, if it is the one that lands it.</param>
    public static bool Land(DriverStack stack, Flight flight, HolderId holder, Tally? home = null)
    {
        // Free at once, and not rented once more: else whoever returns a list that is not his could win it here. Nobody
        // can rent it before it is in its pool.
        Parcel parcel = flight.Head;
        if (!parcel.Custody.TryMove(
            CustodyState.Completed, flight.Id, holder, CustodyState.Free, default, HolderId.None))
            return false;
        int landed = 1;
        for (Parcel? member = parcel.Next; member is not null; member = member.Next)
            landed++;
        // Before anybody hears of it. A chain is of one operation.
        if (!parcel.BeganBelow)
        {
            if (home is not null)
                home.CountCompleted(landed);
            else
                stack.Ledger.CountCompleted(landed);
        }
        bool atHome = home is not null;
        if (landed > 1 && parcel is NetBufferList head)
        {
            LandChain(stack, head, flight.Id, landed, atHome);
            return true;
        }
        var ticket = parcel.ProtocolReserved as Ticket;
        Landed report = TakeOff(stack, parcel, flight.Id, atHome);
        GiveBack(stack, parcel);
        Answer(stack, ticket, report);
        return true;
    }

    /// <summary>The lists are given back together, then their tickets are answered in order.</summary>
    private static void LandChain(DriverStack stack, NetBufferList head, FlightId flight, int count, bool atHome)
    {
        (Ticket? Ticket, Landed Report)[] all = ArrayPool<(Ticket?, Landed)>.Shared.Rent(count);
        NetBufferListPool pool = head.Pool;     // a chain is of one operation, and each has its pool
        NetBufferList? first = null;
        NetBufferList? last = null;
        NetBufferList? list = head;
        for (int i = 0; list is not null; i++)
        {
            var next = (NetBufferList?)list.Next;
            if (list != head)
            {
                flight = list.Custody.Flight;       // of its own: a completion gathers several journeys
                list.Custody.Set(CustodyState.Free, default, HolderId.None);    // owned with the head
            }
            all[i] = (list.ProtocolReserved as Ticket, TakeOff(stack, list, flight, atHome));
            if (list.IsQuarantined)
            {
                GiveBack(stack, list);
            }
            else
            {
                list.Reset();
                if (last is null)
                    first = list;
                else
                    last.Next = list;
                last = list;
            }
            list = next;
        }
        pool.Put(first);
        for (int i = 0; i < count; i++)
            Answer(stack, all[i].Ticket, all[i].Report);
        ArrayPool<(Ticket?, Landed)>.Shared.Return(all, clearArray: true);
    }

    /// <summary>What there is to tell of it.</summary>
    private static Landed TakeOff(DriverStack stack, Parcel parcel, FlightId flight, bool atHome)
    {
        while (parcel.Frames.Depth > 0)
        {
            ContextFrame left = parcel.Frames.Pop();
            stack.Ledger.Report(VerifierCheck.ContextDepth, left.Driver.Name, parcel, flight,
                "left its context on a landed parcel");
        }
        return new Landed(parcel.Operation, parcel.Status, parcel.BytesTransferred, parcel.BroughtHome,
            parcel as OffloadBlock, atHome);
    }

    /// <summary>Before the user hears of it, so that a user who posts again at once finds room, and nothing that the
    /// user's callback throws can keep it.</summary>
    private static void GiveBack(DriverStack stack, Parcel parcel)
    {
        if (parcel is OffloadBlock ended)
            stack.Blocks.TryRemove(ended, out _);
        if (parcel.IsQuarantined)
        {
            parcel.Custody.Set(CustodyState.Quarantined, default, HolderId.None);
            stack.Ledger.CountQuarantined();
            // The memory is given up, not the room: else a stack would stand still after as many as its pool holds.
            (parcel as NetBufferList)?.Pool.Reserve(1);
        }
        else if (parcel is NetBufferList list)
        {
            list.Reset();
            list.Pool.Put(list);
        }
        else
        {
            parcel.ProtocolReserved = null;
            if (parcel is OidBlock oid)
                stack.Oids.TryRemove(oid, out _);
        }
    }

    private static void Answer(DriverStack stack, Ticket? ticket, in Landed report)
    {
        try
        {
            ticket?.TryAnswer(report);
        }
        catch (Exception exception)
        {
            stack.OnUserError?.Invoke(exception);
        }
    }
}
