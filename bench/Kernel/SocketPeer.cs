using System.Net;
using System.Net.Sockets;

namespace ChimneyActors.Bench.Kernel;

/// <summary>The peer for machines without a C compiler: the same service on the framework's sockets.</summary>
internal static class SocketPeer
{
    /// <summary>Hidden command of the program.</summary>
    public const string Command = "peer";

    public static async Task<int> RunAsync()
    {
        int echo = Listen(isEcho: true);
        Console.WriteLine($"{echo} {Listen(isEcho: false)}");
        while (await Console.In.ReadLineAsync().ConfigureAwait(false) is not null)
        {
        }
        return 0;
    }

    private static int Listen(bool isEcho)
    {
        int port = 0;
        for (int i = 0; i < Peer.Addresses; i++)
        {
            var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            listener.Bind(new IPEndPoint(Peer.Address(i), port));
            listener.Listen(65535);
            port = ((IPEndPoint)listener.LocalEndPoint!).Port;
            _ = AcceptAsync(listener, isEcho);
        }
        return port;
    }

    private static async Task AcceptAsync(Socket listener, bool isEcho)
    {
        while (true)
            _ = ServeAsync(await listener.AcceptAsync().ConfigureAwait(false), isEcho);
    }

    private static async Task ServeAsync(Socket socket, bool isEcho)
    {
        using Socket one = socket;
        one.NoDelay = true;
        byte[] buffer = new byte[isEcho ? 64 : 65536];
        try
        {
            while (await one.ReceiveAsync(buffer).ConfigureAwait(false) is var got && got > 0)
                if (isEcho)
                    await one.SendAsync(buffer.AsMemory(0, got)).ConfigureAwait(false);
        }
        catch (SocketException)
        {
            // The peer reset it: that is one of the endings that are measured.
        }
    }
}
