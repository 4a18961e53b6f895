using ChimneyActors.Buffers;
using ChimneyActors.Ndis;
using ChimneyActors.Supervision;
using ChimneyActors.Supervision.Lifecycle;

namespace ChimneyActors.Intermediates;

/// <summary>What somebody's driver has to do with its virtual adapter and its bindings below.</summary>
internal sealed partial class HostedIntermediateActor
{
    private readonly Queue<OffloadRequest> _overReset = new();
    private LifeEvent? _pausing;
    private bool _isHeld;

    /// <inheritdoc/>
    protected override void OnLife(LifeEvent told)
    {
        switch (told.Step.Kind)
        {
            case LifeStepKind.PauseAdapter: Pause(told); break;
            case LifeStepKind.RestartAdapter:
                Between();
                told.Complete(Driver().OnRestart());
                break;
            case LifeStepKind.HoldBinding:
                _isHeld = true;
                base.OnLife(told);
                break;
            case LifeStepKind.ReleaseBinding:
                Release();
                base.OnLife(told);
                break;
            default: base.OnLife(told); break;
        }
    }

    /// <inheritdoc/>
    protected override void Hear(BindingNode lower, IndicateStatus said)
    {
        if (Driver().OnStatus(said))
            base.Hear(lower, said);
    }

    void IIntermediateHost.Answer(OidRequest request, NdisStatus status)
    {
        if (Takes(request, request.Flight, CustodyState.Outstanding))
            RefuseHome(request, status);
    }

    void IIntermediateHost.PauseComplete()
    {
        if (_pausing is null)
            Report(VerifierCheck.UnexpectedComplete, "completed a pause that nobody had asked for");
        _pausing?.Complete(NdisStatus.Success);
        _pausing = null;
    }

    /// <summary>Nothing of a connection is left here by now, or the driver keeps what it should have passed.</summary>
    private void Pause(LifeEvent told)
    {
        Between();
        _pausing = told;
        NdisStatus status = Driver().OnPause();
        if (status is not (NdisStatus.Success or NdisStatus.Pending))
            Report(VerifierCheck.CannotFail, $"answered a pause with {status}");
        if (status == NdisStatus.Pending)
            return;
        _pausing?.Complete(NdisStatus.Success);
        _pausing = null;
    }

    /// <summary>Passed by a driver in the middle of a reset: it waits here for the end (LIFE-09).</summary>
    private void HoldOverReset(OffloadRequest request)
    {
        ((IIntermediateHost)this).Hold(request);
        _overReset.Enqueue(request);
    }

    private void Release()
    {
        _isHeld = false;
        while (_overReset.TryDequeue(out OffloadRequest? request))
            ((IIntermediateHost)this).PassDown(request);
    }

    private void Report(VerifierCheck check, string what) =>
        Stack.Ledger.Report(new Violation(check, Edge.Name, OffloadHandle.None, 0, default, what));
}
