using ChimneyActors.Buffers;
using ChimneyActors.Cluster.Link;
using ChimneyActors.Cluster.Wire;
using ChimneyActors.Ndis;

namespace ChimneyActors.Cluster.Hosts;

/// <summary>One connection that is offloaded to another node: its two halves, and what may still be asked of it. On the
/// driver's thread of its link only.</summary>
/// <remarks>What is asked only changes queues and flags, and says small items; data moves in <see cref="Run"/>, once
/// for all that was asked and that came in the same moment.</remarks>
internal sealed partial class RemoteConnection : IPoolWaiter
{
    private readonly HostLink _link;
    private readonly SendingHalf _send;
    private readonly ReceivingHalf _receive;
    private readonly Queue<Asked> _asked = new();       // queries, updates, invalidates, in order
    private Phase _phase;
    private bool _hasEnded;             // reset or aborted, and not lost
    private Asked? _initiate;
    private Asked? _abort;
    private Asked? _terminate;
    private IOffloadUpcalls? _severedBy;
    private TimeSpan _severedAt;
    internal Upward Up;                 // a mutable struct: gathers in place

    internal RemoteConnection(OffloadHandle handle, HostLink link, HostSettings settings)
    {
        Handle = handle;
        _link = link;
        _send = new SendingHalf(this, settings);
        _receive = new ReceivingHalf(this, settings);
    }

    private enum Phase
    {
        /// <summary>The initiate has not been looked at.</summary>
        New,

        /// <summary>The adapter was asked to take it.</summary>
        Opening,

        /// <summary>Offloaded.</summary>
        Open,

        /// <summary>An abortive disconnect is on its way.</summary>
        Aborting,

        /// <summary>Reset by either side; waits for its terminate.</summary>
        Aborted,

        /// <summary>The adapter was asked to give it back.</summary>
        TakingBack,

        /// <summary>The adapter gave it back; waits for the answer to an indication.</summary>
        Uploading,

        /// <summary>The adapter is lost, or a fault of ours; waits for its terminate.</summary>
        Broken,

        /// <summary>Given back, severed, or never begun.</summary>
        Gone,
    }

    internal OffloadHandle Handle { get; }

    /// <summary>Number of this offload on the link; 0 before it is opened.</summary>
    internal ulong Number { get; private set; }

    /// <summary>Its link.</summary>
    internal HostLink Link => _link;

    /// <summary>What names it for the host and on the link; null until an initiate brought it.</summary>
    internal RemoteSocket? Socket { get; private set; }

    /// <summary>Set before the initiate is posted: whether there is room.</summary>
    internal NdisStatus Admission { get; set; }

    /// <summary>Who speaks for the connection to the host; null before the initiate.</summary>
    internal IOffloadUpcalls? Upcalls { get; private set; }

    /// <summary>Stream offset at which the adapter began to count.</summary>
    internal long AcceptedAtOpen { get; private set; }

    internal object SendMark => _send.Mark;

    internal object ReceiveMark => _receive.Mark;

    internal bool IsGone => _phase == Phase.Gone;

    /// <summary>Whether it waits in the link's list for its turn.</summary>
    internal bool IsDirty { get; set; }

    /// <summary>Says something to the adapter.</summary>
    internal void Say(Item item)
    {
        item.Number = Number;
        _link.Say(item);
    }

    /// <summary>Says something unasked to the host.</summary>
    internal void Tell(TcpOffloadEventType type, long information, long streamOffset = 0) =>
        Up.Indicate(new TcpOffloadEvent(Handle, type, information, streamOffset), Upcalls!);

    /// <summary>From any thread: the pool has a list again.</summary>
    public void RoomAgain()
    {
        if (!_link.Post(this, ListAgainSignal.Instance, null))
            Upcalls!.ReceivePool.PassOn();
    }

    /// <summary>Takes what the host, or who severs, told it.</summary>
    internal void Take(object message, IOffloadUpcalls? sender)
    {
        try
        {
            switch (message)
            {
                case TcpOffloadSend send: OnSend(send, sender!); break;
                case TcpOffloadReceive receive: OnReceive(receive, sender!); break;
                case TcpOffloadReceiveAccepted or TcpOffloadReceiveRefused or TcpOffloadReceiveReturn:
                    OnAnswer((OffloadMessage)message, sender!);
                    break;
                case TcpOffloadDisconnect disconnect: OnDisconnect(disconnect, sender!); break;
                case InitiateOffload initiate: OnInitiate(initiate, sender!); break;
                case TerminateOffload terminate: OnTerminate(terminate, sender!); break;
                case QueryOffload or UpdateOffload or InvalidateOffload: Ask((OffloadRequest)message, sender!); break;
                case TcpOffloadForward forward:     // segments that came to this node are not the adapter's
                    Strays.Answer(forward, sender, Refusal
                        ?? (_phase == Phase.Aborting ? NdisStatus.RequestAborted : NdisStatus.UploadInProgress));
                    break;
                case ListAgainSignal: OnListAgain(); break;
                case SeverSignal: OnSever(sender!); break;
                default: throw new InvalidOperationException($"not a message of a connection: {message}");
            }
        }
        catch (Exception fault)
        {
            OnFault(fault);
            if (message is OffloadRequest)
                Strays.Answer(message, sender, NdisStatus.RequestAborted);  // what of it had no answer yet
        }
    }

