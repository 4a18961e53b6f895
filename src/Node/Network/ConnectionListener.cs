using System.Net;
using System.Net.Sockets;
using ChimneyActors.Node.Verbs;
using Serilog;

namespace ChimneyActors.Node.Network;

/// <summary>Accepts connections, never more at a time than it may.</summary>
internal sealed class ConnectionListener : IDisposable
{
    private static readonly TimeSpan PauseAfterFailure = TimeSpan.FromMilliseconds(100);
    private readonly Socket _socket;
    private readonly SemaphoreSlim _room;

    private ConnectionListener(Socket socket, int connectionsMax)
    {
        _socket = socket;
        _room = new SemaphoreSlim(connectionsMax, connectionsMax);
        Local = (IPEndPoint)socket.LocalEndPoint!;
    }

    /// <summary>Where it really listens.</summary>
    public IPEndPoint Local { get; }

    /// <summary>Starts to listen.</summary>
    /// <param name="address">Where.</param>
    /// <param name="backlog">Connections the kernel keeps ready while none is accepted.</param>
    /// <param name="connectionsMax">The limit; beyond it clients wait in the backlog.</param>
    public static ConnectionListener Bind(ListenAddress address, int backlog, int connectionsMax)
    {
        Socket socket = new(address.EndPoint.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            if (address.EndPoint.Address.Equals(IPAddress.IPv6Any))
                socket.DualMode = true;
            socket.Bind(address.EndPoint);
            socket.Listen(backlog);
            return new ConnectionListener(socket, connectionsMax);
        }
        catch (SocketException e)
        {
            socket.Dispose();
            string lawful = e.SocketErrorCode switch
            {
                SocketError.AddressAlreadyInUse => "the port is in use; choose another, or 0 for any free one",
                SocketError.AccessDenied => "not permitted; choose a port from 1024 up",
                SocketError.AddressNotAvailable => "not an address of this machine",
                _ => VerbLine.OneLine(e.Message),
            };
            throw NodeException.Environment($"cannot listen on {address.EndPoint}", address.Origin, lawful);
        }
    }

    /// <summary>Accepts until told to stop, then takes what the kernel has shaken hands with, and closes.</summary>
    /// <param name="accepted">Takes each socket at once, and calls <see cref="Release"/> when done with it.</param>
    /// <param name="stop">Ends the accepting.</param>
    public async Task RunAsync(Action<Socket> accepted, CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
        {
            try
            {
                await _room.WaitAsync(stop).ConfigureAwait(false);
            }
            catch (OperationCanceledException)
            {
                break;
            }
            if (await AcceptAsync(stop).ConfigureAwait(false) is { } socket)
                accepted(socket);
            else
                _room.Release();
        }
        TakeBacklog(accepted);
        _socket.Dispose();
    }

    /// <summary>One connection ended: there is room for another.</summary>
    public void Release() => _room.Release();

    /// <inheritdoc/>
    public void Dispose() => _socket.Dispose();

    private async Task<Socket?> AcceptAsync(CancellationToken stop)
    {
        try
        {
            return Ready(await _socket.AcceptAsync(stop).ConfigureAwait(false));
        }
        catch (OperationCanceledException)
        {
            return null;
        }
        catch (SocketException e)
        {
            // Out of descriptors, or the client left before we came: neither is a reason to stop listening, and the
            // first would spin without a pause.
            if (e.SocketErrorCode is not SocketError.ConnectionAborted)
            {
                Log.Warning("Accepting on {Address} failed: {Reason}", Local, e.Message);
                await Task.Delay(PauseAfterFailure, CancellationToken.None).ConfigureAwait(false);
            }
            return null;
        }
    }

    private static Socket Ready(Socket socket)
    {
        try
        {
            socket.NoDelay = true;
        }
        catch (SocketException)
        {
            // Reset already; whoever serves it will see.
        }
        return socket;
    }

    // To the client these are open connections; closing the listener would reset them.
    private void TakeBacklog(Action<Socket> accepted)
    {
        try
        {
            while (_socket.Poll(0, SelectMode.SelectRead) && _room.Wait(0))
                accepted(Ready(_socket.Accept()));
        }
        catch (SocketException e)
        {
            Log.Warning("Accepting the last connections on {Address} failed: {Reason}", Local, e.Message);
        }
    }
}
