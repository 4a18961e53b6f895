using ChimneyActors.Buffers;

namespace ChimneyActors.Ndis;

/// <summary>Delegates a connection to the target.</summary>
/// <param name="Flight">The <see cref="OffloadBlock"/>.</param>
/// <remarks>Travels down; answered by exactly one <see cref="InitiateOffloadComplete"/>. Nothing else may be asked of
/// the connection before (INIT-16). Source: nf-ndischimney-ndisinitiateoffload.md.</remarks>
public sealed record InitiateOffload(Flight Flight) : OffloadRequest(Flight)
{
    /// <summary>What is delegated.</summary>
    public OffloadBlock Block => (OffloadBlock)Flight.Head;
}

/// <summary>The connection is offloaded (SUCCESS), or still the host's (any other status), socket included.</summary>
/// <remarks>Source: nf-ndischimney-ndisminitiateoffloadcomplete.md.</remarks>
public sealed record InitiateOffloadComplete : OffloadCompletion
{
    internal InitiateOffloadComplete(Flight flight)
        : base(flight)
    {
    }

    /// <summary>The block, with the status.</summary>
    public OffloadBlock Block => (OffloadBlock)Flight.Head;
}
