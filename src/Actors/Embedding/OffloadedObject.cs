using ChimneyActors.Buffers;
using ChimneyActors.Ndis;
using ChimneyActors.Protocols;
using ChimneyActors.Supervision;

namespace ChimneyActors.Embedding;

/// <summary>One offload of a neighbor or path: from its initiate to its terminate. Whoever owns it may begin another
/// one while the connections of this one are still leaving.</summary>
internal sealed class OffloadedObject(HostNetwork network, IHostObject owner) : IStateOwner
{
    /// <summary>Its entry in the stack.</summary>
    public ConnectionEntry? Entry { get; set; }

    /// <summary>Its name.</summary>
    public OffloadHandle Handle => Entry?.Handle ?? OffloadHandle.None;

    /// <summary>The neighbor or path.</summary>
    public IHostObject Owner => owner;

    /// <summary>The neighbor of a path.</summary>
    public OffloadedObject? Parent { get; set; }

    /// <summary>Whether it was invalidated, or lost at the target: it only waits for its terminate.</summary>
    public bool IsBroken { get; set; }

    /// <summary>Whether its adapter was pulled out.</summary>
    public bool IsGone => Entry?.Edge.Route?.Instance.IsRemoved == true;

    /// <summary>A block about it.</summary>
    public OffloadBlock Refer(BlockRole role, OffloadBlock? below = null) => new()
    {
        Layer = owner.Layer,
        Role = role,
        Connection = Handle,
        DependentBlockList = below,
    };

    TimeSpan IStateOwner.AnswerReachability(NeighborOffloadState state) => owner.AnswerReachability(state);

    void IStateOwner.InDoubt() => owner.InDoubt();

    void IStateOwner.Lost() => network.Lost(this);

    void IStateOwner.DependentLeft() => network.DependentLeft(this);
}

/// <summary>A neighbor or path of a host.</summary>
internal interface IHostObject
{
    /// <summary>Which of the two.</summary>
    OffloadLayer Layer { get; }

    /// <summary>The offload that new connections use; null for none.</summary>
    OffloadedObject? Current { get; set; }

    /// <summary>A block that brings its state.</summary>
    OffloadBlock Describe(OffloadBlock? below);

    /// <summary>Answers the target.</summary>
    TimeSpan AnswerReachability(NeighborOffloadState state);

    /// <summary>The target is in doubt.</summary>
    void InDoubt();
}
