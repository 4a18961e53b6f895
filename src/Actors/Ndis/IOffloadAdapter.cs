using ChimneyActors.Buffers;

namespace ChimneyActors.Ndis;

/// <summary>What a target may do beyond its connections: the life of the adapter itself. A target that is no
/// <see cref="IOffloadAdapter"/> has nothing to do there, and every answer below is what is taken for its.</summary>
/// <remarks>
/// Called by the miniport's driver, one call at a time. A call that comes again (the driver died over it) must do no
/// harm. Order: initialise, then restart and pause in turns, halt; a halt comes only when nothing of the adapter is out
/// (LIFE-06). A layer around a target hands all of it on.
/// <para>Source: nc-ndis-miniport_pause.md, nc-ndis-miniport_restart.md, nc-ndis-miniport_reset.md,
/// nc-ndis-miniport_halt.md, nc-ndis-miniport_device_pnp_event_notify.md, nc-ndis-miniport_check_for_hang.md.</para>
/// </remarks>
public interface IOffloadAdapter : IOffloadTarget
{
    /// <summary>Makes the adapter ready; afterwards it is paused.</summary>
    /// <param name="upcalls">How it speaks up, until its halt.</param>
    /// <returns>SUCCESS, FAILURE or RESOURCES; without success there is no adapter.</returns>
    NdisStatus Initialize(IAdapterUpcalls upcalls) => NdisStatus.Success;

    /// <summary>Goes to work; initiates may come as soon as it has succeeded.</summary>
    /// <returns>SUCCESS, PENDING (then <see cref="IAdapterUpcalls.RestartComplete"/> once), RESOURCES or FAILURE: then
    /// it is paused again.</returns>
    NdisStatus Restart() => NdisStatus.Success;

    /// <summary>Stops working. Every connection was taken back before. Cannot fail (LIFE-01).</summary>
    /// <returns>SUCCESS, or PENDING: then <see cref="IAdapterUpcalls.PauseComplete"/> once.</returns>
    NdisStatus Pause() => NdisStatus.Success;

    /// <summary>Starts its hardware anew; its state in the life cycle stays (LIFE-08). What it lost it says for each
    /// connection: Retrieve(HardwareFailure), Abort, everything outstanding with REQUEST_ABORTED (EVT-24).</summary>
    /// <returns>SUCCESS, SOFT_ERRORS, HARD_ERRORS, RESET_IN_PROGRESS, or PENDING: then
    /// <see cref="IAdapterUpcalls.ResetComplete"/> once.</returns>
    NdisStatus Reset() => NdisStatus.Success;

    /// <summary>It was pulled out. What it cannot keep it aborts as in a reset; what it can still give back
    /// <see cref="IOffloadTarget.Sever"/> asks for.</summary>
    void SurpriseRemoved()
    {
    }

    /// <summary>The end. Nothing is asked afterwards, and nothing may be said. A target that is disposable is disposed
    /// of next.</summary>
    void Halt(HaltAction action)
    {
    }

    /// <summary>Whether it hangs, and a reset may help.</summary>
    bool CheckForHang() => false;

    /// <summary>A control request; the next one comes when this one is done.</summary>
    /// <param name="request">A query is answered by <see cref="OidBlock.Answer"/>.</param>
    /// <returns>SUCCESS, NOT_SUPPORTED, INVALID_PARAMETER or FAILURE; or PENDING: then
    /// <see cref="IAdapterUpcalls.OidComplete"/> once.</returns>
    NdisStatus Request(OidBlock request) => NdisStatus.NotSupported;
}

/// <summary>How an adapter speaks up. From any thread; never throws.</summary>
public interface IAdapterUpcalls
{
    /// <summary>The pause that was answered with PENDING has ended.</summary>
    void PauseComplete();

    /// <summary>The restart that was answered with PENDING has ended.</summary>
    /// <param name="status">SUCCESS, RESOURCES or FAILURE.</param>
    void RestartComplete(NdisStatus status);

    /// <summary>A control request that was answered with PENDING is done.</summary>
    /// <param name="request">Which.</param>
    /// <param name="status">As for <see cref="IOffloadAdapter.Request"/>, but PENDING.</param>
    void OidComplete(OidBlock request, NdisStatus status);

    /// <summary>Says something to everybody above. OFFLOAD_PAUSE, OFFLOAD_RESUME and UPLOAD_ALL are carried out
    /// (STS-01, STS-03, STS-05); a resume takes effect when everything was uploaded (STS-06).</summary>
    /// <param name="status">What.</param>
    /// <param name="information">More about it; depends on the status.</param>
    void IndicateStatus(NdisStatus status, object? information = null);

    /// <summary>The reset that was answered with PENDING has ended.</summary>
    /// <param name="status">SUCCESS, SOFT_ERRORS or HARD_ERRORS.</param>
    void ResetComplete(NdisStatus status);
}
