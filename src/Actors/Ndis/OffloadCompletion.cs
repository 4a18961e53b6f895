using ChimneyActors.Buffers;

namespace ChimneyActors.Ndis;

/// <summary>The answer to requests: carries parcels that won the gate, in order, all of one operation.</summary>
/// <remarks>One completion may carry parcels of several requests and connections (GEN-09).</remarks>
public abstract record OffloadCompletion : OffloadMessage
{
    private protected OffloadCompletion(Flight flight)
    {
        Connection = flight.Head.Connection;
        Flight = flight;
    }

    /// <summary>The connection of the first parcel, as it was when the completion was made: one that comes too late, or
    /// twice, may find its parcel on another journey.</summary>
    public sealed override OffloadHandle Connection { get; }

    /// <summary>The parcels that come home.</summary>
    public Flight Flight { get; }

    internal sealed override Flight Carried => Flight;

    /// <summary>The completion that belongs to the operation of the parcels (GEN-04).</summary>
    internal static OffloadCompletion Of(Parcel head, int count)
    {
        var flight = new Flight(head.Custody.Flight, head, count);
        return head.Operation switch
        {
            OffloadOperation.Send => new TcpOffloadSendComplete(flight),
            OffloadOperation.Receive => new TcpOffloadReceiveComplete(flight),
            OffloadOperation.Disconnect => new TcpOffloadDisconnectComplete(flight),
            OffloadOperation.Forward => new TcpOffloadForwardComplete(flight),
            OffloadOperation.Initiate => new InitiateOffloadComplete(flight),
            OffloadOperation.Terminate => new TerminateOffloadComplete(flight),
            OffloadOperation.Query => new QueryOffloadComplete(flight),
            OffloadOperation.Update => new UpdateOffloadComplete(flight),
            OffloadOperation.Invalidate => new InvalidateOffloadComplete(flight),
            OffloadOperation.ReachabilityQuery => new NeighborReachabilityAnswer(flight),
            OffloadOperation.Oid => new OidRequestComplete(flight),
            OffloadOperation.ReceiveIndicate => head.Status == NdisStatus.Success
                ? new TcpOffloadReceiveReturn(flight)
                : new TcpOffloadReceiveRefused(flight),
            _ => throw new ContractViolationException(VerifierCheck.WrongOperation, "completion",
                $"parcel without an operation: {head.Describe()}"),
        };
    }
}

/// <summary>Collects parcels that won the gate into one completion.</summary>
/// <remarks>All of one operation, under the same holder. A target makes one per batch; a disconnect, initiate or
/// terminate always travels alone.</remarks>
public struct WonChain
{
    private Parcel? _head;
    private Parcel? _tail;
    private int _count;

    /// <summary>Whether nothing was added.</summary>
    public readonly bool IsEmpty => _head is null;

    /// <summary>Adds a parcel whose <see cref="Claim.TryComplete"/> answered true.</summary>
    public void Add(Parcel won)
    {
        if (won.Custody.State != CustodyState.Completed || (_head is not null && _head.Operation != won.Operation))
            throw new ContractViolationException(VerifierCheck.WrongOperation, "completion", won.Describe());
        won.Next = null;
        if (_tail is null)
            _head = won;
        else
            _tail.Next = won;
        _tail = won;
        _count++;
    }

    /// <summary>The completion, and an empty chain afterwards. There must be a parcel in it.</summary>
    public OffloadCompletion ToCompletion()
    {
        OffloadCompletion completion = OffloadCompletion.Of(_head!, _count);
        this = default;
        return completion;
    }
}
