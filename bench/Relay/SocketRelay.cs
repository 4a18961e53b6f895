using System.Net;
using System.Net.Sockets;

namespace ChimneyActors.Bench.Relay;

/// <summary>The plain rival: what one writes in an afternoon on the framework's sockets. It passes FINs on, and knows
/// nothing of what arrived.</summary>
internal static class SocketRelay
{
    /// <summary>Hidden command of the program: where to listen, where to go.</summary>
    public const string Command = "socket-relay";

    public static async Task<int> RunAsync(string[] words)
    {
        IPEndPoint from = IPEndPoint.Parse(words[0]);
        IPEndPoint to = IPEndPoint.Parse(words[1]);
        using var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(from);
        listener.Listen(4096);
        _ = AcceptAsync(listener, to);
        while (await Console.In.ReadLineAsync().ConfigureAwait(false) is not null)
        {
        }
        return 0;
    }

    private static async Task AcceptAsync(Socket listener, IPEndPoint to)
    {
        while (true)
            _ = ServeAsync(await listener.AcceptAsync().ConfigureAwait(false), to);
    }

    private static async Task ServeAsync(Socket client, IPEndPoint to)
    {
        using Socket one = client;
        using var other = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        (one.NoDelay, other.NoDelay) = (true, true);
        try
        {
            await other.ConnectAsync(to).ConfigureAwait(false);
            await Task.WhenAll(PumpAsync(one, other), PumpAsync(other, one)).ConfigureAwait(false);
        }
        catch (SocketException)
        {
            // One side is gone; both are closed.
        }
    }

    private static async Task PumpAsync(Socket from, Socket to)
    {
        byte[] buffer = new byte[65536];
        while (await from.ReceiveAsync(buffer).ConfigureAwait(false) is var got && got > 0)
            for (int sent = 0; sent < got;)
                sent += await to.SendAsync(buffer.AsMemory(sent, got - sent)).ConfigureAwait(false);
        to.Shutdown(SocketShutdown.Send);
    }
}
