using System.Net.Sockets;

namespace ChimneyActors.Embedding;

/// <summary>Whether a connection needs IPv4 options: then it is not offloaded (INIT-20), because what a target sends
/// has none.</summary>
internal static class IPv4Options
{
    private const int LevelIP = 0;
    private const int Option = 4;           // IP_OPTIONS of Linux: what was set, or what the peer's SYN came with
    private const int LengthMax = 40;

    /// <summary>Asks the socket.</summary>
    public static bool Has(Socket socket)
    {
        try
        {
            Span<byte> options = stackalloc byte[LengthMax];
            return socket.GetRawSocketOption(LevelIP, Option, options) > 0;
        }
        catch (Exception none) when (none is SocketException or ObjectDisposedException)
        {
            return false;       // of IPv6, or gone: the target says so
        }
    }
}
