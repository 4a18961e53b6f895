using ChimneyActors.Buffers;
using ChimneyActors.Ndis;

namespace ChimneyActors.Targets.Simulated;

/// <summary>One offloaded connection: a line, its two halves, and what may still be asked of it. On the driver's
/// thread only.</summary>
/// <remarks>What is asked only changes queues and flags; the work is done in <see cref="Run"/>, once for all that was
/// asked and that arrived in the same moment.</remarks>
internal sealed partial class SimulatedConnection : SimulatedLane, IPoolWaiter
{
    private readonly SimulatedTarget _target;
    private readonly OutgoingHalf _send;
    private readonly IncomingHalf _receive;
    private SimulatedLine? _line;
    private SimulatedPath? _path;
    private Phase _phase;
    private Terminating? _terminating;
    private bool _hasWished;
    private bool _makesRoom;
    private Fifo<Pending> _forwards;
    internal WayUp Up;                  // a mutable struct: gathers in place

    internal SimulatedConnection(OffloadHandle handle, SimulatedTarget target, int indicationsMax)
    {
        Handle = handle;
        _target = target;
        _send = new OutgoingHalf(this);
        _receive = new IncomingHalf(this, indicationsMax);
    }

    private enum Phase
    {
        /// <summary>The initiate has not been looked at.</summary>
        New,

        /// <summary>Offloaded.</summary>
        Open,

        /// <summary>Reset by either side, or timed out; waits for its terminate.</summary>
        Aborted,

        /// <summary>Given up after a fault of ours; waits for its terminate.</summary>
        Broken,

        /// <summary>The host's again: waits for the answer to an indication.</summary>
        Uploading,

        /// <summary>Given back, severed, or never begun.</summary>
        Gone,
    }

    internal OffloadHandle Handle { get; }

    /// <summary>Set before the initiate is posted: whether there is room.</summary>
    internal NdisStatus Admission { get; set; }

    /// <summary>Who speaks for the connection to the host; null before the initiate.</summary>
    internal IOffloadUpcalls? Upcalls { get; private set; }

    internal SimulatedLine Line => _line!;

    /// <summary>Whether it is here in ESTABLISHED or CLOSE-WAIT.</summary>
    internal bool IsEstablished => _phase == Phase.Open && Line.IsEstablished;

    /// <summary>Whether its adapter has any path.</summary>
    internal bool HasPaths => _target.HasPaths;

    /// <summary>What the host wants of its TCP; null while it has not said so.</summary>
    internal TcpConnectionOffloadParameters? Parameters => _target.Parameters;

    /// <summary>What counts for it.</summary>
    internal SimulatedCounts Counts => _target.CountsOf(Line.Source);

    internal object SendMark => _send.Mark;

    internal object ReceiveMark => _receive.Mark;

    internal override bool IsGone => _phase == Phase.Gone;

    /// <summary>Says something unasked.</summary>
    internal void Say(TcpOffloadEventType type, long information, long streamOffset = 0) =>
        Up.Indicate(new TcpOffloadEvent(Handle, type, information, streamOffset), Upcalls!);

    /// <summary>From any thread: the pool has a list again.</summary>
    public void RoomAgain()
    {
        if (!_target.Post(this, ListAgainSignal.Instance))
            Upcalls!.ReceivePool.PassOn();
    }

    internal override void Take(object message, IOffloadUpcalls? sender)
    {
        try
        {
            TakeOne(message, sender);
            if (_phase == Phase.Open)
                _target.Network.WantTurn(this);
        }
        catch (Exception fault)
        {
            OnFault(fault);
        }

        Up.Flush();
    }

    internal override void Run()
    {
        if (_phase != Phase.Open)
            return;
        try
        {
            TakeForwards();     // they came earlier than what the wire has brought meanwhile
            _send.Push();
            _send.Settle();
            _receive.Pump();
            if (Line.Failure is { } failure)
                Die(failure);
            else if (Line.HasUrgent)
                WishForUpload();
            else if (Line.State == TcpConnectionState.TimeWait)
                MakeRoom();
        }
        catch (Exception fault)
        {
            OnFault(fault);
        }

        Up.Flush();
    }

    private void TakeOne(object message, IOffloadUpcalls? sender)
    {
        switch (message)
        {
            case TcpOffloadSend send: OnSend(send, sender!); break;
            case TcpOffloadReceive receive: OnReceive(receive, sender!); break;
            case TcpOffloadReceiveAccepted or TcpOffloadReceiveRefused or TcpOffloadReceiveReturn:
                OnAnswer((OffloadMessage)message, sender!);
                break;
            case TcpOffloadDisconnect disconnect: OnDisconnect(disconnect, sender!); break;
            case TcpOffloadForward forward: OnForward(forward, sender!); break;
            case InitiateOffload initiate: OnInitiate(initiate, sender!); break;
            case TerminateOffload terminate: OnTerminate(terminate, sender!); break;
            case QueryOffload or UpdateOffload or InvalidateOffload: OnState((OffloadRequest)message, sender!); break;
            case ListAgainSignal: OnListAgain(); break;
            case SeverSignal: OnSever(sender!); break;
            default: throw new InvalidOperationException($"not a message of a connection: {message}");
        }
    }

