using System.Net.Sockets;
using ChimneyActors.Embedding;
using ChimneyActors.Node.Hosting;

namespace ChimneyActors.Node.Relay;

/// <summary>Serves one side of the relay's pairs: at the offload target alone, or as a host that chooses.</summary>
/// <param name="chimney">The stack.</param>
/// <param name="name">The binding of this side.</param>
/// <param name="policy">What is offloaded; null for everything, at once.</param>
internal sealed class RelayHost(Chimney chimney, string name, OffloadPolicy? policy) : IDisposable
{
    private readonly Binding _offload = chimney.Binding(name);
    private readonly HostStack? _host = policy is null
        ? null
        : new HostStack(chimney.Binding(Adapters.HostOf(name)), chimney.Binding(name), policy);

    /// <summary>How it stands; null if there is no choice.</summary>
    public HostCounts? Counts => _host?.Counts;

    /// <summary>Serves a connection.</summary>
    public Task<ResilientConnection> OpenAsync(Socket socket, IConnectionUser user, int affinity) => _host is null
        ? ResilientConnection.OpenAsync(_offload, socket, user, affinity)
        : _host.OpenAsync(socket, user, affinity);

    /// <inheritdoc/>
    public void Dispose() => _host?.Dispose();
}
