using ChimneyActors.Buffers;

namespace ChimneyActors.Ndis;

/// <summary>Says that the state of an offloaded connection is no longer true: nothing new is sent from here on
/// (INV-02).</summary>
/// <param name="Flight">The <see cref="OffloadBlock"/>.</param>
/// <remarks>Travels down; answered by exactly one <see cref="InvalidateOffloadComplete"/>. The target then asks
/// for the upload (INV-03), and keeps everything until the terminate (INV-05).
/// Source: nf-ndischimney-ndisinvalidateoffload.md.</remarks>
public sealed record InvalidateOffload(Flight Flight) : OffloadRequest(Flight)
{
    /// <summary>The block.</summary>
    public OffloadBlock Block => (OffloadBlock)Flight.Head;
}

/// <summary>The answer: SUCCESS, or FAILURE of a target that hangs (INV-06).</summary>
/// <remarks>Source: nf-ndischimney-ndisminvalidateoffloadcomplete.md.</remarks>
public sealed record InvalidateOffloadComplete : OffloadCompletion
{
    internal InvalidateOffloadComplete(Flight flight)
        : base(flight)
    {
    }

    /// <summary>The block, with the status.</summary>
    public OffloadBlock Block => (OffloadBlock)Flight.Head;
}
