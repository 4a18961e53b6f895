using System.Net.Sockets;
using ChimneyActors.Ndis;

namespace ChimneyActors.Targets.Kernel;

/// <summary>A user's socket while it is in our keeping: its descriptor, held open against a stray Dispose.</summary>
/// <remarks>If the number could be closed and given out again under us, we would write one user's bytes into another
/// user's connection. So the handle counts us as a user from <see cref="TryTake"/> to <see cref="Release"/>.</remarks>
internal sealed class KernelSocket
{
    private bool _held;

    private KernelSocket(Socket socket)
    {
        Socket = socket;
        Handle = socket.SafeHandle;
    }

    internal Socket Socket { get; }

    internal SafeSocketHandle Handle { get; }

    internal int Descriptor { get; private set; } = -1;

    /// <summary>Its user has disposed of it all the same, and spins until we let go.</summary>
    /// <remarks>The handle does not say so while we hold it; only the socket does, by throwing.</remarks>
    internal bool IsDisposed
    {
        get
        {
            try
            {
                _ = Socket.Available;
                return false;
            }
            catch (ObjectDisposedException)
            {
                return true;
            }
            catch (SocketException)
            {
                return false;
            }
        }
    }

    /// <summary>Takes a socket into keeping; null if it is closed already.</summary>
    internal static KernelSocket? TryTake(Socket socket)
    {
        try
        {
            var taken = new KernelSocket(socket);
            taken.Handle.DangerousAddRef(ref taken._held);
            taken.Descriptor = (int)taken.Handle.DangerousGetHandle();
            return taken;
        }
        catch (ObjectDisposedException)
        {
            return null;
        }
    }

    /// <summary>Ends our keeping; the socket is as it was.</summary>
    internal void Release()
    {
        if (!_held)
            return;
        _held = false;
        Handle.DangerousRelease();
    }

    /// <summary>Ends our keeping and the socket: the connection is gone.</summary>
    /// <param name="reset">It is not gone yet: end it by RST, because its stream is not whole.</param>
    internal void Destroy(bool reset)
    {
        if (_held && reset)
            NativeTcp.Abort(Descriptor);
        Release();
        Socket.Dispose();
    }

    /// <summary>The state in the words of the contract.</summary>
    internal TcpConnectionState State() => NativeTcp.State(Descriptor) switch
    {
        KernelTcpState.Established => TcpConnectionState.Established,
        KernelTcpState.FinWait1 => TcpConnectionState.FinWait1,
        KernelTcpState.FinWait2 => TcpConnectionState.FinWait2,
        KernelTcpState.CloseWait => TcpConnectionState.CloseWait,
        KernelTcpState.Closing => TcpConnectionState.Closing,
        KernelTcpState.LastAck => TcpConnectionState.LastAck,
        KernelTcpState.TimeWait => TcpConnectionState.TimeWait,
        _ => TcpConnectionState.Closed,
    };
}
