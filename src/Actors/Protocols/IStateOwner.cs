using ChimneyActors.Ndis;
using ChimneyActors.Supervision;

namespace ChimneyActors.Protocols;

/// <summary>Who owns an offloaded neighbor or path. Called from any thread; must not block.</summary>
internal interface IStateOwner
{
    /// <summary>Its entry, while it is offloaded.</summary>
    ConnectionEntry? Entry { get; set; }

    /// <summary>How long ago the host heard of the neighbor; zero of one that it does not know to be reachable
    /// (NRQ-07).</summary>
    /// <param name="state">The neighbor as the target has it.</param>
    TimeSpan AnswerReachability(NeighborOffloadState state);

    /// <summary>The target doubts that the neighbor can be reached.</summary>
    void InDoubt();

    /// <summary>What the target had of it is lost, with all that depends on it.</summary>
    void Lost();

    /// <summary>Something that depended on it is the host's again.</summary>
    void DependentLeft();
}

/// <summary>The end of an offload, for whoever owns what it depended on.</summary>
internal static class StateOwner
{
    /// <summary>The name of an object ends.</summary>
    public static void Forget(DriverStack stack, ConnectionEntry entry)
    {
        ConnectionEntry? parent = stack.Forget(entry);
        stack.Life.Nudge();
        (parent?.ProtocolContext as IStateOwner)?.DependentLeft();
    }
}
