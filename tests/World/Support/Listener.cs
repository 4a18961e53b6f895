using ChimneyActors.Embedding;

namespace ChimneyActors.World.Tests.Support;

/// <summary>Returns at once whatever it is given, and remembers it.</summary>
internal sealed class Listener : IConnectionUser
{
    public List<byte> Received { get; } = [];

    public void OnReceived(ReceivedData data)
    {
        Received.AddRange(data.Memory.Span);
        data.Return();
    }

    public void OnPeerClosed()
    {
    }

    public void OnAborted()
    {
    }
}
