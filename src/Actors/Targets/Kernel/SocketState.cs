using System.Net;
using System.Net.Sockets;
using ChimneyActors.Ndis;

namespace ChimneyActors.Targets.Kernel;

/// <summary>The const and the cached state of a connection, as options of its socket.</summary>
internal static class SocketState
{
    private const int LevelSocket = 1;
    private const int LevelTcp = 6;
    private const int OptionPriority = 12;          // SO_PRIORITY
    private const int OptionUserTimeout = 18;       // TCP_USER_TIMEOUT, milliseconds; 0 for the kernel's own count
    private const int ForEver = int.MaxValue;

    /// <summary>What never changes.</summary>
    internal static TcpOffloadStateConst Const(Socket socket, in TcpInfo info) => new()
    {
        Timestamps = info.Timestamps,
        SelectiveAck = info.SelectiveAck,
        WindowScaling = info.WindowScaling,
        LocalPort = (socket.LocalEndPoint as IPEndPoint)?.Port ?? 0,
        RemotePort = (socket.RemoteEndPoint as IPEndPoint)?.Port ?? 0,
        SendWindowScale = info.WindowScales & 0xF,
        ReceiveWindowScale = info.WindowScales >> 4,
        RemoteMss = (int)info.SendMss,
    };

    /// <summary>What the host may change.</summary>
    internal static TcpOffloadStateCached Read(Socket socket) => new()
    {
        KeepAlive = Get(socket, SocketOptionLevel.Socket, SocketOptionName.KeepAlive) != 0,
        Nagle = !socket.NoDelay,
        ReceiveWindowBytes = socket.ReceiveBufferSize,
        KeepAliveProbesMax = Get(socket, SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveRetryCount),
        KeepAliveTimeout = Seconds(Get(socket, SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveTime)),
        KeepAliveInterval = Seconds(Get(socket, SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveInterval)),
        MaxRT = GetRaw(socket, LevelTcp, OptionUserTimeout) is var most && most == ForEver
            ? Timeout.InfiniteTimeSpan
            : TimeSpan.FromMilliseconds(most),
        TimeToLive = socket.Ttl,
        TypeOfService = IsV6(socket)
            ? null
            : Get(socket, SocketOptionLevel.IP, SocketOptionName.TypeOfService),
        UserPriority = GetRaw(socket, LevelSocket, OptionPriority),
    };

    /// <summary>Takes new values of the host.</summary>
    /// <exception cref="SocketException">The kernel refuses one; those before it are in effect.</exception>
    internal static void Write(Socket socket, TcpOffloadStateCached change)
    {
        WriteKeepAlive(socket, change);
        if (change.Nagle is { } nagle)
            socket.NoDelay = !nagle;
        if (change.ReceiveWindowBytes is { } bytes)
            socket.ReceiveBufferSize = bytes;
        if (change.MaxRT is { } most)
            SetRaw(socket, LevelTcp, OptionUserTimeout,
                most == Timeout.InfiniteTimeSpan ? ForEver : (int)Math.Min(ForEver, most.TotalMilliseconds));
        if (change.TimeToLive is { } hops)
            socket.Ttl = (short)hops;
        if (change.TypeOfService is { } service)
            Set(socket, SocketOptionLevel.IP, SocketOptionName.TypeOfService, service);
        if (change.UserPriority is { } priority)
            SetRaw(socket, LevelSocket, OptionPriority, priority);
    }

    private static void WriteKeepAlive(Socket socket, TcpOffloadStateCached change)
    {
        if (change.KeepAliveTimeout is { } timeout)
            Set(socket, SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveTime, WholeSeconds(timeout));
        if (change.KeepAliveInterval is { } interval)
            Set(socket, SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveInterval, WholeSeconds(interval));
        if (change.KeepAliveProbesMax is { } probes)
            Set(socket, SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveRetryCount, Math.Min(probes, 127));
        bool isOn = Get(socket, SocketOptionLevel.Socket, SocketOptionName.KeepAlive) != 0;
        if (change.RestartKeepAlive && isOn && change.KeepAlive is null)
            Set(socket, SocketOptionLevel.Socket, SocketOptionName.KeepAlive, 0);   // on again, its timer starts anew
        if (change.KeepAlive ?? (change.RestartKeepAlive && isOn))
            Set(socket, SocketOptionLevel.Socket, SocketOptionName.KeepAlive, 1);
        else if (change.KeepAlive == false)
            Set(socket, SocketOptionLevel.Socket, SocketOptionName.KeepAlive, 0);
    }

    private static bool IsV6(Socket socket) => socket.AddressFamily == AddressFamily.InterNetworkV6;

    private static TimeSpan Seconds(int count) => TimeSpan.FromSeconds(count);

    private static int WholeSeconds(TimeSpan time) => (int)Math.Ceiling(time.TotalSeconds);

    private static int Get(Socket socket, SocketOptionLevel level, SocketOptionName name) =>
        (int)socket.GetSocketOption(level, name)!;

    private static void Set(Socket socket, SocketOptionLevel level, SocketOptionName name, int value) =>
        socket.SetSocketOption(level, name, value);

    private static int GetRaw(Socket socket, int level, int option)
    {
        Span<byte> value = stackalloc byte[sizeof(int)];
        socket.GetRawSocketOption(level, option, value);
        return BitConverter.ToInt32(value);
    }

    private static void SetRaw(Socket socket, int level, int option, int value) =>
        socket.SetRawSocketOption(level, option, BitConverter.GetBytes(value));
}
