using System.Net.Sockets;
using ChimneyActors.Embedding;

namespace ChimneyActors.Cluster.Adapters;

/// <summary>A connection that a host has on this node, over all its offloads.</summary>
internal sealed class AdapterSocket(ulong number, Socket socket)
{
    /// <summary>Its number on the link.</summary>
    internal ulong Number => number;

    /// <summary>Where its streams stand; null while it is offloaded, and when it is gone.</summary>
    internal UploadResult? Place { get; set; } = new(socket, default, default, false);

    /// <summary>The offload that has it.</summary>
    internal AdapterOffload? Offload { get; set; }

    /// <summary>An offload that waits until the one before it has given the socket back.</summary>
    internal Action? WaitsForPlace { get; set; }

    /// <summary>Whether nobody wants it any more.</summary>
    internal bool IsDropped { get; set; }

    /// <summary>Ends it. Data that nobody can finish any more is aborted, not cut off with an orderly FIN.</summary>
    internal void Close()
    {
        if (Place is not { Socket: { } at } place)
            return;
        Place = null;
        if (!place.FinSent || place.Positions.Acknowledged < place.Positions.Accepted)
            Reset(at);
        at.Dispose();
    }

    /// <summary>Ends a socket with a RST, as far as it is not closed.</summary>
    internal static void Reset(Socket socket)
    {
        try
        {
            socket.LingerState = new LingerOption(true, 0);
        }
        catch (Exception gone) when (gone is SocketException or ObjectDisposedException)
        {
            // Reset by the peer already.
        }
    }
}
