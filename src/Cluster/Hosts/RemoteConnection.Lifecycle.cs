using System.Net.Sockets;
using ChimneyActors.Buffers;
using ChimneyActors.Cluster.Wire;
using ChimneyActors.Ndis;

namespace ChimneyActors.Cluster.Hosts;

/// <summary>How a connection begins and the ways it ends.</summary>
internal sealed partial class RemoteConnection
{
    private void OnInitiate(InitiateOffload initiate, IOffloadUpcalls upcalls)
    {
        Upcalls = upcalls;
        OffloadBlock block = initiate.Block;
        _initiate = new Asked(new Claim(block, initiate.Flight.Id, upcalls.Holder), upcalls);
        if (Admission != NdisStatus.Success)
        {
            NotBegun(Admission);
            return;
        }

        var socket = (RemoteSocket)block.Socket!;
        if (!socket.TryTake())
        {
            NotBegun(NdisStatus.OffloadConnectionRejected);
            return;
        }

        Socket = socket;
        _phase = Phase.Opening;
        AcceptedAtOpen = block.Positions.Accepted;
        _send.Begin(block.Positions, block.FinSent);
        long credit = _receive.Begin(block.Positions.Received, block.BufferedData);
        Number = _link.Add(this);
        var open = new Open { Socket = socket.Number, Window = (ulong)credit };
        if (block.Affinity is { } affinity)
            open.Affinity = affinity;
        Say(new Item { Open = open });
    }

    private void OnOpened(NdisStatus status)
    {
        if (_phase != Phase.Opening)
            return;
        Asked initiate = _initiate!;
        if (status != NdisStatus.Success)
        {
            GiveSocketBack();
            NotBegun(status is NdisStatus.Resources or NdisStatus.OffloadTcpEntries
                or NdisStatus.OffloadConnectionRejected ? status : NdisStatus.Failure);
            return;
        }

        _initiate = null;
        _phase = Phase.Open;
        if (!Up.Complete(initiate.Claim, initiate.Upcalls, NdisStatus.Success, 0))
        {
            LetGo();
            return;
        }

        Up.Flush();     // data is delivered only later (RIND-09)
        _receive.TakeOver(Socket!.TakeUnheard());
    }

    /// <summary>The host keeps it.</summary>
    private void NotBegun(NdisStatus status)
    {
        Asked initiate = _initiate!;
        _initiate = null;
        Leave();
        Up.Complete(initiate.Claim, initiate.Upcalls, status, 0);
        Up.Flush();
    }

    /// <summary>Somebody else ended the initiate: the connection is still the host's, and so is what the adapter
    /// has received meanwhile.</summary>
    private void LetGo()
    {
        _link.TakeBackUnheard(Number, Socket!);
        GiveSocketBack();
        Leave();
    }

    /// <summary>The peer reset the connection, or the adapter lost it. What became of the last sends was said
    /// before.</summary>
    private void OnReset()
    {
        _hasEnded = true;
        if (_phase is not (Phase.Open or Phase.Aborting))
            return;
        if (_phase == Phase.Open)
        {
            _receive.PumpPosted();   // what arrived before the reset still belongs to the posted receives
            Tell(TcpOffloadEventType.Abort, 0);
            _phase = Phase.Aborted;
        }

        EndData(NdisStatus.RequestAborted);
    }

    /// <summary>Our own abort is through (DISC-05, DISC-08, DISC-31, DISC-33): everything else completes before
    /// it does.</summary>
    private void OnAborted(NdisStatus status)
    {
        _hasEnded = true;
        if (_phase is not (Phase.Aborting or Phase.TakingBack))
            return;
        if (_phase == Phase.Aborting)
            _phase = Phase.Aborted;
        EndData(NdisStatus.RequestAborted);
        EndAbort(status == NdisStatus.Success ? status : NdisStatus.RequestAborted);
    }

