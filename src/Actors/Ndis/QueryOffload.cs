using ChimneyActors.Buffers;

namespace ChimneyActors.Ndis;

/// <summary>Asks for the state of an offloaded connection, in any state it is in (QRY-01).</summary>
/// <param name="Flight">The <see cref="OffloadBlock"/>.</param>
/// <remarks>Travels down; answered by exactly one <see cref="QueryOffloadComplete"/>. The target writes
/// <see cref="OffloadBlock.Queried"/> before it completes. Changes nothing (QRY-08).
/// Source: nf-ndischimney-ndisqueryoffloadstate.md.</remarks>
public sealed record QueryOffload(Flight Flight) : OffloadRequest(Flight)
{
    /// <summary>The block.</summary>
    public OffloadBlock Block => (OffloadBlock)Flight.Head;
}

/// <summary>The answer: SUCCESS with the state, or FAILURE (QRY-03).</summary>
/// <remarks>Source: nf-ndischimney-ndismqueryoffloadstatecomplete.md.</remarks>
public sealed record QueryOffloadComplete : OffloadCompletion
{
    internal QueryOffloadComplete(Flight flight)
        : base(flight)
    {
    }

    /// <summary>The block, with the status.</summary>
    public OffloadBlock Block => (OffloadBlock)Flight.Head;
}
