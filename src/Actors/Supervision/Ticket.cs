using ChimneyActors.Buffers;
using ChimneyActors.Ndis;

namespace ChimneyActors.Supervision;

/// <summary>What a landed parcel reports to whoever posted it.</summary>
/// <param name="Operation">What was asked.</param>
/// <param name="Status">Final status.</param>
/// <param name="Bytes">Bytes acknowledged or placed.</param>
/// <param name="BroughtHome">Whether no driver executed it.</param>
/// <param name="Block">The block of a state operation.</param>
/// <param name="AtHome">Whether the binding itself landed it: one at a time, and after it was done with the
/// post.</param>
internal readonly record struct Landed(
    OffloadOperation Operation, NdisStatus Status, long Bytes, bool BroughtHome, OffloadBlock? Block,
    bool AtHome = false);

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

    /// <summary>A new promise. Only when nobody has the old one any more.</summary>
    protected void Reopen() => _answered = 0;

    /// <summary>Tells whoever waits. Must not block; what it throws is logged and goes no further.</summary>
    protected abstract void OnAnswered(in Landed landed);
}

/// <summary>Something a user told a binding. It has no custody yet; if it is lost, it must answer for itself.</summary>
internal interface IBindingCommand : Akka.Actor.INoSerializationVerificationNeeded
{
    /// <summary>The binding died, or is gone, before it took the command up.</summary>
    void Lost();

    /// <summary>It is kept where the binding's death does not lose it, or not any more.</summary>
    void Keep(bool isKept);

    /// <summary>Tells it to a binding. The stack says that it is over before it looks for the last time at what is
    /// under way, and hears no dead letters then: what is told to nobody answers for itself.</summary>
    void TellTo(DriverStack stack, Edge binding)
    {
        if (!binding.Tell(this, null) || stack.Stopped)
            Lost();
    }
}
