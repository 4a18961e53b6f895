using System.Globalization;
using System.Net;
using System.Net.Sockets;
using ChimneyActors.Bench.Measuring;

namespace ChimneyActors.Bench.Kernel;

/// <summary>The other side of every connection: a process that echoes on one port and discards on another.</summary>
/// <param name="EchoPort">On all of the addresses.</param>
/// <param name="DiscardPort">On all of the addresses.</param>
internal sealed record Peer(int EchoPort, int DiscardPort)
{
    /// <summary>So many loopback addresses, from 127.0.0.1 on: local ports are counted for each.</summary>
    public const int Addresses = 32;

    private readonly IPEndPoint[] _echo = EndPoints(EchoPort);
    private readonly IPEndPoint[] _discard = EndPoints(DiscardPort);
    private int _next;

    /// <summary>Where to connect to next.</summary>
    public IPEndPoint Next(bool echo)
    {
        int address = Interlocked.Increment(ref _next) & (Addresses - 1);
        return (echo ? _echo : _discard)[address];
    }

    /// <summary>One of the addresses.</summary>
    /// <param name="index">From 0.</param>
    public static IPAddress Address(int index) => new([127, 0, 0, (byte)(1 + index)]);

    private static IPEndPoint[] EndPoints(int port) =>
        [.. Enumerable.Range(0, Addresses).Select(index => new IPEndPoint(Address(index), port))];

    /// <summary>A connected socket.</summary>
    public async Task<Socket> ConnectAsync(bool echo)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await socket.ConnectAsync(Next(echo)).ConfigureAwait(false);
        return socket;
    }

    /// <summary>Reads the ports that a peer's process says first.</summary>
    public static async Task<Peer> OfAsync(Child process)
    {
        string line = await process.Output.ReadLineAsync().ConfigureAwait(false)
            ?? throw new BenchException("the peer's process ended before it listened");
        int[] ports = [.. line.Split(' ').Select(word => int.Parse(word, CultureInfo.InvariantCulture))];
        return new Peer(ports[0], ports[1]);
    }
}
