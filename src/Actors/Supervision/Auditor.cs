using ChimneyActors.Buffers;
using ChimneyActors.Ndis;

namespace ChimneyActors.Supervision;

/// <summary>The full search. When the last actor is gone, whoever still waits is answered from here.</summary>
internal static class Auditor
{
    /// <summary>Lands everything that is still out, and answers every caller with RequestAborted. Only when no actor
    /// of the stack lives any more.</summary>
    public static void Finish(DriverStack stack)
    {
        foreach (ConnectionEntry entry in stack.Handles.All())
            if (entry.SeverSince != 0)
                stack.Custodian.GiveUpOn(entry);
            else
                Custodian.Discard(entry);
        foreach (NetBufferListPool pool in stack.Pools)
            foreach (NetBufferList list in pool.Audit())
                if (list.Custody.Holder != stack.Lender)    // the host has it, and will return it
                    Land(stack, list);
        // A tree is told by its parts.
        foreach (OffloadBlock block in stack.Blocks.Keys
            .OrderByDescending(block => block.IsPart).ThenBy(block => block.Id))
            Land(stack, block);
        foreach (OidBlock block in stack.Oids.Keys.OrderBy(block => block.Id))
            Land(stack, block);
        foreach (Action answer in stack.AtEnd)
            answer();
    }

    private static void Land(DriverStack stack, Parcel parcel)
    {
        var spin = default(SpinWait);
        while (parcel.Custody.State == CustodyState.Completing)
            spin.SpinOnce();    // its winner is between two stores, and nobody would hear of it later
        CustodyState state = parcel.Custody.State;
        FlightId flight = parcel.Custody.Flight;
        if (state is not (CustodyState.Outstanding or CustodyState.Completed)
            || !parcel.Custody.TryMove(state, flight, parcel.Custody.Holder, state, flight, HolderId.Custodian))
            return;
        if (state == CustodyState.Outstanding)
        {
            parcel.TryComplete(flight, HolderId.Custodian, FailurePolicy.StatusOf(parcel.Operation, false), 0);
            parcel.BroughtHome = true;
        }
        parcel.Next = null;
        parcel.Frames.Clear();
        stack.Ledger.CountOrphaned();
        Landing.Land(stack, new Flight(flight, parcel, 1), HolderId.Custodian);
    }
}
