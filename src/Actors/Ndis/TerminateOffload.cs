using ChimneyActors.Buffers;

namespace ChimneyActors.Ndis;

/// <summary>Takes a connection back to the host (upload). Terminating is not closing (TERM-30).</summary>
/// <param name="Flight">The <see cref="OffloadBlock"/>.</param>
/// <remarks>Travels down; answered by exactly one <see cref="TerminateOffloadComplete"/>, after everything else that
/// was outstanding on the connection (TERM-05, TERM-28). Source: nf-ndischimney-ndisterminateoffload.md.</remarks>
public sealed record TerminateOffload(Flight Flight) : OffloadRequest(Flight)
{
    /// <summary>What is taken back.</summary>
    public OffloadBlock Block => (OffloadBlock)Flight.Head;
}

/// <summary>The connection is the host's again: SUCCESS with its state, or FAILURE if the state is lost
/// (TERM-20).</summary>
/// <remarks>The handle is dead (TERM-29). Source: nf-ndischimney-ndismterminateoffloadcomplete.md.</remarks>
public sealed record TerminateOffloadComplete : OffloadCompletion
{
    internal TerminateOffloadComplete(Flight flight)
        : base(flight)
    {
    }

    /// <summary>The block, with status, positions, socket and buffered data.</summary>
    public OffloadBlock Block => (OffloadBlock)Flight.Head;
}
