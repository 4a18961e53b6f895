using System.Collections.Concurrent;
using ChimneyActors.Buffers;
using ChimneyActors.Ndis;
using ChimneyActors.Supervision;
using ChimneyActors.Supervision.Lifecycle;

namespace ChimneyActors.Embedding;

/// <summary>What becomes of a driver that breaks the rules, where more than a report is wanted: after so many breaches
/// it is taken out of work as one that has failed, in good order. Whoever depends on it gets his connections back, and
/// nobody else notices.</summary>
/// <remarks>From any thread: a breach is found on whatever thread somebody is brought home, and there nothing may be
/// done but to ask. A driver that was started again by hand begins anew.</remarks>
internal sealed class Discipline(DriverStack stack, Action<string> onStopped)
{
    private readonly ConcurrentDictionary<string, int> _breaches = new();

    /// <summary>A breach was found. Breaches of the host, or of a connection's own actor, have no driver to
    /// stop.</summary>
    public void Hear(Violation violation)
    {
        if (!stack.Settings.StopsBreakers)
            return;
        int count = _breaches.AddOrUpdate(violation.Driver, 1, static (_, before) => before + 1);
        if (count <= stack.Settings.BreachesMax)
            return;
        AdapterNode? adapter = stack.Life.Adapters.Find(node => node.Name == violation.Driver);
        bool isAsked = adapter is not null
            ? Stop(adapter)
            : Stop(stack.Life.Bindings.Find(node => node.Owner is null && node.Driver.Name == violation.Driver));
        if (!isAsked)
            return;
        _breaches.TryRemove(violation.Driver, out _);
        onStopped($"Driver {violation.Driver} is stopped after {count} breaches, the last of them {violation}");
    }

    /// <summary>A target is not trusted to pause: it is taken as pulled out. A virtual adapter is halted.</summary>
    private bool Stop(AdapterNode adapter)
    {
        if (adapter.State == AdapterState.Halted)
            return false;
        if (!adapter.IsVirtual && !adapter.Current.Remove(HaltAction.DeviceFailed))
            return false;       // it is on its way out
        LifeOperationKind kind = adapter.IsVirtual ? LifeOperationKind.Halt : LifeOperationKind.Remove;
        stack.Want(kind, adapter, reason: HaltAction.DeviceFailed);
        return true;
    }

    private bool Stop(BindingNode? binding)
    {
        if (binding is null or { State: BindingState.Unbound })
            return false;
        binding.IsWanted = false;
        stack.Want(LifeOperationKind.Unbind, null, binding);
        return true;
    }
}
