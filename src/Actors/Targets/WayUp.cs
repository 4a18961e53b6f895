using ChimneyActors.Buffers;
using ChimneyActors.Ndis;

namespace ChimneyActors.Targets;

/// <summary>Gathers the parcels that won the gate, so that many completions travel as one message, and keeps them in
/// order with what is indicated.</summary>
/// <remarks>A field of the connection and not a local: what has won the gate is owed to its sender even if the code
/// around it throws.</remarks>
internal struct WayUp
{
    private WonChain _won;
    private IOffloadUpcalls? _to;
    private OffloadOperation _operation;

    /// <summary>Completes one parcel, unless somebody else has ended its journey.</summary>
    internal void Complete(in Pending pending, NdisStatus status, long bytes)
    {
        if (pending.Claim.TryComplete(status, bytes))
            Add(pending.Claim.Parcel, pending.Upcalls);
    }

    /// <summary>Adds a parcel that won the gate.</summary>
    internal void Add(Parcel won, IOffloadUpcalls to)
    {
        bool fits = ReferenceEquals(_to, to) && _operation == won.Operation
            && won.Operation is OffloadOperation.Send or OffloadOperation.Receive or OffloadOperation.Forward;
        if (!fits)
            Flush();
        _won.Add(won);
        _to = to;
        _operation = won.Operation;
    }

    /// <summary>Sends up what has been gathered.</summary>
    internal void Flush()
    {
        if (_won.IsEmpty)
            return;
        IOffloadUpcalls to = _to!;
        OffloadCompletion completion = _won.ToCompletion();
        _to = null;
        to.Complete(completion);
    }

    /// <summary>Says something unasked, behind everything that was completed before.</summary>
    internal void Indicate(OffloadIndication indication, IOffloadUpcalls to)
    {
        Flush();
        to.Indicate(indication);
    }
}
