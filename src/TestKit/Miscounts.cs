using ChimneyActors.Buffers;

namespace ChimneyActors.TestKit;

/// <summary>Sends whose byte count was wrong on purpose: each must be reported, once, whether the actor of its
/// connection lives or not.</summary>
internal sealed class Miscounts
{
    private readonly HashSet<(long Parcel, FlightId Flight)> _open = [];

    /// <summary>Those that nobody has noticed.</summary>
    public int Open => _open.Count;

    /// <summary>How many there were.</summary>
    public int Count { get; private set; }

    /// <summary>Before it is told.</summary>
    public void Add(Claim claim)
    {
        Count++;
        _open.Add((claim.Parcel.Id, claim.Flight));
    }

    /// <summary>Whether a report is of one of these. Then it was noticed.</summary>
    public bool IsMine(Violation violation) =>
        violation.Check == VerifierCheck.ByteAccount && _open.Remove((violation.ParcelId, violation.Flight));
}