    private void OnTerminate(TerminateOffload terminate, IOffloadUpcalls upcalls)
    {
        var asked = new Asked(new Claim(terminate.Flight.Head, terminate.Flight.Id, upcalls.Holder), upcalls);
        if (_phase == Phase.Gone || _severedBy is not null || _terminate is { Claim.IsOpen: true })
        {
            Up.Complete(asked.Claim, upcalls, NdisStatus.Failure, 0);
            return;
        }

        _terminate = asked;
        if (_phase is Phase.Open or Phase.Aborting)
        {
            _phase = Phase.TakingBack;
            Say(new Item { TakeBack = new Nothing() });
        }

        FinishTerminate();
    }

    private void OnTakenBack(TakenBack left)
    {
        if (_phase != Phase.TakingBack)
            return;
        if (left.Alive)
        {
            long accepted = AcceptedAtOpen + (long)left.Accepted;
            _send.OnTakenBack(accepted, AcceptedAtOpen + left.Acknowledged, left.FinSent);
        }

        _phase = left.Alive ? Phase.Uploading : _hasEnded ? Phase.Aborted : Phase.Broken;
        if (_severedBy is not null)
        {
            FinishSever(left.Alive);
            return;
        }

        EndData(left.Alive ? NdisStatus.UploadInProgress : NdisStatus.RequestAborted);
        EndAbort(NdisStatus.RequestAborted);
        EndAsked();
        FinishTerminate();
    }

    /// <summary>Gives the connection back as soon as it is known what the host has taken (TERM-06).</summary>
    private void FinishTerminate()
    {
        if (_phase is not (Phase.Aborted or Phase.Uploading or Phase.Broken)
            || (_phase != Phase.Broken && _receive.AwaitsAnswer))
            return;
        (Claim claim, IOffloadUpcalls upcalls) = _terminate!;
        if (!claim.IsOpen)
            return;   // ended by somebody else: what is left waits here to be severed
        EndAsked();
        var block = (OffloadBlock)claim.Parcel;
        bool isAlive = _phase == Phase.Uploading;
        block.State = isAlive ? State : TcpConnectionState.Closed;
        block.FinSent = _send.FinSent;
        block.BufferedData = _receive.TakeHeld();
        block.Positions = Positions;
        block.Socket = isAlive ? Socket : null;
        NdisStatus status = _phase == Phase.Broken ? NdisStatus.Failure : NdisStatus.Success;
        ReleaseSocket(isAlive);
        Leave();
        Up.Complete(claim, upcalls, status, 0);
    }

    private void OnSever(IOffloadUpcalls upcalls)
    {
        if (_phase is Phase.New or Phase.Opening or Phase.Gone || _severedBy is not null)
        {
            if (_phase == Phase.Opening)
                LetGo();
            Up.Indicate(Strays.NothingLeft(Handle), upcalls);
            return;
        }

        _severedBy = upcalls;
        _severedAt = _link.Now;
        _asked.Clear();
        (_abort, _terminate) = (null, null);
        if (_phase is Phase.Open or Phase.Aborting)
        {
            _phase = Phase.TakingBack;
            Say(new Item { TakeBack = new Nothing() });
        }

        if (_phase != Phase.TakingBack)
            FinishSever(_phase == Phase.Uploading);
    }

    /// <summary>Who severs does not wait for long: an adapter out of reach may still come back, or not.</summary>
    internal bool GiveUpSevering(TimeSpan since)
    {
        if (_severedBy is null || _phase != Phase.TakingBack || _severedAt > since)
            return false;
        _phase = Phase.Broken;
        FinishSever(isAlive: false);
        Up.Flush();
        return true;
    }

    /// <summary>Whether somebody waits for it to be severed.</summary>
    internal bool IsSevering => _severedBy is not null && _phase == Phase.TakingBack;

    private void FinishSever(bool isAlive)
    {
        IOffloadUpcalls upcalls = _severedBy!;
        _send.Forget();
        byte[] placed = _receive.CopyPlaced();
        _receive.Forget();
        byte[] held = [.. placed, .. _receive.TakeHeld()];
        _receive.ReturnSpare(upcalls);
        TcpConnectionState state = isAlive ? State : TcpConnectionState.Closed;
        ReleaseSocket(isAlive);
        Leave();
        Up.Indicate(new Severed(Handle, Positions, state, isAlive ? Socket : null, held,
            _receive.Received - held.Length, _send.FinSent), upcalls);
    }