    private void OnSend(TcpOffloadSend send, IOffloadUpcalls upcalls)
    {
        Parcel? next = send.Flight.Head;
        for (int left = send.Flight.Count; left > 0 && next is not null; left--)
        {
            Parcel parcel = next;
            next = parcel.Next;
            var claim = new Claim(parcel, send.Flight.Id, upcalls.Holder);
            if (Refusal is { } status)
                Answer(claim, status, upcalls);
            else
                _send.Enqueue((NetBufferList)parcel, claim, upcalls, finish: false);
        }
    }

    private void OnReceive(TcpOffloadReceive receive, IOffloadUpcalls upcalls)
    {
        Parcel? next = receive.Flight.Head;
        for (int left = receive.Flight.Count; left > 0 && next is not null; left--)
        {
            Parcel parcel = next;
            next = parcel.Next;
            var claim = new Claim(parcel, receive.Flight.Id, upcalls.Holder);
            if ((Refusal ?? (_receive.EndSaid ? NdisStatus.InvalidState : null)) is { } status)
                Answer(claim, status, upcalls);
            else
                _receive.Enqueue((NetBufferList)parcel, claim, upcalls);
        }
    }

    private void OnForward(TcpOffloadForward forward, IOffloadUpcalls upcalls)
    {
        Parcel? next = forward.Flight.Head;
        for (int left = forward.Flight.Count; left > 0 && next is not null; left--)
        {
            Parcel parcel = next;
            next = parcel.Next;
            var claim = new Claim(parcel, forward.Flight.Id, upcalls.Holder);
            if (Refusal is { } status)
                Answer(claim, status, upcalls);
            else
                _forwards.Enqueue(new Pending(claim, upcalls, PendingKind.Forward, 0, 0));
        }
    }

    /// <summary>Processes forwarded segments like those from the wire, until one of them ends the connection or leaves
    /// it to the host.</summary>
    private void TakeForwards()
    {
        while (_forwards.Count > 0 && Line.Failure is null && !Line.HasUrgent)
        {
            Pending next = _forwards[0];
            _forwards.Dequeue();
            if (!next.Claim.IsOpen)
                continue;
            Line.Take(next.List.FirstNetBuffer);
            Up.Complete(next, NdisStatus.Success, 0);
        }
    }

    private void EndForwards(NdisStatus status)
    {
        for (; _forwards.Count > 0; _forwards.Dequeue())
            Up.Complete(_forwards[0], status, 0);
    }

    private void OnAnswer(OffloadMessage answer, IOffloadUpcalls upcalls)
    {
        switch (answer)
        {
            case TcpOffloadReceiveAccepted accepted:
                _receive.OnAccepted(accepted.Through);
                break;
            case TcpOffloadReceiveRefused refused:
                _receive.OnRefused((NetBufferList)refused.Flight.Head, upcalls);
                break;
            case TcpOffloadReceiveReturn returned:
                _receive.OnReturned(returned.Flight.Count);
                break;
        }

        if (_terminating is not null)
            FinishTerminate();
    }

    private void OnDisconnect(TcpOffloadDisconnect disconnect, IOffloadUpcalls upcalls)
    {
        var claim = new Claim(disconnect.Flight.Head, disconnect.Flight.Id, upcalls.Holder);
        if (Refusal is { } status)
        {
            Answer(claim, status, upcalls);
        }
        else if (disconnect.Kind == DisconnectKind.Graceful)
        {
            _send.Enqueue((NetBufferList)disconnect.Flight.Head, claim, upcalls, finish: true);
        }
        else
        {
            Abort();
            Answer(claim, NdisStatus.Success, upcalls);
        }
    }

    private void OnListAgain()
    {
        if (_phase != Phase.Open)
        {
            Upcalls!.ReceivePool.PassOn();   // somebody else waits beside a free list
            return;
        }

        _receive.OnListAgain(Upcalls!);
        _receive.Pump();
        _receive.ReturnSpare(Upcalls!);
    }

    /// <summary>The status of everything asked in this phase; null when it may be begun.</summary>
    private NdisStatus? Refusal => _phase switch
    {
        Phase.Open => null,
        Phase.Aborted or Phase.Broken => NdisStatus.RequestAborted,
        _ => NdisStatus.UploadInProgress,
    };

    private void Answer(Claim claim, NdisStatus status, IOffloadUpcalls upcalls)
    {
        if (claim.TryComplete(status, 0))
            Up.Add(claim.Parcel, upcalls);
    }

    private sealed record Terminating(Claim Claim, IOffloadUpcalls Upcalls);
}
