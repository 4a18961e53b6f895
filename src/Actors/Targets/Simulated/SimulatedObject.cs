using ChimneyActors.Buffers;
using ChimneyActors.Ndis;

namespace ChimneyActors.Targets.Simulated;

/// <summary>A path or a neighbor of an adapter. On the driver's thread only.</summary>
internal abstract class SimulatedObject(OffloadHandle handle, SimulatedTarget target) : SimulatedLane
{
    private bool _isGone;
    private Claim? _terminate;
    private IOffloadUpcalls? _terminator;

    internal OffloadHandle Handle { get; } = handle;

    /// <summary>Set before the initiate is posted: whether there is room.</summary>
    internal NdisStatus Admission { get; set; }

    /// <summary>Whether it is offloaded.</summary>
    internal bool IsOpen { get; private set; }

    /// <summary>Whether the host has said that it is no longer true: nothing is sent over it (INV-02).</summary>
    internal bool IsInvalid { get; private set; }

    internal override bool IsGone => _isGone;

    protected SimulatedTarget Target { get; } = target;

    /// <summary>Who speaks for it to the host; null before the initiate.</summary>
    protected IOffloadUpcalls? Upcalls { get; private set; }

    protected TimeSpan Now => Target.Network.Now;

    /// <summary>What depends on it, down to the connections.</summary>
    internal abstract IEnumerable<SimulatedConnection> Connections { get; }

    /// <summary>Whether anything depends on it.</summary>
    internal abstract bool HasDependents { get; }

    internal override void Take(object message, IOffloadUpcalls? sender)
    {
        switch (message)
        {
            case InitiateOffload initiate: OnInitiate(initiate, sender!); break;
            case TerminateOffload terminate: OnTerminate(terminate, sender!); break;
            case OffloadRequest { Flight.Head: OffloadBlock } request: OnState(request, sender!); break;
            case NeighborReachabilityAnswer answer: OnAnswer(answer); break;
            case SeverSignal: OnSever(sender!); break;
            case OffloadRequest request: StrayAnswers.Answer(request, NdisStatus.RequestAborted, sender!); break;
            case OffloadMessage answer: StrayAnswers.TakeBack(answer, sender!); break;
        }
    }

    internal override void Run()
    {
    }

    /// <summary>The adapter was removed.</summary>
    internal void Vanish()
    {
        if (_terminate is { } claim)
            Complete(claim, NdisStatus.Failure, _terminator!);
        Leave();
    }

    /// <summary>Takes new state over.</summary>
    protected abstract NdisStatus Begin(OffloadBlock block);

    /// <summary>Writes the state as it is now.</summary>
    protected abstract void Query(OffloadBlock block);

    /// <summary>Takes new values of the host.</summary>
    protected abstract NdisStatus Update(OffloadBlock block);

    /// <summary>It is no more: what it depends on is told.</summary>
    protected abstract void End();

    /// <summary>Whether the host still owes an answer (TERM-06).</summary>
    protected virtual bool AwaitsAnswer => false;

    /// <summary>The host has answered.</summary>
    protected virtual void OnAnswer(NeighborReachabilityAnswer answer)
    {
    }

    /// <summary>Gives the object back as soon as nothing is owed.</summary>
    protected void FinishTerminate()
    {
        if (_terminate is not { } claim || AwaitsAnswer)
            return;
        IOffloadUpcalls upcalls = _terminator!;
        if (claim.IsOpen)
            Leave();        // else ended by somebody else: what is left waits here to be severed
        Complete(claim, NdisStatus.Success, upcalls);
    }

    private void OnInitiate(InitiateOffload initiate, IOffloadUpcalls upcalls)
    {
        Upcalls = upcalls;
        NdisStatus status = Admission == NdisStatus.Success ? Begin(initiate.Block) : Admission;
        IsOpen = status == NdisStatus.Success;
        if (!IsOpen)
            Leave();
        var claim = new Claim(initiate.Block, initiate.Flight.Id, upcalls.Holder);
        if (!Complete(claim, status, upcalls))
            Leave();        // somebody ended the journey first: it was never offloaded
    }

    private void OnTerminate(TerminateOffload terminate, IOffloadUpcalls upcalls)
    {
        var claim = new Claim(terminate.Block, terminate.Flight.Id, upcalls.Holder);
        if (!IsOpen || HasDependents || _terminate is { IsOpen: true })
        {
            Complete(claim, NdisStatus.Failure, upcalls);
            return;
        }

        (_terminate, _terminator) = (claim, upcalls);
        FinishTerminate();
    }

    private void OnState(OffloadRequest request, IOffloadUpcalls upcalls)
    {
        var block = (OffloadBlock)request.Flight.Head;
        var claim = new Claim(block, request.Flight.Id, upcalls.Holder);
        NdisStatus status = NdisStatus.Failure;
        if (IsOpen && claim.IsOpen)
            status = Do(request, block);
        Complete(claim, status, upcalls);
        if (request is InvalidateOffload && status == NdisStatus.Success)
            Invalidate();
    }

    private NdisStatus Do(OffloadRequest request, OffloadBlock block)
    {
        if (request is UpdateOffload)
            return Update(block);
        if (request is QueryOffload)
            Query(block);
        return NdisStatus.Success;
    }

    /// <summary>Every connection over it stops, and asks to be taken back (INV-02, INV-03).</summary>
    private void Invalidate()
    {
        IsInvalid = true;
        foreach (SimulatedConnection connection in Connections.ToArray())
            connection.LoseWay();
    }

    private void OnSever(IOffloadUpcalls upcalls)
    {
        if (IsOpen)
        {
            Invalidate();
            Leave();
        }

        StrayAnswers.SayNothingLeft(Handle, upcalls);
    }

    private static bool Complete(Claim claim, NdisStatus status, IOffloadUpcalls upcalls)
    {
        if (!claim.TryComplete(status, 0))
            return false;
        var won = default(WonChain);
        won.Add(claim.Parcel);
        upcalls.Complete(won.ToCompletion());
        return true;
    }

    /// <summary>From here on nobody finds it.</summary>
    private void Leave()
    {
        if (IsOpen)
            End();
        IsOpen = false;
        _isGone = true;
        _terminate = null;
        Target.Forget(this);
    }
}