    /// <summary>The link is over, and the adapter with it: surprise removal. The host keeps nothing of the
    /// connection.</summary>
    internal void Vanish()
    {
        Phase before = _phase;
        if (before is Phase.New or Phase.Gone)
            return;     // its initiate is still in the inbox, and is refused there
        _phase = Phase.Broken;
        if (before == Phase.Opening)
        {
            GiveSocketBack();       // an initiate that fails leaves the host its socket, dead though it is
            NotBegun(NdisStatus.OffloadConnectionRejected);     // and there is nothing that could be tried again
            return;
        }

        if (_severedBy is not null)
        {
            FinishSever(isAlive: false);
            Up.Flush();
            return;
        }

        if (before is Phase.Open or Phase.Aborting && _abort is null)
            Tell(TcpOffloadEventType.Abort, 0);
        EndData(NdisStatus.RequestAborted);
        EndAbort(NdisStatus.RequestAborted);
        EndAsked();
        if (_terminate is not null)
            FinishTerminate();
        _receive.ReturnSpare(Upcalls!);
        if (_phase != Phase.Gone)
            Socket!.Dispose();
        _phase = Phase.Gone;    // but not forgotten: the handle is known to be lost until its terminate comes
        Up.Flush();
    }

    /// <summary>Something of ours threw: this connection is given up, all others go on (EVT-24).</summary>
    private void OnFault(Exception fault)
    {
        Phase before = _phase;
        if (before == Phase.Gone)
            return;
        _link.Note(fault);
        if (_initiate is not null)
        {
            if (Socket is not null)
            {
                _link.TakeBackUnheard(Number, Socket);
                GiveSocketBack();
            }

            NotBegun(NdisStatus.Failure);
            return;
        }

        _phase = Phase.Broken;
        Socket!.Dispose();
        if (before is Phase.Open or Phase.Aborting or Phase.TakingBack)
        {
            Tell(TcpOffloadEventType.Retrieve, (long)TcpUploadReason.HardwareFailure);
            Tell(TcpOffloadEventType.Abort, 0);
        }

        EndData(NdisStatus.RequestAborted);
        EndAbort(NdisStatus.RequestAborted);
        EndAsked();
        if (_severedBy is not null)
            FinishSever(isAlive: false);
        else if (_terminate is not null)
            FinishTerminate();
    }

    private StreamPositions Positions => new(_send.Acknowledged, _send.Accepted, _receive.Received);

    /// <summary>As far as it is known on this side.</summary>
    private TcpConnectionState State
    {
        get
        {
            bool isAcknowledged = _send.Acknowledged == _send.Accepted && _send.FinAcknowledged;
            return (_send.FinSent, _receive.PeerFinished) switch
            {
                (false, false) => TcpConnectionState.Established,
                (false, true) => TcpConnectionState.CloseWait,
                (true, false) => isAcknowledged ? TcpConnectionState.FinWait2 : TcpConnectionState.FinWait1,
                (true, true) => isAcknowledged ? TcpConnectionState.TimeWait : TcpConnectionState.Closing,
            };
        }
    }

    private void EndData(NdisStatus status)
    {
        _send.EndAll(status);
        _receive.EndAll(status);
    }

    private void EndAbort(NdisStatus status)
    {
        if (_abort is not { } abort)
            return;
        _abort = null;
        Up.Complete(abort.Claim, abort.Upcalls, status, 0);
    }

    /// <summary>The socket for the host; a dead connection's is closed, as a kernel connection's is.</summary>
    private void ReleaseSocket(bool isAlive)
    {
        if (isAlive)
            GiveSocketBack();
        else
            Socket?.Dispose();
    }

    private void GiveSocketBack() => Socket!.GiveBack();

    /// <summary>From here on nobody finds us.</summary>
    private void Leave()
    {
        _link.Forget(this);
        _phase = Phase.Gone;
    }
}
