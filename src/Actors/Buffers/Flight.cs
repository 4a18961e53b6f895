namespace ChimneyActors.Buffers;

/// <summary>Names one journey of a parcel. 27 bits: ids come round again after 134 million journeys.</summary>
/// <param name="Value">The id.</param>
public readonly record struct FlightId(int Value)
{
    private const int Mask = (1 << 27) - 1;
    private static int _last;

    /// <summary>The next id of the process.</summary>
    public static FlightId Next() => new(Interlocked.Increment(ref _last) & Mask);

    /// <summary>So many ids at once: the last of them, not masked.</summary>
    internal static int Take(int count) => Interlocked.Add(ref _last, count);

    /// <summary>One that was taken.</summary>
    internal static FlightId Of(int taken) => new(taken & Mask);
}

/// <summary>Ids for one sender, who takes a hundred at a time: to depart is then no interlocked step.</summary>
internal struct FlightIds
{
    private const int Block = 128;
    private int _last;
    private int _left;

    /// <summary>The next one.</summary>
    public FlightId Next()
    {
        if (_left == 0)
        {
            _last = FlightId.Take(Block);
            _left = Block;
        }
        return FlightId.Of(_last - --_left);
    }
}

/// <summary>A chain of parcels on its one journey: how messages carry them.</summary>
/// <param name="Id">The journey of the head; in a completion the other members may come from other journeys.</param>
/// <param name="Head">First parcel; the rest hangs on <see cref="Parcel.Next"/>.</param>
/// <param name="Count">How many parcels the chain had when the message was made.</param>
/// <remarks>Custody of the whole chain is held by the head's cell: one swap a hop, however long the chain.</remarks>
public readonly record struct Flight(FlightId Id, Parcel Head, int Count)
{
    /// <summary>Whether this holder has the chain in this moment.</summary>
    public bool IsHeldBy(HolderId holder) => Head.Custody.IsUnderWay(Id, holder, out _);

    /// <summary>Hands the chain from one holder to the next. False: it is not this holder's to give.</summary>
    // A chain is Outstanding going down and Completed coming up; which one is known only to the cell.
    internal bool TryPass(HolderId from, HolderId to) =>
        Head.Custody.IsUnderWay(Id, from, out CustodyState state)
        && Head.Custody.TryMove(state, Id, from, state, Id, to);

    /// <summary>Sends a chain of rented parcels on its journey: one new flight id, held by its sender.</summary>
    internal static Flight Depart(Parcel head, HolderId sender) => Depart(head, sender, FlightId.Next());

    /// <summary>The same with an id that nobody else has.</summary>
    internal static Flight Depart(Parcel head, HolderId sender, FlightId id)
    {
        int count = 0;
        for (Parcel? parcel = head; parcel is not null; parcel = parcel.Next, count++)
        {
            parcel.Status = NdisStatus.Pending;
            parcel.BytesTransferred = 0;
            parcel.BroughtHome = false;
            parcel.Custody.Set(CustodyState.Outstanding, id, parcel == head ? sender : HolderId.Chain);
        }
        return new Flight(id, head, count);
    }

    /// <summary>One context of a driver on each parcel: whoever is on top now gets it when it comes back.</summary>
    internal void Push(ContextOwner driver)
    {
        Parcel head = Head;
        ContextNode? from = head.Frames.Node;
        head.Frames.Push(driver, from?.Driver);
        for (Parcel? parcel = head.Next; parcel is not null; parcel = parcel.Next)
            if (!parcel.Frames.TryFollow(from, head.Frames.Node))
                parcel.Frames.Push(driver, parcel.Frames.Node?.Driver);
    }

    /// <summary>At the end of the way down: from now on every member is held by itself and may be completed
    /// alone.</summary>
    internal void Disperse(HolderId holder)
    {
        for (Parcel? parcel = Head.Next; parcel is not null; parcel = parcel.Next)
            parcel.Custody.Disperse(Id, holder);
    }
}
