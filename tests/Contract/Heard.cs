using ChimneyActors.Buffers;
using ChimneyActors.Ndis;

namespace ChimneyActors.Contract;

/// <summary>One thing a target said, in the order it said it.</summary>
public abstract record Heard(OffloadHandle Connection);

/// <summary>A parcel came back.</summary>
public sealed record CameBack(
    OffloadHandle Connection, Parcel Parcel, OffloadOperation Operation, NdisStatus Status, long Bytes, int Message)
    : Heard(Connection);

/// <summary>Data was indicated; a copy, because the list may be on its way again. Taken: how much of it the host took
/// at once. IsMet: the host answers at once, and not with silence.</summary>
public sealed record DataIndicated(OffloadHandle Connection, long Offset, byte[] Data, int Taken, bool IsMet)
    : Heard(Connection);

/// <summary>The host's own answer to an indication is on its way down: what is asked for from now on comes after
/// it.</summary>
public sealed record IndicationAnswered(DataIndicated To) : Heard(To.Connection);

/// <summary>An event.</summary>
public sealed record EventSaid(OffloadHandle Connection, TcpOffloadEvent Event) : Heard(Connection);

/// <summary>The remains of a connection.</summary>
public sealed record RemainsSaid(OffloadHandle Connection, Severed Severed) : Heard(Connection);
