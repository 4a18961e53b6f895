using ChimneyActors.Buffers;
using ChimneyActors.Ndis;

namespace ChimneyActors.Intermediates;

/// <summary>How many contexts an intermediate driver can have at a time, where that is limited: one for each list, and
/// for each block of an initiate, from its way down to its way home (IM-12, IM-14).</summary>
/// <remarks>What a driver has goes with it when it dies: its fresh instance begins with all of them. What is asked of
/// the state of something offloaded needs none: the entry that its initiate made has it (IM-14).</remarks>
/// <param name="max">At least 1.</param>
internal sealed class ContextBudget(int max)
{
    private readonly Dictionary<Parcel, (FlightId Flight, int Count)> _taken = [];
    private int _count;

    /// <summary>Takes what a request needs, or nothing at all.</summary>
    /// <param name="request">Held by the driver.</param>
    /// <returns>False: there are not so many.</returns>
    public bool TryTake(OffloadRequest request)
    {
        Flight flight = request.Flight;
        OffloadBlock? initiate = (request as InitiateOffload)?.Block;
        if (initiate is null && flight.Head is not NetBufferList)
            return true;
        int needed = initiate is null ? flight.Count : BlockTree.BlocksOf(initiate).Count();
        if (_count + needed > max)
            DropStale();
        if (_count + needed > max)
            return false;
        _count += needed;
        for (Parcel? parcel = flight.Head; parcel is not null; parcel = parcel.Next)
            _taken[parcel] = (flight.Id, initiate is null ? 1 : needed);
        return true;
    }

    /// <summary>They are on their way home.</summary>
    public void Free(Flight flight)
    {
        for (Parcel? parcel = flight.Head; parcel is not null; parcel = parcel.Next)
            Drop(parcel);
    }

    /// <summary>Over somebody's mistake one may have come home another way: by now it is in its pool, or on another
    /// journey.</summary>
    private void DropStale()
    {
        foreach ((Parcel parcel, (FlightId flight, _)) in _taken)
            if (parcel.Custody.Flight != flight
                || parcel.Custody.State is CustodyState.Free or CustodyState.Rented or CustodyState.Quarantined)
                Drop(parcel);
    }

    private void Drop(Parcel parcel)
    {
        if (_taken.Remove(parcel, out (FlightId Flight, int Count) context))
            _count -= context.Count;
    }
}
