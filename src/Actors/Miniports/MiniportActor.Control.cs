using System.Diagnostics.CodeAnalysis;
using ChimneyActors.Buffers;
using ChimneyActors.Ndis;
using ChimneyActors.Supervision;
using ChimneyActors.Supervision.Lifecycle;

namespace ChimneyActors.Miniports;

/// <summary>What concerns the adapter as a whole: its life, control requests, initiates that it wants later.</summary>
internal sealed partial class MiniportActor
{
    private readonly Holdings _heldBack = new();
    private readonly Queue<InitiateOffload> _later = new();

    /// <inheritdoc/>
    protected override void OnLife(LifeEvent told)
    {
        AdapterInstance? plugged = told.Instance;
        switch (told.Step.Kind)
        {
            case LifeStepKind.SeverConnections:
                EndOids(NdisStatus.NotAccepted);        // LIFE-12
                RefuseHeldBack(NdisStatus.Failure);
                break;
            case LifeStepKind.ResetAdapter:
                EndOids(NdisStatus.RequestAborted);     // LIFE-08
                break;
            case LifeStepKind.ResumeOffload:
                GoOnHeldBack();
                break;
            case LifeStepKind.PauseAdapter:
                RefuseHeldBack(NdisStatus.Paused);      // LIFE-17
                break;
            case LifeStepKind.UploadAll or LifeStepKind.InitializeAdapter:
                RefuseHeldBack(NdisStatus.Failure);
                break;
            case LifeStepKind.HaltAdapter:
                EndOids(NdisStatus.NotAccepted);        // none is out when it is halted (LIFE-06)
                RefuseHeldBack(NdisStatus.Failure);
                break;
            default:
                break;
        }
        Between();
        if (plugged is { Target: IOffloadAdapter target })
            plugged.Calls.Ask(told, target, plugged.Why);
        else
            told.Complete(NdisStatus.Success);
    }

    private void Take(OidRequest request)
    {
        AdapterInstance plugged = adapter.Current;
        if (plugged.IsRemoved || !AdapterLifecycle.TakesOids(plugged.State))
        {
            RefuseHome(request, NdisStatus.NotAccepted);
            return;
        }
        if (request.Block.ParkedIn is not null)
        {
            OnStray(request, request.Flight);   // doubled by a driver above
            return;
        }
        plugged.Oids.Waiting.Park(request.Block);
        Between();
        PumpOids();
    }

    /// <summary>The target gets the next one when it has done the last (V-18).</summary>
    private void PumpOids()
    {
        AdapterInstance plugged = adapter.Current;
        while (!plugged.Oids.IsBusy && plugged.Oids.Waiting.First is OidBlock next)
        {
            NdisStatus status = Ask(plugged, next);
            if (status == NdisStatus.Pending)
                return;
            End(plugged, next, plugged.Calls.Allowed(status));
        }
    }

    private NdisStatus Ask(AdapterInstance plugged, OidBlock next)
    {
        switch (next.Oid)
        {
            case Oid.TcpTaskOffload when next.Method == OidMethod.Query:
                next.Answer(plugged.Can());
                return NdisStatus.Success;
            case Oid.TcpTaskOffload:
                return plugged.TryEnable(next.Information as TcpTaskOffload)
                    ? NdisStatus.Success
                    : NdisStatus.InvalidParameter;
            case Oid.TcpConnectionOffloadCurrentConfig or Oid.TcpConnectionOffloadHardwareCapabilities:
                return NdisStatus.NotSupported;     // the runtime answers them (CAP-11)
            default:
                NdisStatus status = plugged.Target is IOffloadAdapter target
                    ? plugged.Oids.Ask(next, target, Stack.Now)
                    : NdisStatus.NotSupported;
                if (status == NdisStatus.Success)
                    NoteSet(next);
                return status;
        }
    }

    private void NoteSet(OidBlock done)
    {
        if (done is { Oid: Oid.TcpConnectionOffloadParameters, Method: OidMethod.Set })
            adapter.Parameters = (TcpConnectionOffloadParameters)done.Information!;
    }

