using ChimneyActors.Buffers;

namespace ChimneyActors.TestKit;

/// <summary>Sends whose byte count was wrong on purpose: each must be reported, once, or the actor of its connection
/// must have died before. Then nobody checks the count, and it is told.</summary>
internal sealed class Miscounts
{
    private readonly Dictionary<(long Parcel, FlightId Flight), (OffloadHandle Connection, long Offset)> _open = [];
    private readonly HashSet<(OffloadHandle Connection, long Offset)> _overtaken = [];
    private readonly HashSet<string> _dead = [];

    /// <summary>Those that nobody has noticed.</summary>
    public int Open => _open.Count;

    /// <summary>How many there were.</summary>
    public int Count { get; private set; }

    /// <summary>Before it is told.</summary>
    public void Add(Claim claim)
    {
        Count++;
        var send = (claim.Parcel.Connection, ((NetBufferList)claim.Parcel).StreamOffset);
        if (_dead.Contains($"connection-{claim.Parcel.Connection}"))
            _overtaken.Add(send);
        else
            _open[(claim.Parcel.Id, claim.Flight)] = send;
    }

    /// <summary>Whether a report is of one of these. Then it was noticed.</summary>
    public bool IsMine(Violation violation) =>
        violation.Check == VerifierCheck.ByteAccount && _open.Remove((violation.ParcelId, violation.Flight));

    /// <summary>Whoever should notice is dead; or all are, as the stack ends.</summary>
    /// <param name="driver">The name of the actor; null for all.</param>
    public void Overtake(string? driver)
    {
        if (driver is not null)
            _dead.Add(driver);
        foreach (((long, FlightId) key, (OffloadHandle Connection, long Offset) send) in _open.ToArray())
            if (driver is null || driver == $"connection-{send.Connection}")
            {
                _open.Remove(key);
                _overtaken.Add(send);
            }
    }

    /// <summary>Whether a wrong count was told, and nobody is to blame but the target.</summary>
    public bool IsOvertaken(OffloadHandle connection, long offset) => _overtaken.Contains((connection, offset));
}
