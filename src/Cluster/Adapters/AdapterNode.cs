using System.Net;
using System.Net.Sockets;
using ChimneyActors.Cluster.Wire;
using ChimneyActors.Embedding;

namespace ChimneyActors.Cluster.Adapters;

/// <summary>What all links of one adapter share: the stack below, the way to connect, and how many connections there
/// are.</summary>
/// <param name="binding">Of the node's own stack.</param>
/// <param name="connect">Connects a socket that the stack's target can take.</param>
/// <param name="connectionsMax">Connections of all hosts.</param>
internal sealed class AdapterNode(
    Binding binding, Func<IPEndPoint, CancellationToken, Task<Socket>> connect, int connectionsMax)
{
    private int _connections;
    private int _isDraining;

    internal Binding Binding => binding;

    /// <summary>Connections now, those that are being connected included.</summary>
    internal int Connections => Volatile.Read(ref _connections);

    /// <summary>Whether no new connection is taken any more.</summary>
    internal bool IsDraining => Volatile.Read(ref _isDraining) != 0;

    /// <summary>As hosts are told.</summary>
    internal Load Load => new()
    {
        Connections = (uint)Connections,
        ConnectionsMax = (uint)connectionsMax,
        Draining = IsDraining,
    };

    internal void Drain() => Volatile.Write(ref _isDraining, 1);

    internal Task<Socket> ConnectAsync(IPEndPoint remote, CancellationToken cancellation) =>
        connect(remote, cancellation);

    /// <summary>Makes room for one more; false if there is none.</summary>
    internal bool TryAdd()
    {
        if (IsDraining)
            return false;
        if (Interlocked.Increment(ref _connections) <= connectionsMax)
            return true;
        Interlocked.Decrement(ref _connections);
        return false;
    }

    /// <summary>One is gone.</summary>
    internal void Remove() => Interlocked.Decrement(ref _connections);
}
