using System.Net.Sockets;
using ChimneyActors.Buffers;
using ChimneyActors.Ndis;

namespace ChimneyActors.Targets.Kernel;

/// <summary>How a connection begins and the five ways it ends.</summary>
internal sealed partial class KernelConnection
{
    private void OnInitiate(InitiateOffload initiate, IOffloadUpcalls upcalls)
    {
        Upcalls = upcalls;
        var claim = new Claim(initiate.Flight.Head, initiate.Flight.Id, upcalls.Holder);
        OffloadBlock block = initiate.Block;
        NdisStatus status = Admission == NdisStatus.Success ? TryBegin(block) : Admission;
        if (status == NdisStatus.Success)
            _phase = Phase.Open;
        else
            LetGo();

        if (!claim.TryComplete(status, 0))
        {
            LetGo();   // somebody ended the journey first: then the socket is still the host's
            return;
        }

        Up.Add(block, upcalls);
        Up.Flush();
        GoOnIfOpen();   // data handed over is delivered only now, after the completion (RIND-09)
    }

    private NdisStatus TryBegin(OffloadBlock block)
    {
        try
        {
            return Begin(block);
        }
        catch (Exception)
        {
            return NdisStatus.Failure;   // a fault here must fail this initiate, and nothing else
        }
    }

    private NdisStatus Begin(OffloadBlock block)
    {
        if (block.Socket is null || KernelSocket.TryTake(block.Socket) is not { } socket)
            return NdisStatus.Failure;
        _socket = socket;
        KernelTcpState state = NativeTcp.TryInfo(socket.Descriptor, out TcpInfo info)
            ? (KernelTcpState)info.State
            : KernelTcpState.Unknown;
        if (!IsLawful(state) || !_table.TryClaim(socket.Handle))
        {
            socket.Release();
            _socket = null;
            return NdisStatus.OffloadConnectionRejected;
        }

        int outstanding = NativeTcp.Unacknowledged(socket.Descriptor);
        if (outstanding < 0)
            return NdisStatus.Failure;
        bool finSent = state is not (KernelTcpState.Established or KernelTcpState.CloseWait);
        _send.Begin(block.Positions.Accepted, finSent);
        _send.SettleFirst(outstanding);
        _receive.Begin(block.Positions.Received, block.BufferedData);
        if (Loop.Register(socket.Descriptor, this) < 0)
            return NdisStatus.OffloadTcpEntries;   // the kernel's limit of watched descriptors
        if (_send.AwaitsPeer)
            Loop.AwaitAck(this);
        _isIPv6 = FourTuple.IsIPv6(block.Socket);
        _isCounted = true;
        Counts.Begin(info);
        return NdisStatus.Success;
    }

    /// <summary>INIT-19.</summary>
    private static bool IsLawful(KernelTcpState state) => state is KernelTcpState.Established
        or KernelTcpState.FinWait1 or KernelTcpState.FinWait2 or KernelTcpState.CloseWait
        or KernelTcpState.Closing or KernelTcpState.LastAck;

    /// <summary>Gives up a connection that did not begin; the socket is as it was.</summary>
    private void LetGo()
    {
        Detach();
        _socket?.Release();
        Leave();
    }

    /// <summary>Our own abort (DISC-05, DISC-08, DISC-31, DISC-33): everything else completes before it does.</summary>
    /// <returns>SUCCESS only if the RST was sent (DISC-14).</returns>
    private NdisStatus Abort()
    {
        if (_send.AwaitsPeer)
            _send.Settle();   // asked before the RST: afterwards the kernel no longer knows
        Detach();
        CountReset();
        _phase = Phase.Aborted;
        int error = NativeTcp.Abort(Descriptor);
        if (error >= 0)
            Counts.CountOutReset();
        EndAll(NdisStatus.RequestAborted);
        return error < 0 ? NdisStatus.RequestAborted : NdisStatus.Success;
    }

    /// <summary>The socket has died: reset by the peer, or given up by the kernel.</summary>
    private void Die()
    {
        _receive.PumpPosted();   // what arrived before the reset still belongs to the posted receives
        if (_send.AwaitsPeer)
            _send.Settle();
        Detach();
        CountReset();
        _phase = Phase.Aborted;
        if (_failure == Errno.BadDescriptor)
            _socket!.Release();
        else if (_failure is not (Errno.ConnectionReset or Errno.Pipe))   // the peer is out of reach (EVT-21)
            Say(TcpOffloadEventType.Retrieve, (long)TcpUploadReason.TimeoutExpiration);
        Say(TcpOffloadEventType.Abort, 0);
        EndAll(NdisStatus.RequestAborted);
    }

