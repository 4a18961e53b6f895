using ChimneyActors.Buffers;
using ChimneyActors.Ndis;

namespace ChimneyActors.Unit.Support;

/// <summary>A path or neighbor of a <see cref="ScriptedTarget"/>.</summary>
internal sealed class ScriptedObject(ScriptedTarget target, OffloadHandle handle, OffloadLayer layer)
{
    private readonly Lock _lock = new();
    private readonly Queue<(Claim Claim, OffloadRequest Request)> _asked = [];
    private IOffloadUpcalls? _upcalls;

    public OffloadHandle Handle => handle;

    public OffloadLayer Layer => layer;

    /// <summary>What it is linked to.</summary>
    public OffloadHandle Parent { get; private set; }

    public bool IsInvalid { get; private set; }

    public NeighborOffloadState? Neighbor { get; private set; }

    public PathOffloadState? Path { get; private set; }

    public IOffloadUpcalls Upcalls => _upcalls!;

    public void Submit(OffloadRequest request, IOffloadUpcalls upcalls)
    {
        lock (_lock)
        {
            _upcalls = upcalls;
            _asked.Enqueue((request.Flight.Head.Claim(), request));
        }
        if (target.IsAutomatic)
            Answer();
    }

    /// <summary>Answers the oldest request.</summary>
    public void Answer()
    {
        (Claim claim, OffloadRequest request) asked;
        lock (_lock)
            asked = _asked.Dequeue();
        NdisStatus status = target.StatusOf(asked.request);
        if (asked.claim.IsOpen)
            Do(asked.request, status);
        else
            status = NdisStatus.Failure;
        if (!asked.claim.TryComplete(status, 0))
        {
            if (asked.request is InitiateOffload)
                target.Remove(handle);
            return;
        }
        var won = default(WonChain);
        won.Add(asked.claim.Parcel);
        _upcalls!.Complete(won.ToCompletion());
    }

    public bool Has(Parcel parcel)
    {
        lock (_lock)
            return _asked.Any(asked => asked.Claim.Parcel == parcel);
    }

    public void Forget()
    {
        lock (_lock)
            _asked.Clear();
    }

    private void Do(OffloadRequest request, NdisStatus status)
    {
        var block = (OffloadBlock)request.Flight.Head;
        bool isLawful = status == NdisStatus.Success;
        switch (request)
        {
            case InitiateOffload when isLawful:
                (Parent, Neighbor, Path) = (block.Parent, block.Neighbor, block.Path);
                break;
            case InitiateOffload or TerminateOffload: target.Remove(handle); break;
            case QueryOffload: (block.Neighbor, block.Path) = (Neighbor, Path); break;
            case InvalidateOffload: IsInvalid = true; break;
            case UpdateOffload when isLawful:
                Parent = block.Parent.IsNone ? Parent : block.Parent;
                Neighbor = block.Neighbor ?? Neighbor;
                Path = block.Path is { } change ? Path! with { Cached = change.Cached } : Path;
                break;
        }
    }
}