    /// <summary>Takes what the adapter said of it.</summary>
    /// <exception cref="LinkException">The adapter broke the protocol.</exception>
    internal void Take(Item item)
    {
        try
        {
            TakeOne(item);
        }
        catch (Exception fault) when (fault is not LinkException)
        {
            OnFault(fault);
        }
    }

    private void TakeOne(Item item)
    {
        switch (item.KindCase)
        {
            case Item.KindOneofCase.Opened: OnOpened((NdisStatus)item.Opened); break;
            case Item.KindOneofCase.Acknowledged: OnAcknowledged(item.Acknowledged); break;
            case Item.KindOneofCase.Received:
                _receive.OnCame(item.Received.Memory, isLimited: _phase == Phase.Open);
                break;
            case Item.KindOneofCase.PeerFinished: _receive.OnPeerFinished((long)item.PeerFinished); break;
            case Item.KindOneofCase.Finished: OnFinished(); break;
            case Item.KindOneofCase.WasReset: OnReset(); break;
            case Item.KindOneofCase.Aborted: OnAborted((NdisStatus)item.Aborted); break;
            case Item.KindOneofCase.UploadWanted: OnUploadWanted((TcpUploadReason)item.UploadWanted); break;
            case Item.KindOneofCase.TakenBack: OnTakenBack(item.TakenBack); break;
            case Item.KindOneofCase.Queried: OnQueried(item.Queried); break;
            case Item.KindOneofCase.Updated: OnAnswered(OffloadOperation.Update, item.Updated); break;
            case Item.KindOneofCase.Invalidated: OnAnswered(OffloadOperation.Invalidate, item.Invalidated); break;
            default: throw new LinkException($"an adapter says {item.KindCase} of a connection");
        }
    }

    /// <summary>Moves data, both ways, and tells the host what came of it all.</summary>
    internal void Run()
    {
        try
        {
            if (_phase == Phase.Open)
            {
                _send.Push();
                _receive.Pump();
            }
        }
        catch (Exception fault)
        {
            OnFault(fault);
        }

        Up.Flush();
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
                Up.Complete(claim, upcalls, status, 0);
            else
                _send.Enqueue((NetBufferList)parcel, claim, upcalls, finish: false, isLate: _phase != Phase.Open);
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
                Up.Complete(claim, upcalls, status, 0);
            else
                _receive.Enqueue((NetBufferList)parcel, claim, upcalls);
        }
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

        if (_terminate is not null)
            FinishTerminate();
    }

    private void OnDisconnect(TcpOffloadDisconnect disconnect, IOffloadUpcalls upcalls)
    {
        var list = (NetBufferList)disconnect.Flight.Head;
        var claim = new Claim(list, disconnect.Flight.Id, upcalls.Holder);
        bool isGraceful = disconnect.Kind == DisconnectKind.Graceful;
        if (Refusal is { } status)
        {
            Up.Complete(claim, upcalls, status, 0);
        }
        else if (isGraceful || _phase != Phase.Open)
        {
            _send.Enqueue(list, claim, upcalls, finish: true, isLate: _phase != Phase.Open);
        }
        else
        {
            list.MiniportReserved = this;
            _abort = new Asked(claim, upcalls);
            _phase = Phase.Aborting;
            Say(new Item { Abort = new Nothing() });
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

    private void OnAcknowledged(Acknowledged so)
    {
        if (_phase is Phase.Open or Phase.Aborting or Phase.TakingBack)
            _send.OnAcknowledged(so);
    }

    private void OnFinished()
    {
        if (_phase is Phase.Open or Phase.Aborting or Phase.TakingBack)
            _send.OnFinished();
    }

    private void OnUploadWanted(TcpUploadReason reason)
    {
        if (_phase == Phase.Open)
            Tell(TcpOffloadEventType.Retrieve, (long)reason);
    }

    /// <summary>The status of everything asked in this phase; null when it waits its turn. What comes behind an abort
    /// or a terminate is answered behind what it waits behind.</summary>
    private NdisStatus? Refusal => _phase switch
    {
        Phase.Open or Phase.Aborting or Phase.TakingBack => null,
        Phase.Aborted or Phase.Broken => NdisStatus.RequestAborted,
        _ => NdisStatus.UploadInProgress,
    };

    /// <summary>A parcel that is answered by one item of the adapter.</summary>
    private sealed record Asked(Claim Claim, IOffloadUpcalls Upcalls);
}

/// <summary>The pool of indications has a list again.</summary>
internal sealed record ListAgainSignal
{
    internal static readonly ListAgainSignal Instance = new();
}
