using ChimneyActors.Buffers;
using ChimneyActors.Ndis;
using ChimneyActors.Supervision.Lifecycle;

namespace ChimneyActors.Embedding;

/// <summary>Steps that leave an adapter in the state it is in: what it wants of the host, and resets.</summary>
internal sealed partial class Conductor
{
    private bool TakeOfAdapter(LifeOperation operation, AdapterInstance adapter) => operation.Step.Kind switch
    {
        LifeStepKind.StopOffload => StopOffload(adapter, NdisStatus.OffloadPause),
        LifeStepKind.ResumeOffload => ResumeOffload(operation, adapter),
        LifeStepKind.UploadAll => UploadAll(operation, adapter),
        LifeStepKind.BeginReset => BeginReset(adapter),
        LifeStepKind.ResetAdapter => Reset(operation, adapter),
        _ => EndReset(operation, adapter),
    };

    /// <summary>Nothing new is offloaded; what is goes on (STS-01).</summary>
    private static bool StopOffload(AdapterInstance adapter, NdisStatus status)
    {
        adapter.OffloadIsPaused = true;
        adapter.Adapter.Indicate(status, null);
        return true;
    }

    /// <summary>What was asked before is done now, and the host is told to ask again what the adapter can do
    /// (STS-02, STS-03).</summary>
    private bool ResumeOffload(LifeOperation operation, AdapterInstance adapter)
    {
        if (operation.Question == 0)
        {
            adapter.OffloadIsPaused = false;
            adapter.Capabilities = adapter.Target?.Capabilities;
            adapter.TryEnable(adapter.Enabled.And(adapter.Can()));
            adapter.Adapter.Indicate(NdisStatus.OffloadResume, null);
        }
        return Ask(operation) is not null;
    }

    /// <summary>Everything goes back to its host, whoever wanted that (STS-05).</summary>
    private bool UploadAll(LifeOperation operation, AdapterInstance adapter)
    {
        if (operation.Question == 0)
            StopOffload(adapter, NdisStatus.UploadAll);
        bool isAsked = Ask(operation) is not null;
        bool isHome = true;
        foreach (BindingNode upper in adapter.Adapter.Uppers)
            isHome &= TakeBack(upper, isRemoval: false);
        return isAsked && isHome;
    }

    private static bool BeginReset(AdapterInstance adapter)
    {
        adapter.TryBeginReset();
        adapter.Adapter.Indicate(NdisStatus.ResetStart, null);
        return true;
    }

    private bool Reset(LifeOperation operation, AdapterInstance adapter)
    {
        if (AdapterLifecycle.TakesOids(adapter.State) && !adapter.IsRemoved)
        {
            if (Ask(operation) is not { } outcome)
                return false;
            Note(operation, outcome);
        }
        return true;
    }

    /// <summary>What it asked the target before the reset is forgotten there; one that is broken is given up.</summary>
    private bool EndReset(LifeOperation operation, AdapterInstance adapter)
    {
        adapter.Oids.Forget();
        adapter.EndReset();
        adapter.Adapter.Driver.Tell(OidsGoOn.Instance, null);
        adapter.Adapter.Indicate(NdisStatus.ResetEnd, null);
        if (operation.Outcome == NdisStatus.HardErrors && adapter.Remove(HaltAction.DeviceFailed))
            stack.Want(LifeOperationKind.Remove, adapter.Adapter);
        return true;
    }

    private bool Hold(LifeOperation operation, bool isHeld)
    {
        operation.Step.Binding!.IsHeld = isHeld;
        return Ask(operation) is not null;
    }

    /// <summary>The protocol says what it wants of an adapter, and may offload from then on (CAP-09).</summary>
    private bool Negotiate(LifeOperation operation)
    {
        LifeStep step = operation.Step;
        bool mayAsk = BindingLifecycle.AsksOids(step.Binding!.State)
            && AdapterLifecycle.TakesOids(step.Adapter!.State) && !step.Adapter.Current.IsRemoved
            && step.Binding.Lower.CanBeAsked(step.Adapter);
        if (!mayAsk)
            return true;
        // Whoever lost it on the way may need his time to come back: not at once.
        if (operation.FailedAt is { } then && !IsOver(then, stack.Settings.LifeInterval))
            return false;
        operation.FailedAt = null;
        if (Ask(operation) == NdisStatus.Failure)
        {
            operation.AskAgain();
            operation.FailedAt = stack.Now;
        }
        return operation.Answer is not null || step.IsDown;
    }
}