    /// <summary>Something of ours threw: this connection is given up, all others go on (EVT-24).</summary>
    internal override void OnFault(Exception fault)
    {
        Detach();
        Phase before = _phase;
        _phase = Phase.Broken;
        if (before is Phase.Open or Phase.Uploading)
        {
            Say(TcpOffloadEventType.Retrieve, (long)TcpUploadReason.HardwareFailure);
            Say(TcpOffloadEventType.Abort, 0);
        }

        EndAll(NdisStatus.RequestAborted);
        if (_terminating is not null)
            FinishTerminate();
        Up.Flush();
    }

    /// <summary>The loop has ended: nobody will ask for this connection any more.</summary>
    internal void Abandon()
    {
        _phase = Phase.Broken;
        EndAll(NdisStatus.RequestAborted);
        if (_terminating is not null)
            FinishTerminate();
        _receive.TakeHeld(Upcalls!);   // for the lists behind it: they go back to their pool
        _socket?.Destroy(reset: true);
        Leave();
        Up.Flush();
    }

    private void OnTerminate(TerminateOffload terminate, IOffloadUpcalls upcalls)
    {
        var claim = new Claim(terminate.Flight.Head, terminate.Flight.Id, upcalls.Holder);
        if (_phase == Phase.Gone || _terminating is { Claim.IsOpen: true })
        {
            Answer(claim, NdisStatus.Failure, upcalls);
            return;
        }

        _terminating = new Terminating(claim, upcalls);
        if (_phase == Phase.Open)
        {
            if (_send.AwaitsPeer)
                _send.Settle();
            Detach();
            _phase = Phase.Uploading;
            EndAll(NdisStatus.UploadInProgress);
        }

        FinishTerminate();
    }

    /// <summary>Gives the connection back as soon as it is known what the host has taken (TERM-06).</summary>
    private void FinishTerminate()
    {
        if (_phase != Phase.Broken && _receive.AwaitsAnswer)
            return;
        (Claim claim, IOffloadUpcalls upcalls) = _terminating!;
        if (_phase == Phase.Gone || !claim.IsOpen)
            return;   // ended by somebody else: what is left waits here to be severed
        var block = (OffloadBlock)claim.Parcel;
        bool alive = _phase == Phase.Uploading;
        block.State = alive ? _socket!.State() : TcpConnectionState.Closed;
        block.FinSent = _send.FinSent;
        block.BufferedData = _receive.TakeHeld(upcalls);
        block.Positions = Positions;
        block.Socket = alive ? _socket!.Socket : null;
        NdisStatus status = _phase == Phase.Broken ? NdisStatus.Failure : NdisStatus.Success;
        if (alive)
            _socket!.Release();
        else
            _socket?.Destroy(reset: _phase == Phase.Broken);
        Leave();
        Answer(claim, status, upcalls);
    }

    private void OnSever(IOffloadUpcalls upcalls)
    {
        bool alive = _phase is Phase.Open or Phase.Uploading;
        if (_send.AwaitsPeer && alive)
            _send.SettleFirst(NativeTcp.Unacknowledged(Descriptor));
        Detach();
        _send.Forget();
        byte[] placed = _receive.CopyPlaced();
        _receive.Forget();
        byte[] held = [.. placed, .. _receive.TakeHeld(upcalls)];
        _receive.ReturnSpare(upcalls);
        TcpConnectionState state = alive ? _socket!.State() : TcpConnectionState.Closed;
        Socket? socket = alive ? _socket!.Socket : null;
        if (alive)
            _socket!.Release();
        else
            _socket?.Destroy(reset: _phase == Phase.Broken);
        Leave();
        Up.Indicate(new Severed(
            Handle, Positions, state, socket, held, _receive.Received - held.Length, _send.FinSent), upcalls);
    }

    private StreamPositions Positions => new(_send.Acknowledged, _send.Accepted, _receive.Received);

    private void EndAll(NdisStatus status)
    {
        _send.EndAll(status);
        _receive.EndAll(status);
    }

    /// <summary>From here on no event of the socket reaches us, and nothing of it is counted.</summary>
    private void Detach()
    {
        if (_socket is null)
            return;
        Loop.Unregister(_socket.Descriptor, this);
        if (_isCounted && NativeTcp.TryInfo(_socket.Descriptor, out TcpInfo info))
            Counts.End(info);
        _isCounted = false;
    }

    /// <summary>Straight from ESTABLISHED or CLOSE_WAIT to CLOSED.</summary>
    private void CountReset()
    {
        if (!_send.FinSent)
            Counts.CountReset();
    }

    /// <summary>From here on nobody finds us.</summary>
    private void Leave()
    {
        _table.Remove(this, _socket?.Handle);
        _phase = Phase.Gone;
        _socket = null;
    }
}
