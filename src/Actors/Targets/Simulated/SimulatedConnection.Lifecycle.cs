using System.Net.Sockets;
using ChimneyActors.Buffers;
using ChimneyActors.Ndis;

namespace ChimneyActors.Targets.Simulated;

/// <summary>How a connection begins and the ways it ends.</summary>
internal sealed partial class SimulatedConnection
{
    private void OnInitiate(InitiateOffload initiate, IOffloadUpcalls upcalls)
    {
        Upcalls = upcalls;
        var claim = new Claim(initiate.Flight.Head, initiate.Flight.Id, upcalls.Holder);
        NdisStatus status = Admission == NdisStatus.Success ? Begin(initiate.Block) : Admission;
        if (status == NdisStatus.Success)
            _phase = Phase.Open;
        else
            Leave();

        if (!claim.TryComplete(status, 0))
        {
            LetGo();   // somebody ended the journey first: then the line is still the host's
            return;
        }

        Up.Add(initiate.Block, upcalls);
        Up.Flush();    // data handed over is delivered only later (RIND-09)
    }

    private NdisStatus Begin(OffloadBlock block)
    {
        if (block.Socket is not { } socket || socket.SafeHandle.IsClosed)
            return NdisStatus.Failure;
        SimulatedLine? line = _target.Network.Find(socket);
        if (line is null || line.Owner is not null || !IsLawful(line.State))
            return NdisStatus.OffloadConnectionRejected;
        if (!block.Parent.IsNone && TakePath(block.Parent, line) is { } refusal)
            return refusal;
        if (line.ReceiveBytesMax > _target.Settings.ReceiveWindowMax)
            return NdisStatus.OffloadTcpRcvWindow;      // INIT-23
        _line = line;
        _path?.Add(this);
        line.Offload(this, _path);
        _send.Begin(block.Positions.Accepted);
        _receive.Begin(block.Positions.Received, block.BufferedData);
        return NdisStatus.Success;
    }

    /// <summary>Finds the path that the connection is linked to.</summary>
    /// <returns>Why it cannot be; null if it can.</returns>
    private NdisStatus? TakePath(OffloadHandle handle, SimulatedLine line)
    {
        if (_target.FindObject(handle) is not SimulatedPath { IsBroken: false } path)
            return NdisStatus.Failure;
        if (!path.Const.SourceAddress.Equals(line.Source) || !path.Const.DestinationAddress.Equals(line.Destination))
            return NdisStatus.OffloadConnectionRejected;
        _path = path;
        return null;
    }

    /// <summary>Its path or neighbor is no longer true, or no more: nothing is sent, and the host must take the
    /// connection back (INV-02, INV-03).</summary>
    internal void LoseWay()
    {
        if (_phase != Phase.Open)
            return;
        Line.Invalidate();
        Say(TcpOffloadEventType.Retrieve, (long)TcpUploadReason.InvalidState);
        Up.Flush();
    }

    /// <summary>INIT-19.</summary>
    private static bool IsLawful(TcpConnectionState state) =>
        state is not (TcpConnectionState.Closed or TcpConnectionState.TimeWait);

    /// <summary>Gives up a connection whose initiate was ended by somebody else.</summary>
    private void LetGo()
    {
        if (_phase == Phase.Open)
            Line.Upload();
        Leave();
    }

    /// <summary>Our own abort (DISC-05, DISC-08, DISC-31, DISC-33): everything else completes before it does.</summary>
    private void Abort()
    {
        _send.Settle();
        Line.Abort();
        _phase = Phase.Aborted;
        EndAll(NdisStatus.RequestAborted);
    }

    /// <summary>The connection has died: reset by the peer, or by silence.</summary>
    private void Die(TcpEventKind failure)
    {
        _receive.PumpPosted();   // what arrived before the reset still belongs to the posted receives
        _phase = Phase.Aborted;
        if (failure == TcpEventKind.SynReceived)    // the peer knows nothing of the connection any more (PKT-04)
            Say(TcpOffloadEventType.Retrieve, (long)TcpUploadReason.InvalidState);
        else if (failure != TcpEventKind.Reset)     // the peer is out of reach (EVT-21, TMR-06)
            Say(TcpOffloadEventType.Retrieve, (long)TcpUploadReason.TimeoutExpiration);
        Say(TcpOffloadEventType.Abort, 0);
        EndAll(NdisStatus.RequestAborted);
    }

