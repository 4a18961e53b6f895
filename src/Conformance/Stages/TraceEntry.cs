using ChimneyActors.Buffers;
using ChimneyActors.Ndis;

namespace ChimneyActors.Conformance.Stages;

/// <summary>Where something was seen.</summary>
internal enum Place
{
    /// <summary>At the user of a connection.</summary>
    Host,

    /// <summary>Directly over the driver under test.</summary>
    Above,

    /// <summary>Directly under it.</summary>
    Below,

    /// <summary>At the plug of the target.</summary>
    Target,

    /// <summary>At the other end of the connection.</summary>
    Peer,
}

/// <summary>What was seen.</summary>
internal enum Act
{
    /// <summary>A request on its way down.</summary>
    Down,

    /// <summary>A completion on its way up.</summary>
    Up,

    /// <summary>Data on its way up.</summary>
    Data,

    /// <summary>The host's answer to data on its way down.</summary>
    Answer,

    /// <summary>An event on its way up.</summary>
    Event,

    /// <summary>A question of the target on its way up, that the host answers.</summary>
    Question,

    /// <summary>A driver or a target is asked for its part in the life of an adapter.</summary>
    Call,

    /// <summary>It has done so.</summary>
    Return,

    /// <summary>Something that an adapter says to everybody above it.</summary>
    Status,

    /// <summary>Something outside of the stack.</summary>
    Note,
}

/// <summary>What a driver or a target is asked for beyond its connections.</summary>
internal enum LifeCall
{
    None,
    Initialize,
    Restart,
    Pause,
    Reset,
    SurpriseRemoved,
    Halt,
    Request,
}

/// <summary>One thing that was seen, as it was in that moment: parcels change and are used again.</summary>
internal sealed record TraceEntry(Place Place, Act Act, string Text)
{
    public int Number { get; init; }

    public TimeSpan At { get; init; }

    public OffloadHandle Connection { get; init; }

    /// <summary>Entries of one message have the same; 0 for none.</summary>
    public int Message { get; init; }

    public OffloadMessage? Source { get; init; }

    public Parcel? Parcel { get; init; }

    public FlightId Flight { get; init; }

    public OffloadOperation Operation { get; init; }

    public DisconnectKind Kind { get; init; }

    public NdisStatus Status { get; init; }

    public long Bytes { get; init; }

    /// <summary>Position in the stream.</summary>
    public long Offset { get; init; }

    /// <summary>Bytes in use.</summary>
    public long Length { get; init; }

    /// <summary>By how much the data starts have moved.</summary>
    public long Advanced { get; init; }

    /// <summary>Over which adapter it was seen, below the driver under test; above it, under which binding.</summary>
    public int Adapter { get; init; }

    /// <summary>What was called, or has returned.</summary>
    public LifeCall Call { get; init; }

    /// <summary>The control request that was called for; null for none.</summary>
    public OidBlock? Oid { get; init; }

    /// <summary>In which state the binding above was.</summary>
    public BindingState? Bound { get; init; }

    /// <summary>What an adapter has said.</summary>
    public IndicateStatus? Spoken { get; init; }

    /// <summary>Contexts on the parcel.</summary>
    public int Depth { get; init; }

    /// <summary>NET_BUFFERs of the list.</summary>
    public int Buffers { get; init; }

    public TcpOffloadEvent? Said { get; init; }

    /// <summary>What the protocol has put on the parcel for itself.</summary>
    public object? Reserved { get; init; }

    /// <summary>Whether it came while the target was being asked, on the same thread.</summary>
    public bool Inside { get; init; }

    /// <summary>One journey of one parcel.</summary>
    public (Parcel? Parcel, int Flight) Journey => (Parcel, Flight.Value);

    public bool Is(Place place, Act act, OffloadOperation operation) =>
        Place == place && Act == act && Operation == operation;

    public bool Is(Place place, Act act, LifeCall call) => Place == place && Act == act && Call == call;

    public override string ToString() => FormattableString.Invariant(
        $"{Number,4} {At.TotalSeconds,9:F4} {Place,-6} {Act,-6} {Text}");
}
