using ChimneyActors.Ndis;

namespace ChimneyActors.Targets.Simulated;

/// <summary>Something that is told things from any thread and does them on its driver's, one at a time and in their
/// order.</summary>
internal abstract class SimulatedLane
{
    /// <summary>What was told and not taken yet; guarded by the network's gate, like the two below.</summary>
    internal Queue<(object Message, IOffloadUpcalls? Sender)> Inbox { get; } = new();

    /// <summary>Whether it waits for its turn already.</summary>
    internal bool IsQueued { get; set; }

    /// <summary>Whether it wants a turn though nothing was told.</summary>
    internal bool WantsTurn { get; set; }

    /// <summary>Whether it serves nobody any more: then what was still told is answered at once.</summary>
    internal virtual bool IsGone => false;

    /// <summary>Takes one message.</summary>
    internal abstract void Take(object message, IOffloadUpcalls? sender);

    /// <summary>Does all there is to do in this moment.</summary>
    internal abstract void Run();
}