    /// <summary>Urgent data is for the host; until it takes the connection back nothing goes on (PKT-03).</summary>
    private void WishForUpload()
    {
        if (!_hasWished)
            Say(TcpOffloadEventType.Retrieve, (long)TcpUploadReason.ReceivedUrgentData);
        _hasWished = true;
        EndForwards(NdisStatus.UploadInProgress);
    }

    /// <summary>There is nothing more to do here: the rest of the time the host can wait (TMR-07).</summary>
    private void MakeRoom()
    {
        if (!_makesRoom)
            Say(TcpOffloadEventType.Retrieve, (long)TcpUploadReason.UploadRequested);
        _makesRoom = true;
    }

    /// <summary>Something of ours threw: this connection is given up, all others go on (EVT-24).</summary>
    private void OnFault(Exception fault)
    {
        Phase before = _phase;
        if (before == Phase.Gone)
            return;
        _phase = Phase.Broken;
        if (before is Phase.Open or Phase.Uploading)
        {
            Say(TcpOffloadEventType.Retrieve, (long)TcpUploadReason.HardwareFailure);
            Say(TcpOffloadEventType.Abort, 0);
        }

        EndAll(NdisStatus.RequestAborted);
        if (_terminating is not null)
            FinishTerminate();
    }

    /// <summary>The adapter was removed: nobody will ask for this connection any more.</summary>
    internal void Vanish()
    {
        Phase before = _phase;
        if (before is Phase.New or Phase.Gone)
            return;     // its initiate is still in the inbox, and is refused there
        _phase = Phase.Broken;
        if (before == Phase.Open)
            Line.Lose();
        if (before is Phase.Open or Phase.Uploading)
            Say(TcpOffloadEventType.Abort, 0);
        EndAll(NdisStatus.RequestAborted);
        if (_terminating is not null)
            FinishTerminate();
        _receive.TakeHeld(Upcalls!);   // for the lists behind it: they go back to their pool
        _receive.ReturnSpare(Upcalls!);
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
            _send.Settle();
            Line.Upload();       // what arrives from here on the host acknowledges and keeps (TERM-17)
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
        block.State = alive ? Line.State : TcpConnectionState.Closed;
        block.FinSent = _send.FinSent;
        block.BufferedData = _receive.TakeHeld(upcalls);
        block.Positions = Positions;
        block.Socket = GiveBack(alive);
        NdisStatus status = _phase == Phase.Broken ? NdisStatus.Failure : NdisStatus.Success;
        Leave();
        Answer(claim, status, upcalls);
    }

    private void OnSever(IOffloadUpcalls upcalls)
    {
        if (_phase is Phase.New or Phase.Gone)
        {
            Up.Flush();
            StrayAnswers.SayNothingLeft(Handle, upcalls);
            return;
        }

        bool alive = _phase is Phase.Open or Phase.Uploading;
        if (_phase == Phase.Open)
        {
            _send.Note();
            Line.Upload();
        }

        _send.Forget();
        _forwards.Clear();
        byte[] placed = _receive.CopyPlaced();
        _receive.Forget();
        byte[] held = [.. placed, .. _receive.TakeHeld(upcalls)];
        _receive.ReturnSpare(upcalls);
        TcpConnectionState state = alive ? Line.State : TcpConnectionState.Closed;
        Socket? socket = GiveBack(alive);
        Leave();
        Up.Indicate(new Severed(
            Handle, Positions, state, socket, held, _receive.Received - held.Length, _send.FinSent), upcalls);
    }

    /// <summary>The socket for the host; a dead connection's is closed, as a kernel connection's is.</summary>
    private Socket? GiveBack(bool alive)
    {
        if (alive)
            return Line.Socket;
        if (_line is not null)
        {
            if (_line.Owner == this)
                _line.Upload();
            _line.Socket.Dispose();
        }

        return null;
    }

    private StreamPositions Positions => new(_send.Acknowledged, _send.Accepted, _receive.Received);

    private void EndAll(NdisStatus status)
    {
        _send.EndAll(status);
        _receive.EndAll(status);
        EndForwards(status);
    }

    /// <summary>From here on nobody finds us.</summary>
    private void Leave()
    {
        _target.Forget(this);
        _path?.Remove(this);
        _phase = Phase.Gone;
    }
}
