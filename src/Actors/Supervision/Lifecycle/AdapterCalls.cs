using ChimneyActors.Buffers;
using ChimneyActors.Ndis;

namespace ChimneyActors.Supervision.Lifecycle;

/// <summary>The target's own part of the steps of its adapter: what it answered PENDING it must complete once (LIFE-01,
/// LIFE-13).</summary>
internal sealed class AdapterCalls(AdapterInstance plugged) : IAdapterUpcalls
{
    private LifeEvent? _pause;
    private LifeEvent? _restart;
    private LifeEvent? _reset;

    /// <summary>The stack, from its first initialise on.</summary>
    public DriverStack? Stack { get; set; }

    /// <inheritdoc/>
    public void PauseComplete() => End(ref _pause, "pause", NdisStatus.Success);

    /// <inheritdoc/>
    public void RestartComplete(NdisStatus status) => End(ref _restart, "restart", status);

    /// <inheritdoc/>
    public void ResetComplete(NdisStatus status) => End(ref _reset, "reset", status);

    /// <inheritdoc/>
    public void OidComplete(OidBlock request, NdisStatus status)
    {
        if (!plugged.Oids.TryFinish(request, out Claim claim))
        {
            Report(VerifierCheck.UnexpectedComplete, $"completed a {request.Oid} that it was not at");
            return;
        }
        Edge driver = plugged.Adapter.Driver;
        if (claim.TryComplete(Allowed(status), 0) && driver.Current is { } now && claim.Holder == now.Holder)
            now.Ref.Tell(OffloadCompletion.Of(request, 1), Akka.Actor.ActorRefs.NoSender);
        // Else the driver died meanwhile, and whoever brought it home has seen to the rest.
        driver.Tell(OidsGoOn.Instance, null);
    }

    /// <inheritdoc/>
    public void IndicateStatus(NdisStatus status, object? information = null)
    {
        if (plugged.State == AdapterState.Halted)
        {
            Report(VerifierCheck.TooEarlyOrLate, $"indicated {status} while it was halted");   // STS-08
            return;
        }
        LifeOperationKind? kind = status switch
        {
            NdisStatus.OffloadPause => LifeOperationKind.OffloadPause,
            NdisStatus.OffloadResume => LifeOperationKind.OffloadResume,
            NdisStatus.UploadAll => LifeOperationKind.UploadAll,
            _ => null,
        };
        if (kind is not { } wanted)
            plugged.Adapter.Indicate(status, information);
        else
            Stack?.Want(wanted, plugged.Adapter);
    }

    /// <summary>A status that is none of a control request is reported, and is a failure (V-05).</summary>
    public NdisStatus Allowed(NdisStatus status)
    {
        if (Settlement.IsAllowed(OffloadOperation.Oid, status))
            return status;
        Report(VerifierCheck.StatusNotAllowed, $"answered a control request with {status}");
        return NdisStatus.Failure;
    }

    /// <summary>Has the target do its part of a step.</summary>
    public void Ask(LifeEvent told, IOffloadAdapter target, HaltAction why)
    {
        switch (told.Step.Kind)
        {
            case LifeStepKind.InitializeAdapter:
                told.Complete(target.Initialize(this));
                break;
            case LifeStepKind.RestartAdapter:
                Ask(ref _restart, told, target.Restart);
                break;
            case LifeStepKind.PauseAdapter:
                Ask(ref _pause, told, () => Surely(target.Pause()));
                break;
            case LifeStepKind.ResetAdapter:
                Ask(ref _reset, told, target.Reset);
                break;
            case LifeStepKind.HaltAdapter:
                target.Halt(why);
                told.Complete(NdisStatus.Success);
                break;
            default:
                told.Complete(NdisStatus.Success);
                break;
        }
    }

    /// <summary>A pause cannot fail (V-19).</summary>
    private NdisStatus Surely(NdisStatus status)
    {
        if (status is NdisStatus.Success or NdisStatus.Pending)
            return status;
        Report(VerifierCheck.CannotFail, $"answered a pause with {status}");
        return NdisStatus.Success;
    }

    private static void Ask(ref LifeEvent? pending, LifeEvent told, Func<NdisStatus> ask)
    {
        // Before asking: the target may complete from inside. Asked again for a fresh driver, it is at it already.
        if (Interlocked.Exchange(ref pending, told) is not null)
            return;
        NdisStatus status;
        try
        {
            status = ask();
        }
        catch (Exception)
        {
            Volatile.Write(ref pending, null);      // the driver dies of it, and a fresh one asks again
            throw;
        }
        if (status != NdisStatus.Pending && Interlocked.Exchange(ref pending, null) is { } now)
            now.Complete(status);
    }

    private void End(ref LifeEvent? pending, string what, NdisStatus status)
    {
        if (Interlocked.Exchange(ref pending, null) is { } told)
            told.Complete(status);
        else
            Report(VerifierCheck.UnexpectedComplete, $"completed a {what} that nobody had asked for");
    }

    private void Report(VerifierCheck check, string what) =>
        Stack?.Ledger.Report(new Violation(check, plugged.Adapter.Name, OffloadHandle.None, 0, default, what));
}
