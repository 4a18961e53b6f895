using System.Net.Sockets;
using ChimneyActors.Embedding;

namespace ChimneyActors.Node.Serve;

/// <summary>Sends back what it receives, out of the same memory.</summary>
internal sealed class EchoSession(long id, Socket socket, ServiceContext service) : ServiceSession(id, socket, service)
{
    /// <inheritdoc/>
    protected override void OnData(ReceivedData data)
    {
        if (!Send(data.Memory, data))
            data.Return();
    }

    /// <inheritdoc/>
    protected override void OnEndOfData() => Finish();
}
