using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace ChimneyActors.Targets.Kernel;

/// <summary>Opening a connection without waiting. Errors come back negated, as in <see cref="NativeTcp"/>.</summary>
internal static unsafe partial class NativeConnect
{
    private const int Stream = 1;
    private const int NonBlocking = 0x800;      // SOCK_NONBLOCK, and O_NONBLOCK
    private const int CloseOnExec = 0x80000;
    private const int ProtocolTcp = 6;
    private const int SetFlags = 4;             // F_SETFL

    /// <summary>A TCP socket whose calls do not wait; the address family is that of an address.</summary>
    /// <returns>The descriptor, or a negated error number.</returns>
    internal static int Open(SocketAddress remote) => Checked(socket(
        MemoryMarshal.Read<ushort>(remote.Buffer.Span), Stream | NonBlocking | CloseOnExec, ProtocolTcp));

    /// <summary>Begins to connect, or asks how far it came: <see cref="Errno.InProgress"/> and <see
    /// cref="Errno.Already"/> mean that it goes on.</summary>
    internal static int Connect(int descriptor, SocketAddress remote)
    {
        fixed (byte* address = remote.Buffer.Span)
            return Checked(connect(descriptor, address, (uint)remote.Size));
    }

    /// <summary>Makes it a socket as any other: from now on a call of its user may wait.</summary>
    internal static int LetWait(int descriptor) => Checked(fcntl(descriptor, SetFlags, 0));

    /// <summary>The error of the framework for an error number.</summary>
    internal static SocketException ErrorOf(int error) => new((int)(error switch
    {
        Errno.ConnectionRefused => SocketError.ConnectionRefused,
        Errno.ConnectionReset => SocketError.ConnectionReset,
        Errno.TimedOut => SocketError.TimedOut,
        Errno.NetUnreachable => SocketError.NetworkUnreachable,
        Errno.HostUnreachable => SocketError.HostUnreachable,
        Errno.AddressNotAvailable => SocketError.AddressNotAvailable,
        Errno.NoFamily => SocketError.AddressFamilyNotSupported,
        Errno.NotPermitted or Errno.NoAccess => SocketError.AccessDenied,
        Errno.TooManyFiles or Errno.TooManyFilesHere => SocketError.TooManyOpenSockets,
        Errno.NoMemory or Errno.NoBuffers => SocketError.NoBufferSpaceAvailable,
        _ => SocketError.SocketError,
    }));

    private static int Checked(int result) => result >= 0 ? result : -Marshal.GetLastPInvokeError();

    [LibraryImport("libc", SetLastError = true)]
    private static partial int socket(int family, int type, int protocol);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int connect(int socket, byte* address, uint length);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int fcntl(int descriptor, int command, nint argument);
}
