using ChimneyActors.Buffers;
using ChimneyActors.Ndis;

namespace ChimneyActors.Cluster.Hosts;

/// <summary>The way up of one connection: parcels that won the gate are gathered, so that many travel as one message,
/// and stay in order with what is indicated.</summary>
/// <remarks>A field and not a local: what has won the gate is owed to its sender even if the code around it
/// throws.</remarks>
internal struct Upward
{
    private WonChain _won;
    private IOffloadUpcalls? _to;
    private OffloadOperation _operation;

    /// <summary>Completes one parcel, unless somebody else has ended its journey.</summary>
    /// <returns>Whether it was still to be completed.</returns>
    internal bool Complete(Claim claim, IOffloadUpcalls to, NdisStatus status, long bytes)
    {
        if (!claim.TryComplete(status, bytes))
            return false;
        OffloadOperation operation = claim.Parcel.Operation;
        bool fits = ReferenceEquals(_to, to) && _operation == operation
            && operation is OffloadOperation.Send or OffloadOperation.Receive;      // all others travel alone
        if (!fits)
            Flush();
        _won.Add(claim.Parcel);
        _to = to;
        _operation = operation;
        return true;
    }

    /// <summary>Sends up what was gathered.</summary>
    internal void Flush()
    {
        if (_won.IsEmpty)
            return;
        IOffloadUpcalls to = _to!;
        _to = null;
        to.Complete(_won.ToCompletion());
    }

    /// <summary>Says something unasked, behind everything that was completed before.</summary>
    internal void Indicate(OffloadIndication indication, IOffloadUpcalls to)
    {
        Flush();
        to.Indicate(indication);
    }
}
