using ChimneyActors.Buffers;
using ChimneyActors.Ndis;

namespace ChimneyActors.Targets.Kernel;

/// <summary>
/// One offloaded connection: a socket, its two halves, and what may still be asked of it. All on its loop's thread.
/// </summary>
/// <remarks>What is asked only changes queues and flags; the work is done in <see cref="Run"/>, once for all that was
/// asked in the same turn of the loop, so that many small sends become one call of the kernel.</remarks>
internal sealed partial class KernelConnection : LoopHandler, IPoolWaiter
{
    private readonly ConnectionTable _table;
    private readonly SendHalf _send;
    private readonly ReceiveHalf _receive;
    private KernelSocket? _socket;
    private Phase _phase;
    private Terminating? _terminating;
    private int _failure;               // the error number the socket has died of
    private bool _isCounted;            // it counts until it is detached
    private bool _isIPv6;
    internal WayUp Up;                  // a mutable struct: gathers in place

    internal KernelConnection(
        OffloadHandle handle, ConnectionTable table, SendGather gather, int indicationsMax)
    {
        Handle = handle;
        _table = table;
        _send = new SendHalf(this, gather);
        _receive = new ReceiveHalf(this, indicationsMax);
    }

    private enum Phase
    {
        /// <summary>The initiate has not been looked at.</summary>
        New,

        /// <summary>Offloaded.</summary>
        Open,

        /// <summary>Reset by either side; waits for its terminate.</summary>
        Aborted,

        /// <summary>Given up after a fault of ours; waits for its terminate.</summary>
        Broken,

        /// <summary>Being uploaded: waits for the answer to an indication.</summary>
        Uploading,

        /// <summary>Given back, severed, or never begun.</summary>
        Gone,
    }

    internal OffloadHandle Handle { get; }

    /// <summary>Set before the initiate is posted: what the table said.</summary>
    internal NdisStatus Admission { get; set; }

    /// <summary>Who speaks for the connection to the host; null before the initiate.</summary>
    internal IOffloadUpcalls? Upcalls { get; private set; }

    internal int Descriptor => _socket!.Descriptor;

    internal object SendMark => _send.Mark;

    internal object ReceiveMark => _receive.Mark;

    /// <summary>Says something unasked.</summary>
    internal void Say(TcpOffloadEventType type, long information, long streamOffset = 0) =>
        Up.Indicate(new TcpOffloadEvent(Handle, type, information, streamOffset), Upcalls!);

    /// <summary>From any thread: the pool has a list again.</summary>
    public void RoomAgain()
    {
        if (!Loop.Post(this, ConnectionSignal.ListAgain.Instance))
            PassListOn();
    }

    internal override void OnPosted(object message, object? sender)
    {
        var upcalls = (IOffloadUpcalls?)sender;
        switch (message)
        {
            case TcpOffloadSend send: OnSend(send, upcalls!); break;
            case TcpOffloadReceive receive: OnReceive(receive, upcalls!); break;
            case TcpOffloadReceiveAccepted or TcpOffloadReceiveRefused or TcpOffloadReceiveReturn:
                OnAnswer((OffloadMessage)message, upcalls!);
                break;
            case TcpOffloadDisconnect disconnect: OnDisconnect(disconnect, upcalls!); break;
            case InitiateOffload initiate: OnInitiate(initiate, upcalls!); break;
            case TerminateOffload terminate: OnTerminate(terminate, upcalls!); break;
            case QueryOffload or UpdateOffload or InvalidateOffload: OnState((OffloadRequest)message, upcalls!); break;
            case TcpOffloadForward forward:
                StrayAnswers.Answer(forward, Refusal ?? NdisStatus.UploadInProgress, upcalls!);
                break;
            case ConnectionSignal.ListAgain: OnListAgain(); break;
            case ConnectionSignal.Sever: OnSever(upcalls!); break;
            default: throw new InvalidOperationException($"not a message of a connection: {message}");
        }

        Up.Flush();
    }

    internal override void OnReady(Readiness ready)
    {
        if (_phase == Phase.Uploading)
            return;   // whatever it is, it stays in the socket for the host
        if ((ready & (Readiness.Writable | Readiness.Error | Readiness.HungUp)) != 0)
            _send.MarkWritable();
        if ((ready & ~Readiness.Writable) != 0)
            _receive.MarkReadable((ready & (Readiness.PeerFinished | Readiness.HungUp)) != 0);
        if ((ready & Readiness.Error) != 0 && _failure == 0)
            _failure = NativeTcp.TakeError(Descriptor);
        if ((ready & (Readiness.Error | Readiness.HungUp)) != 0 && _socket!.IsDisposed)
            _failure = Errno.BadDescriptor;   // by its user, who had no right to; this is not the peer's doing
        if (_send.AwaitsPeer && _send.Settle() == AckWait.Progressed)
            Loop.AwaitAck(this);
        Run();
    }

    internal override AckWait OnAckDue()
    {
        if (_phase != Phase.Open)
            return AckWait.Over;
        AckWait wait = _send.Settle();
        Up.Flush();
        return wait;
    }

    internal override void OnAgain()
    {
        if (_phase == Phase.Open)
            Run();
    }

    /// <summary>Does all there is to do in this moment.</summary>
    private void Run()
    {
        if (_failure == 0)
            _failure = _send.Push();
        if (_failure == 0)
            _failure = _receive.Pump();
        if (_failure != 0)
            Die();
        Up.Flush();
    }

    private void OnSend(TcpOffloadSend send, IOffloadUpcalls upcalls)
    {
        HolderId holder = upcalls.Holder;
        Parcel? next = send.Flight.Head;
        for (int left = send.Flight.Count; left > 0 && next is not null; left--)
        {
            Parcel parcel = next;
            next = parcel.Next;
            var claim = new Claim(parcel, send.Flight.Id, holder);
            if (Refusal is { } status)
                Answer(claim, status, upcalls);
            else
                _send.Enqueue((NetBufferList)parcel, claim, upcalls, finish: false);
        }

        GoOnIfOpen();
    }

    private void OnReceive(TcpOffloadReceive receive, IOffloadUpcalls upcalls)
    {
        HolderId holder = upcalls.Holder;
        Parcel? next = receive.Flight.Head;
        for (int left = receive.Flight.Count; left > 0 && next is not null; left--)
        {
            Parcel parcel = next;
            next = parcel.Next;
            var claim = new Claim(parcel, receive.Flight.Id, holder);
            if ((Refusal ?? (_receive.EndSaid ? NdisStatus.InvalidState : null)) is { } status)
                Answer(claim, status, upcalls);
            else
                _receive.Enqueue((NetBufferList)parcel, claim, upcalls);
        }

        GoOnIfOpen();
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
        GoOnIfOpen();
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
            GoOnIfOpen();
        }
        else
        {
            NdisStatus end = Abort();
            Answer(claim, end, upcalls);
        }
    }

    private void OnListAgain()
    {
        if (_phase != Phase.Open)
        {
            PassListOn();
            return;
        }

        _receive.OnListAgain(Upcalls!);
        Run();
        _receive.ReturnSpare(Upcalls!);
    }

    /// <summary>We were told of room in the pool and do not need it: the next who waits must hear of it.</summary>
    private void PassListOn()
    {
        NetBufferListPool? pool = Upcalls?.ReceivePool;
        if (pool?.Rent(null) is { } list)
            pool.Return(list);
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

    private void GoOnIfOpen()
    {
        if (_phase == Phase.Open)
            Loop.GoOnLater(this);
    }

    private sealed record Terminating(Claim Claim, IOffloadUpcalls Upcalls);
}
