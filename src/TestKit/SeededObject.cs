using ChimneyActors.Buffers;
using ChimneyActors.Ndis;

namespace ChimneyActors.TestKit;

/// <summary>One path or neighbor at the seeded target.</summary>
internal sealed class SeededObject(SeededTarget target, OffloadHandle handle, OffloadBlock begin)
{
    private readonly Queue<(OffloadRequest Request, Claim Claim)> _asked = [];
    private IOffloadUpcalls _upcalls = null!;
    private NeighborOffloadState? _neighbor = begin.Neighbor;
    private PathOffloadState? _path = begin.Path;
    private bool _isAsking;     // the host owes an answer

    /// <summary>Its name.</summary>
    public OffloadHandle Handle => handle;

    /// <summary>Which of the two.</summary>
    public OffloadLayer Layer => begin.Layer;

    /// <summary>What it is linked to.</summary>
    public OffloadHandle Parent { get; private set; } = begin.Parent;

    /// <summary>Whether it is offloaded, and what is sent over it arrives.</summary>
    public bool IsGood { get; private set; }

    /// <summary>What went wrong here; null if nothing did.</summary>
    public string? Wrong => _isAsking ? $"the host never answered for neighbor {handle}" : null;

    /// <summary>Whether there is something to do now.</summary>
    public bool CanStep => _asked.TryPeek(out (OffloadRequest Request, Claim Claim) first)
        ? first.Request is not TerminateOffload || !_isAsking
        : MayAsk && !target.IsCalm;

    private bool MayAsk => Layer == OffloadLayer.Neighbor && IsGood && !_isAsking;

    /// <summary>Takes a request in.</summary>
    public void Submit(OffloadRequest request, IOffloadUpcalls upcalls)
    {
        _upcalls = upcalls;
        _asked.Enqueue((request, request.Flight.Head.Claim()));
    }

    /// <summary>The host has answered.</summary>
    public void Answer() => _isAsking = false;

    /// <summary>Does the next thing.</summary>
    public void Step()
    {
        if (_asked.Count == 0)
        {
            if (target.Random.Percent(10))
                AskHost();
            return;
        }
        (OffloadRequest request, Claim claim) = _asked.Dequeue();
        NdisStatus status = claim.IsOpen ? Do(request) : NdisStatus.Failure;
        target.Trace.Write($"{Layer} {handle} {claim.Parcel.Operation}: {status}");
        target.Spend(claim);
        if (!claim.TryComplete(status, 0))
        {
            if (request is InitiateOffload)
                target.Remove(this);
            return;
        }
        var won = default(WonChain);
        won.Add(claim.Parcel);
        _upcalls.Complete(won.ToCompletion());
        if (request is InvalidateOffload && status == NdisStatus.Success)
            Break();
    }

    /// <summary>Whether it has a request.</summary>
    public bool Has(Parcel parcel, FlightId flight) =>
        _asked.Any(asked => asked.Claim.Parcel == parcel && asked.Claim.Flight == flight);

    /// <summary>It is no longer true, or no more: whatever hangs on it wants to go back.</summary>
    public void Break()
    {
        IsGood = false;
        target.LoseWay(this);
    }

    /// <summary>Lets go of everything.</summary>
    public void Forget()
    {
        _asked.Clear();
        _isAsking = false;
        Break();
    }

    private NdisStatus Do(OffloadRequest request)
    {
        var block = (OffloadBlock)request.Flight.Head;
        switch (request)
        {
            case InitiateOffload:
                IsGood = !target.IsGone && !target.Random.Percent(target.RefusesPercent)
                    && (Layer == OffloadLayer.Neighbor || target.FindObject(Parent) is { IsGood: true });
                if (!IsGood)
                    target.Remove(this);
                return IsGood ? NdisStatus.Success
                    : Layer == OffloadLayer.Path ? NdisStatus.OffloadPathEntries : NdisStatus.OffloadNeighborEntries;
            case TerminateOffload:
                target.CheckAlone(this);
                target.Remove(this);
                return NdisStatus.Success;
            case QueryOffload:
                (block.Neighbor, block.Path) = (_neighbor, _path);
                return IsGood ? NdisStatus.Success : NdisStatus.Failure;
            case UpdateOffload:
                return IsGood ? Update(block) : NdisStatus.Failure;
            default:
                return NdisStatus.Success;
        }
    }

    private NdisStatus Update(OffloadBlock block)
    {
        if (!block.Parent.IsNone)
        {
            if (target.FindObject(block.Parent) is not { IsGood: true })
                return NdisStatus.Failure;
            Parent = block.Parent;
        }
        if (block.Neighbor is { } neighbor)
            _neighbor = _neighbor! with { Cached = neighbor.Cached };
        if (block.Path is { } path)
            _path = _path! with { Cached = path.Cached };
        return NdisStatus.Success;
    }

    private void AskHost()
    {
        _isAsking = true;
        _upcalls.Indicate(NeighborReachabilityQuery.Make(handle, _neighbor!, _upcalls.Holder));
    }
}
