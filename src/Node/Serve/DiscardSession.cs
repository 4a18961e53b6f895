using System.Net.Sockets;
using ChimneyActors.Embedding;

namespace ChimneyActors.Node.Serve;

/// <summary>Receives and forgets.</summary>
internal sealed class DiscardSession(long id, Socket socket, ServiceContext service)
    : ServiceSession(id, socket, service)
{
    /// <inheritdoc/>
    protected override void OnData(ReceivedData data) => data.Return();

    /// <inheritdoc/>
    protected override void OnEndOfData() => Finish();
}
