using ChimneyActors.Buffers;

namespace ChimneyActors.Ndis;

/// <summary>Changes the cached state of an offloaded connection (UPD-01).</summary>
/// <param name="Flight">The <see cref="OffloadBlock"/>.</param>
/// <remarks>Travels down; answered by exactly one <see cref="UpdateOffloadComplete"/>. The new values are in
/// <see cref="OffloadBlock.Update"/>, and in effect when it completes (UPD-05).
/// Source: nf-ndischimney-ndisupdateoffload.md.</remarks>
public sealed record UpdateOffload(Flight Flight) : OffloadRequest(Flight)
{
    /// <summary>The block.</summary>
    public OffloadBlock Block => (OffloadBlock)Flight.Head;
}

/// <summary>The answer: SUCCESS, or FAILURE; then the connection goes on as before (UPD-04).</summary>
/// <remarks>Source: nf-ndischimney-ndismupdateoffloadcomplete.md.</remarks>
public sealed record UpdateOffloadComplete : OffloadCompletion
{
    internal UpdateOffloadComplete(Flight flight)
        : base(flight)
    {
    }

    /// <summary>The block, with the status.</summary>
    public OffloadBlock Block => (OffloadBlock)Flight.Head;
}