    private void End(AdapterInstance plugged, OidBlock block, NdisStatus status)
    {
        FlightId flight = block.Custody.Flight;
        plugged.Oids.Waiting.Remove(block);
        if (!block.TryComplete(flight, Me, status, 0))
            return;
        OffloadCompletion completion = OffloadCompletion.Of(block, 1);
        AlsoInHand(completion.Flight);
        Between();
        Pass((Edge)block.Frames.Top.Driver, completion, completion.Flight);
    }

    /// <summary>The target completed it by itself; who won the gate tells it here.</summary>
    private void Finish(OidRequestComplete done)
    {
        if (done.Block.ParkedIn is Holdings waiting)
            waiting.Remove(done.Block);
        if (done.Block.Status == NdisStatus.Success)
            NoteSet(done.Block);
        Between();
        Pass((Edge)done.Block.Frames.Top.Driver, done, done.Flight);
    }

    /// <summary>Nobody will answer them any more: the adapter is gone, or knows nothing of them after a
    /// reset.</summary>
    private void EndOids(NdisStatus status)
    {
        AdapterInstance plugged = adapter.Current;
        while (plugged.Oids.Waiting.First is OidBlock block)
            if (block.Custody.State == CustodyState.Outstanding)
                End(plugged, block, status);
            else
                plugged.Oids.Waiting.Remove(block);     // the target won the gate: its completion is in the mailbox
    }

    /// <summary>The adapter wants nothing new now; what was on its way already it wants later (STS-02).</summary>
    private void HoldBack(InitiateOffload initiate)
    {
        if (initiate.Flight.Head.ParkedIn is not null)
        {
            OnStray(initiate, initiate.Flight);     // doubled by a driver above
            return;
        }
        _heldBack.Park(initiate.Flight.Head);
        _later.Enqueue(initiate);
    }

    /// <summary>Only an adapter at work comes to a resume; what is at another is for the shelf to answer.</summary>
    private bool WantsItLater => adapter.Current is { OffloadIsPaused: true, IsRemoved: false } now
        && AdapterLifecycle.TakesConnections(now.State);

    private void GoOnHeldBack()
    {
        while (TryTakeHeldBack(out InitiateOffload? initiate))
        {
            AlsoInHand(initiate.Flight);
            Handle(initiate);
        }
    }

    /// <summary>There will be no resume for them.</summary>
    /// <param name="status">What they are told.</param>
    /// <param name="through">Only of those that came through this driver; null for all.</param>
    private void RefuseHeldBack(NdisStatus status, Edge? through = null)
    {
        for (int left = _later.Count; left > 0 && TryTakeHeldBack(out InitiateOffload? initiate); left--)
        {
            AlsoInHand(initiate.Flight);
            if (through is not null && !initiate.Flight.Head.Frames.Has(through))
                HoldBack(initiate);
            else
                RefuseHome(initiate, status);
        }
    }

    private bool TryTakeHeldBack([NotNullWhen(true)] out InitiateOffload? initiate)
    {
        if (!_later.TryDequeue(out initiate))
            return false;
        _heldBack.Remove(initiate.Flight.Head);
        return true;
    }

    /// <summary>Two looks at the same control request, or a target that says so itself, and it is reset.</summary>
    private void CheckForHang()
    {
        AdapterInstance plugged = adapter.Current;
        if (plugged.IsRemoved || !AdapterLifecycle.TakesOids(plugged.State))
            return;
        bool isOld = plugged.Oids.Since is not 0 and var since
            && Stack.Clock.GetElapsedTime(since, Stack.Now) > Stack.Settings.HangDeadline;
        if (isOld)
            EndOids(NdisStatus.RequestAborted);     // what waits for one of them may be what a reset waits for
        if ((isOld || plugged.Target is IOffloadAdapter target && target.CheckForHang()) && plugged.TryBeginReset())
            Stack.Want(LifeOperationKind.Reset, adapter);
    }

    private void LetGoOfControl()
    {
        AdapterInstance plugged = adapter.Current;
        while (TryTakeHeldBack(out InitiateOffload? initiate))
            Stack.Custodian.TakeOver(initiate, Me);
        while (plugged.Oids.Waiting.First is { } block)
        {
            plugged.Oids.Waiting.Remove(block);
            Stack.Custodian.TakeOver(new Flight(block.Custody.Flight, block, 1), Me);
        }
    }
}
