using System.Runtime.InteropServices;

namespace ChimneyActors.Targets.Kernel;

/// <summary>One piece of memory in a gathered send: <c>struct iovec</c>.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct IoVector
{
    internal void* Base;
    internal nuint Length;
}

/// <summary>
/// The system calls on a TCP socket. Each answers zero or a count when it went well, and the error number negated
/// when not, so that no caller reads a thread's last error after something else has overwritten it.
/// </summary>
/// <remarks>
/// Every call that could block asks for <c>MSG_DONTWAIT</c> instead of setting O_NONBLOCK: that flag belongs to the
/// open file, and an uploaded socket must go back to its user as it came.
/// </remarks>
internal static unsafe partial class NativeTcp
{
    private const int MessageDontWait = 0x40;
    private const int MessageNoSignal = 0x4000;
    private const int MessageMore = 0x8000;
    private const int ShutdownWrite = 1;
    private const uint QueryOutQueue = 0x5411;      // SIOCOUTQ
    private const uint QueryInQueue = 0x541B;       // SIOCINQ
    private const int LevelSocket = 1;
    private const int LevelTcp = 6;
    private const int OptionError = 4;              // SO_ERROR
    private const int OptionTcpInfo = 11;           // TCP_INFO

    /// <summary>Reads what has arrived, without waiting.</summary>
    /// <returns>The bytes read, 0 at the end of the stream, or a negated error number.</returns>
    internal static int Receive(int socket, Span<byte> into)
    {
        fixed (byte* start = into)
        {
            nint read = recv(socket, start, (nuint)into.Length, MessageDontWait);
            return read >= 0 ? (int)read : -Marshal.GetLastPInvokeError();
        }
    }

    /// <summary>Gives the kernel as much as it takes, without waiting.</summary>
    /// <returns>The bytes taken, or a negated error number.</returns>
    internal static int Send(int socket, ReadOnlySpan<byte> bytes)
    {
        fixed (byte* start = bytes)
        {
            nint sent = send(socket, start, (nuint)bytes.Length, MessageDontWait | MessageNoSignal);
            return sent >= 0 ? (int)sent : -Marshal.GetLastPInvokeError();
        }
    }

    /// <summary>Gives the kernel as much of several pieces as it takes, in order, without waiting. The memory must not
    /// move while the call runs.</summary>
    /// <param name="socket">The descriptor.</param>
    /// <param name="pieces">Where the pieces are.</param>
    /// <param name="count">How many.</param>
    /// <param name="more">The FIN follows at once, and can travel in the last segment of this data.</param>
    /// <returns>The bytes taken in all, or a negated error number.</returns>
    internal static long SendGathered(int socket, IoVector* pieces, int count, bool more)
    {
        int flags = MessageDontWait | MessageNoSignal | (more ? MessageMore : 0);
        var header = new MessageHeader { Pieces = pieces, PieceCount = (nuint)count };
        nint sent = count == 1      // one piece needs no list of pieces, which the kernel would copy and check
            ? send(socket, (byte*)pieces->Base, pieces->Length, flags)
            : sendmsg(socket, &header, flags);
        return sent >= 0 ? sent : -Marshal.GetLastPInvokeError();
    }

    /// <summary>Sends FIN behind everything already taken; the receive half stays open.</summary>
    internal static int ShutdownSend(int socket) =>
        shutdown(socket, ShutdownWrite) == 0 ? 0 : -Marshal.GetLastPInvokeError();

    /// <summary>Bytes taken by the kernel that the peer has not acknowledged yet, our FIN counting as one.</summary>
    /// <remarks>After the peer's reset the number is still that of the moment of the reset. After <see cref="Abort"/>
    /// it means nothing: ask before.</remarks>
    internal static int Unacknowledged(int socket) => Query(socket, QueryOutQueue);

    /// <summary>Bytes that have arrived and were not read yet.</summary>
    internal static int Unread(int socket) => Query(socket, QueryInQueue);

    /// <summary>The state of the connection; <see cref="KernelTcpState.Unknown"/> when this is no TCP socket.</summary>
    internal static KernelTcpState State(int socket)
    {
        byte state = 0;   // the first byte of struct tcp_info; the kernel copies no more than it is asked for
        uint length = 1;
        return getsockopt(socket, LevelTcp, OptionTcpInfo, &state, &length) == 0
            ? (KernelTcpState)state
            : KernelTcpState.Unknown;
    }

    /// <summary>What the kernel tells of the connection.</summary>
    /// <exception cref="IOException">It tells nothing: this is no TCP socket.</exception>
    internal static TcpInfo Info(int socket) => TryInfo(socket, out TcpInfo info)
        ? info
        : throw new IOException($"The kernel tells nothing of it: errno {Marshal.GetLastPInvokeError()}.");

    /// <summary>The same; false when it tells nothing.</summary>
    internal static bool TryInfo(int socket, out TcpInfo info)
    {
        info = default;
        var length = (uint)sizeof(TcpInfo);
        fixed (TcpInfo* into = &info)
            return getsockopt(socket, LevelTcp, OptionTcpInfo, into, &length) == 0;
    }

    /// <summary>Takes the pending error of the socket: 0 for none, else the error number, not negated. Asking
    /// clears it.</summary>
    internal static int TakeError(int socket)
    {
        int error = 0;
        uint length = sizeof(int);
        return getsockopt(socket, LevelSocket, OptionError, &error, &length) == 0
            ? error
            : Marshal.GetLastPInvokeError();
    }

    /// <summary>Sends RST and forgets everything queued both ways; the descriptor stays open.</summary>
    /// <remarks>Connecting to AF_UNSPEC is how Linux spells it. Closing with linger 0 sends the same segment but takes
    /// the descriptor away from its owner. In LAST_ACK and CLOSING, with all data out, the kernel sends nothing: there
    /// the peer has both given and got its FIN.</remarks>
    internal static int Abort(int socket)
    {
        byte* nowhere = stackalloc byte[16];   // struct sockaddr with family AF_UNSPEC, all zero
        new Span<byte>(nowhere, 16).Clear();
        return connect(socket, nowhere, 16) == 0 ? 0 : -Marshal.GetLastPInvokeError();
    }

    private static int Query(int socket, uint question)
    {
        int answer = 0;
        return ioctl(socket, question, &answer) == 0 ? answer : -Marshal.GetLastPInvokeError();
    }

    [LibraryImport("libc", SetLastError = true)]
    private static partial nint recv(int socket, byte* buffer, nuint length, int flags);

    [LibraryImport("libc", SetLastError = true)]
    private static partial nint send(int socket, byte* buffer, nuint length, int flags);

    [LibraryImport("libc", SetLastError = true)]
    private static partial nint sendmsg(int socket, MessageHeader* message, int flags);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int shutdown(int socket, int how);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int connect(int socket, byte* address, uint length);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int ioctl(int socket, nuint request, int* answer);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int getsockopt(int socket, int level, int option, void* value, uint* length);

    /// <summary><c>struct msghdr</c>.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private struct MessageHeader
    {
        internal void* Name;
        internal uint NameLength;
        internal IoVector* Pieces;
        internal nuint PieceCount;
        internal void* Control;
        internal nuint ControlLength;
        internal int Flags;
    }
}
