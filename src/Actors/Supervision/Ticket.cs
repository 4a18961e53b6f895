using ChimneyActors.Buffers;
using ChimneyActors.Ndis;

namespace ChimneyActors.Supervision;

/// <summary>What a landed parcel reports to whoever posted it.</summary>
/// <param name="Operation">What was asked.</param>
/// <param name="Status">Final status.</param>
/// <param name="Bytes">Bytes acknowledged or placed.</param>
/// <param name="BroughtHome">Whether no driver executed it.</param>
/// <param name="Block">The block of a state operation.</param>
internal readonly record struct Landed(
    OffloadOperation Operation, NdisStatus Status, long Bytes, bool BroughtHome, OffloadBlock? Block);

/// <summary>The promise behind one request. Answered once, by whoever lands the parcel, on that thread.</summary>
internal abstract class Ticket
{
    private int _answered;

    /// <summary>Answers, unless it was answered before.</summary>
    public bool TryAnswer(in Landed landed)
    {
        if (Interlocked.Exchange(ref _answered, 1) != 0)
            return false;
        OnAnswered(landed);
        return true;
    }

    /// <summary>Tells whoever waits. Must not block; what it throws is logged and goes no further.</summary>
    protected abstract void OnAnswered(in Landed landed);
}

/// <summary>Something a user told a binding. It has no custody yet; if it is lost, it must answer for itself.</summary>
internal interface IBindingCommand : Akka.Actor.INoSerializationVerificationNeeded
{
    /// <summary>The binding died, or is gone, before it took the command up.</summary>
    void Lost();
}
