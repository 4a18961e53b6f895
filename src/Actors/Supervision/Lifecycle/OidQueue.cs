using ChimneyActors.Buffers;
using ChimneyActors.Ndis;

namespace ChimneyActors.Supervision.Lifecycle;

/// <summary>The control requests of what is plugged in: one at the target at a time, the others wait. Outlives the
/// driver in front of it.</summary>
/// <remarks>The parcels are parked by the driver, and the driver's own; which of them the target is at, and since when,
/// is known here, because the target may finish it long after that driver's death.</remarks>
internal sealed class OidQueue
{
    private OidBlock? _atTarget;
    private Claim _claim;
    private long _since;

    /// <summary>What waits, and in front of it what the target is at.</summary>
    public Holdings Waiting { get; } = new();

    /// <summary>Whether the target is at one.</summary>
    public bool IsBusy => Volatile.Read(ref _atTarget) is not null;

    /// <summary>Since when the target has been at it, in ticks of the stack's clock; 0 if it is at none.</summary>
    public long Since => IsBusy ? Volatile.Read(ref _since) : 0;

    /// <summary>Gives the target the next one.</summary>
    /// <returns>Its answer; PENDING if it will complete it later.</returns>
    public NdisStatus Ask(OidBlock block, IOffloadAdapter target, long now)
    {
        _claim = block.Claim();
        Volatile.Write(ref _since, now);
        Volatile.Write(ref _atTarget, block);   // before asking: the target may complete from inside
        NdisStatus status;
        try
        {
            status = target.Request(block);
        }
        catch (Exception)
        {
            Volatile.Write(ref _atTarget, null);
            throw;
        }
        if (status != NdisStatus.Pending)
            Interlocked.CompareExchange(ref _atTarget, null, block);
        return status;
    }

    /// <summary>The target has done what it was at. From any thread.</summary>
    /// <returns>False: it was not at it.</returns>
    public bool TryFinish(OidBlock block, out Claim claim)
    {
        claim = _claim;
        return Interlocked.CompareExchange(ref _atTarget, null, block) == block;
    }

    /// <summary>After a reset the target knows nothing of it any more.</summary>
    public void Forget() => Volatile.Write(ref _atTarget, null);
}

/// <summary>To a miniport: the target is free for the next control request.</summary>
internal sealed class OidsGoOn : Akka.Actor.INoSerializationVerificationNeeded
{
    public static readonly OidsGoOn Instance = new();
}
