using ChimneyActors.Buffers;

namespace ChimneyActors.Supervision;

/// <summary>What one actor has parked, in order. Outlives the instance: it belongs to the edge's owner.</summary>
/// <remarks>An intrusive list, so parking allocates nothing. The actor uses it while alive; after its death only the
/// custodian does, under the lock of the connection.</remarks>
internal sealed class Holdings
{
    private Parcel? _first;
    private Parcel? _last;

    /// <summary>How many parcels are parked.</summary>
    public int Count { get; private set; }

    /// <summary>The oldest parcel.</summary>
    public Parcel? First => _first;

    /// <summary>The youngest parcel.</summary>
    public Parcel? Last => _last;

    /// <summary>Parks a parcel behind the others.</summary>
    /// <exception cref="InvalidOperationException">It is parked already, here or elsewhere: linked twice, it would
    /// never come out again.</exception>
    public void Park(Parcel parcel)
    {
        if (parcel.ParkedIn is not null)
            throw new InvalidOperationException($"parked twice: {parcel.Describe()}");
        parcel.ParkedIn = this;
        parcel.ParkedPrevious = _last;
        parcel.ParkedNext = null;
        if (_last is null)
            _first = parcel;
        else
            _last.ParkedNext = parcel;
        _last = parcel;
        Count++;
    }

    /// <summary>Takes a parcel out, wherever it stands. False: it is not parked here.</summary>
    public bool Remove(Parcel parcel)
    {
        if (!ReferenceEquals(parcel.ParkedIn, this))
            return false;
        if (parcel.ParkedPrevious is null)
            _first = parcel.ParkedNext;
        else
            parcel.ParkedPrevious.ParkedNext = parcel.ParkedNext;
        if (parcel.ParkedNext is null)
            _last = parcel.ParkedPrevious;
        else
            parcel.ParkedNext.ParkedPrevious = parcel.ParkedPrevious;
        parcel.ParkedIn = null;
        parcel.ParkedPrevious = null;
        parcel.ParkedNext = null;
        Count--;
        return true;
    }
}
