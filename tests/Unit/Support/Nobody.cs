using ChimneyActors.Ndis;
using ChimneyActors.Protocols;
using ChimneyActors.Supervision;

namespace ChimneyActors.Unit.Support;

/// <summary>Owns paths and neighbors, and does nothing.</summary>
internal sealed class Nobody : IStateOwner
{
    public ConnectionEntry? Entry { get; set; }

    public TimeSpan AnswerReachability(NeighborOffloadState state) => TimeSpan.Zero;

    public void InDoubt()
    {
    }

    public void Lost()
    {
    }

    public void DependentLeft()
    {
    }
}
