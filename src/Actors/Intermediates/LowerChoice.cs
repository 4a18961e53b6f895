using ChimneyActors.Buffers;
using ChimneyActors.Ndis;
using ChimneyActors.Supervision;
using ChimneyActors.Supervision.Lifecycle;

namespace ChimneyActors.Intermediates;

/// <summary>Says which of several drivers below gets a new connection. The connection stays there to its end: all its
/// later requests follow it (IM-16).</summary>
/// <remarks>One object for all lives of the driver; asked by one thread at a time.</remarks>
public abstract class LowerChoice
{
    /// <summary>Chooses.</summary>
    /// <param name="upper">Name of the driver above that the initiate comes from.</param>
    /// <param name="block">What is to be offloaded.</param>
    /// <param name="lowers">The drivers below, in the order in which they were named.</param>
    /// <returns>Index of one of them. If the binding to it is not at work now, the initiate fails with
    /// FAILURE.</returns>
    protected internal abstract int Choose(string upper, OffloadBlock block, IReadOnlyList<LowerDriver> lowers);
}

/// <summary>A driver below, in one moment.</summary>
/// <param name="Name">Its name in the stack.</param>
/// <param name="IsThere">Whether it is at work, and so is all that it needs down to an adapter.</param>
/// <param name="Connections">Connections on the adapters that it stands over.</param>
public readonly record struct LowerDriver(string Name, bool IsThere, int Connections);

/// <summary>The drivers below one, and how it chooses among them.</summary>
internal sealed class Lowers
{
    private readonly BindingNode[] _bindings = [];
    private readonly Edge[] _edges;
    private readonly LowerChoice? _choice;

    /// <summary>Below there is one driver, and no choice.</summary>
    public Lowers(Edge only) => _edges = [only];

    /// <summary>The bindings to what is below.</summary>
    public Lowers(BindingNode[] bindings, LowerChoice? choice)
    {
        _bindings = bindings;
        _edges = [.. bindings.Select(binding => binding.Lower.Driver)];
        _choice = choice;
    }

    /// <summary>The one that gets a new connection; null if the binding to it is not at work. What goes over one that
    /// is paused already, nobody takes back for the pause of its adapter (LIFE-05).</summary>
    public Edge? For(InitiateOffload initiate)
    {
        if (_edges.Length == 1 || _choice is null)
            return IfAtWork(0);
        LowerDriver[] seen = [.. _bindings.Select(binding =>
            new LowerDriver(binding.Lower.Name, binding.IsThere, binding.Lower.Connections))];
        ContextOwner upper = initiate.Block.Frames.Top.Driver;
        int chosen = _choice.Choose(upper.Name, initiate.Block, seen);
        return (uint)chosen < (uint)seen.Length
            ? IfAtWork(chosen)
            : throw new InvalidOperationException(
                $"{_choice.GetType().Name} chose {chosen} of {seen.Length} drivers: must be 0 to {seen.Length - 1}.");
    }

    /// <summary>One that only wants nothing new is: it queues what was on its way (STS-02).</summary>
    private Edge? IfAtWork(int index) =>
        _bindings.Length == 0 || BindingLifecycle.Offloads(_bindings[index].State) ? _edges[index] : null;
}
