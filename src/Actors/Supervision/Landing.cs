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
        if (!TryFree(parcel, flight.Id, holder))
            return false;
        bool atHome = home is not null;
        if (parcel is NetBufferList { Next: not null } head)
        {
            LandChain(stack, head, flight.Id, home);
            return true;
        }
        Count(stack, parcel.BeganBelow, 1, home);
        var ticket = parcel.ProtocolReserved as Ticket;
        Landed report = TakeOff(stack, parcel, flight.Id, atHome);
        GiveBack(stack, parcel, flight.Id);
        Answer(stack, ticket, report);
        return true;
    }

    /// <summary>The lists are given back together, then their tickets are answered in order.</summary>
    private static void LandChain(DriverStack stack, NetBufferList head, FlightId flight, Tally? home)
    {
        int count = 1;
        for (Parcel? member = head.Next; member is not null; member = member.Next)
            count++;
        (Ticket? Ticket, Landed Report)[] all = ArrayPool<(Ticket?, Landed)>.Shared.Rent(count);
        NetBufferListPool pool = head.Pool;     // a chain is of one operation, and each has its pool
        bool beganBelow = head.BeganBelow;
        NetBufferList? first = null;
        NetBufferList? last = null;
        int landed = 0;
        NetBufferList? list = head;
        for (int left = count; left > 0 && list is not null; left--)
        {
            var next = (NetBufferList?)list.Next;
            if (list == head || TryFreeMember(list, out flight))
            {
                all[landed++] = (list.ProtocolReserved as Ticket, TakeOff(stack, list, flight, home is not null));
                if (list.IsQuarantined)
                {
                    GiveBack(stack, list, flight);
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
            }
            list = next;
        }
        Count(stack, beganBelow, landed, home);
        pool.Put(first);
        for (int i = 0; i < landed; i++)
            Answer(stack, all[i].Ticket, all[i].Report);
        ArrayPool<(Ticket?, Landed)>.Shared.Return(all, clearArray: true);
    }

    private static bool TryFree(Parcel parcel, FlightId flight, HolderId holder) => parcel.Custody.TryMove(
        CustodyState.Completed, flight, holder, CustodyState.Free, default, HolderId.None);

    /// <summary>False: at a hard stop the auditor has landed it alone, beside a driver that still lives.</summary>
    private static bool TryFreeMember(Parcel member, out FlightId flight)
    {
        flight = member.Custody.Flight;     // of its own: a completion gathers several journeys
        return TryFree(member, flight, member.Custody.Holder);
    }

    /// <summary>Before anybody hears of it.</summary>
    private static void Count(DriverStack stack, bool beganBelow, int landed, Tally? home)
    {
        if (beganBelow)
            return;
        if (home is not null)
            home.CountCompleted(landed);
        else
            stack.Ledger.CountCompleted(landed);
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
    private static void GiveBack(DriverStack stack, Parcel parcel, FlightId flight)
    {
        if (parcel is OffloadBlock ended)
            stack.Blocks.TryRemove(ended, out _);
        if (parcel.IsQuarantined)
        {
            parcel.Custody.Set(CustodyState.Quarantined, flight, HolderId.None);
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
