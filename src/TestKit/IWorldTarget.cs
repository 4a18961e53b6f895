using ChimneyActors.Ndis;

namespace ChimneyActors.TestKit;

/// <summary>What is below the stack in a seeded world.</summary>
internal interface IWorldTarget : IDisposable
{
    /// <summary>What the stack is given: one, or several on one network, so that a connection of one can be offloaded
    /// to another.</summary>
    IReadOnlyList<IOffloadTarget> Adapters { get; }

    /// <summary>Whether there is a step to take now.</summary>
    bool CanStep { get; }

    /// <summary>Whether time may pass although there is.</summary>
    bool IsPatient { get; }

    /// <summary>Whether nothing goes wrong by itself any more.</summary>
    bool IsCalm { set; }

    /// <summary>How many severs were not answered in time, or never.</summary>
    int BadSevers { get; }

    /// <summary>Wrong byte counts.</summary>
    Miscounts Miscounts { get; }

    /// <summary>What went wrong here that nobody else can see; null if nothing did.</summary>
    string? Wrong { get; }

    /// <summary>What was done, as far as it is written down.</summary>
    TargetRecord Record { get; }

    /// <summary>Whether an adapter was ever pulled out.</summary>
    bool HasVanished { get; }

    /// <summary>Takes one step, somewhere.</summary>
    void Step();

    /// <summary>An adapter is pulled out.</summary>
    void Vanish();

    /// <summary>A fresh adapter for a place that is empty: on the same network.</summary>
    /// <param name="place">Which, from nought.</param>
    IOffloadTarget Renew(int place);

    /// <summary>The stack will be told that an adapter was pulled out, and loses what it can no longer give
    /// back.</summary>
    void IsPulledOut();

    /// <summary>Speaks up for some connection far more often than it should.</summary>
    void Flood();

    /// <summary>Makes a connection, with the other end of it.</summary>
    /// <param name="number">Of the host that it is for.</param>
    /// <param name="random">What becomes of it.</param>
    /// <param name="drivers">Drivers that a request passes on its way here.</param>
    IWorldPeer Connect(int number, SeededRandom random, int drivers);

    /// <summary>Everything is over at the stack: whatever is still under way arrives.</summary>
    void Finish();
}
