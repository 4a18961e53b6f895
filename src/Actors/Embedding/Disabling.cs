using ChimneyActors.Buffers;
using ChimneyActors.Ndis;
using ChimneyActors.Protocols;
using ChimneyActors.Supervision;
using ChimneyActors.Supervision.Lifecycle;

namespace ChimneyActors.Embedding;

/// <summary>Before a part of the chimney of an adapter is disabled, the connections that use it are terminated
/// (TERM-26), whatever protocol they are of; meanwhile no new one of that kind is taken.</summary>
internal sealed class Disabling : IDisposable
{
    private readonly DriverStack _stack;
    private readonly AdapterInstance _adapter;
    private readonly TcpTaskOffload _remaining;

    private Disabling(DriverStack stack, AdapterInstance adapter, TcpTaskOffload remaining)
    {
        (_stack, _adapter, _remaining) = (stack, adapter, remaining);
        adapter.Remaining = remaining;
    }

    /// <summary>Takes back what uses what is not to be enabled any more.</summary>
    /// <param name="stack">The stack.</param>
    /// <param name="lower">Whom the protocol is bound to.</param>
    /// <param name="adapter">Which adapter is meant; null for the first.</param>
    /// <param name="information">What is to be enabled.</param>
    /// <returns>To be disposed of when the adapter has answered; null if there is nothing to be done.</returns>
    /// <exception cref="OidException">Not everything came back in time.</exception>
    public static async Task<Disabling?> BeginAsync(
        DriverStack stack, AdapterNode lower, string? adapter, object? information)
    {
        if (information is not TcpTaskOffload remaining || AdapterOf(lower, adapter)?.Current is not { } plugged
            || plugged.Enabled.And(remaining) == plugged.Enabled)
            return null;
        var disabling = new Disabling(stack, plugged, remaining);
        long since = stack.Now;
        while (disabling.TakeBack() is > 0 and var left)
        {
            if (stack.Clock.GetElapsedTime(since, stack.Now) >= stack.Settings.LifeDeadline || stack.Stopping)
            {
                disabling.Dispose();
                throw new OidException(Oid.TcpTaskOffload, NdisStatus.Failure,
                    $"{left} connections that use it have not come back from '{plugged.Adapter.Name}'");
            }
            await Task.Delay(stack.Settings.LifeInterval, stack.Clock).ConfigureAwait(false);
        }
        return disabling;
    }

    /// <summary>The adapter has answered: what it said holds.</summary>
    public void Dispose() => _adapter.Remaining = null;

    /// <returns>How many are left.</returns>
    private int TakeBack()
    {
        int left = 0;
        foreach (ConnectionEntry entry in _stack.Handles.All())
        {
            if (entry.Ended || entry.Layer != OffloadLayer.Tcp || entry.Edge.Route?.Instance != _adapter
                || entry.ProtocolContext is not BindingConnection connection || _remaining.Names(connection.Socket))
                continue;
            left++;
            if (connection is not { IsOffloaded: true, Leaving: false })
                continue;       // an initiate is waited for (INIT-16)
            _stack.Custodian.AskBack(entry, TcpUploadReason.UploadRequested);
            connection.User.TakeBack(TcpUploadReason.UploadRequested);
        }
        return left;
    }

    /// <summary>Where a control request goes (IM-23): to the adapter that it names, or else to the first that is bound.
    /// </summary>
    private static AdapterNode? AdapterOf(AdapterNode node, string? name) => !node.IsVirtual ? node : node.Lowers
        .Where(lower => BindingLifecycle.AsksOids(lower.State) && (name is null || lower.Lower.Name == name
            || lower.Lower.Physical.Any(adapter => adapter.Name == name)))
        .Select(lower => AdapterOf(lower.Lower, name)).FirstOrDefault();
}
