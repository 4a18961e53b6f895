using Akka.Actor;
using ChimneyActors.Buffers;
using ChimneyActors.Ndis;
using ChimneyActors.Supervision;
using ChimneyActors.Supervision.Lifecycle;

namespace ChimneyActors.Miniports;

/// <summary>The lane of one offloaded connection, between the stack and the target; and just as well of a path or a
/// neighbor, which has no data.</summary>
/// <remarks>Requests are admitted by <see cref="TcpConnection"/>, parked, and submitted; completions are checked, taken
/// out of the park, and passed to the edge that their context names.</remarks>
internal sealed partial class ConnectionActor : DriverActor
{
    private readonly ConnectionEntry _entry;
    private readonly IOffloadTarget _target;
    private readonly string _miniport;
    private readonly TcpConnection _tcp;
    private Suspicion? _suspicion;      // of what was unknown to the target when it was asked last
    private BacklogThrottle? _backlogs;     // made when first needed: most connections never say one
    private long _refusedAt = -1;       // from where the target owes data again, when a receive comes
    private IOffloadUpcalls _upcalls = null!;   // made once, so a request costs no closure

    public ConnectionActor(
        DriverStack stack, ConnectionEntry entry, HolderId me, IOffloadTarget target, string miniport,
        bool takesForwards)
        : base(stack, entry.Edge, me)
    {
        _entry = entry;
        _target = target;
        _miniport = miniport;
        _tcp = new TcpConnection(takesForwards);
    }

    protected override void PreStart() => _upcalls = new ActorUpcalls(Me, Self, Stack.Indications);

    protected override void PostStop()
    {
        base.PostStop();
        Stack.Custodian.Sever(_entry);
    }

    protected override void Handle(object message)
    {
        switch (message)
        {
            case TcpOffloadReceiveReturn back: TakeReturned(back); break;
            case TcpOffloadReceiveRefused back: TakeRefused(back); break;
            case OffloadRequest request: GoDown(request); break;
            case NeighborReachabilityAnswer answer: TakeAnswer(answer); break;
            case OffloadCompletion completion: GoUp(completion); break;
            case TcpOffloadReceiveIndicate indication: Indicate(indication); break;
            case TcpOffloadReceiveAccepted accepted: Accept(accepted); break;
            case TcpOffloadEvent said: Say(said); break;
            case NeighborReachabilityQuery query: AskHost(query); break;
            case NeighborReachabilityInDoubt doubt: Tell(_entry.Above(Edge), doubt); break;
            case LookAgain: LookAround(); break;
            case HangSuspect: AskTarget(); break;
            case AdapterGone: Context.Stop(Self); break;
            default: Unhandled(message); break;
        }
    }

    private void GoDown(OffloadRequest request)
    {
        if (request.Flight.Head.ParkedIn is not null)
        {
            OnStray(request, request.Flight);   // doubled by a driver above: the first is at the target already
            return;
        }
        request.Flight.Disperse(Me);
        NdisStatus verdict = _tcp.Admit(request);
        if (verdict != NdisStatus.Pending)
        {
            Refuse(request, verdict);
            return;
        }
        Holdings park = ParkOf(request.Flight.Head.Operation);
        for (Parcel? parcel = request.Flight.Head; parcel is not null; parcel = parcel.Next)
            park.Park(parcel);
        if (_entry.OldestSince == 0)
            _entry.OldestSince = Stack.Now;
        if (_refusedAt >= 0 && request is TcpOffloadReceive)
            _refusedAt = -1;
        Between();
        _target.Submit(request, _upcalls);
        if (request is TerminateOffload)
            SayLostAgain();
    }

    private void Refuse(OffloadRequest request, NdisStatus verdict)
    {
        if (verdict == NdisStatus.Failure)
            ReportNotReady(request);
        RefuseHome(request, verdict);
        if (_tcp.HasGap && !_entry.MustUpload)
            Say(new TcpOffloadEvent(
                _entry.Handle, TcpOffloadEventType.Retrieve, (long)TcpUploadReason.UploadRequested, 0));
    }

    private void GoUp(OffloadCompletion completion)
    {
        Parcel head = completion.Flight.Head;
        Holdings park = ParkOf(head.Operation);
        Check(completion, park);
        for (Parcel? parcel = head; parcel is not null; parcel = parcel.Next)
        {
            park.Remove(parcel);
            if (parcel.Operation == OffloadOperation.Receive)
                _entry.AcceptedThrough += parcel.BytesTransferred;
        }
        // Not younger for what else is finished: in a busy connection a lost completion would never be old.
        if (!_entry.HasParked)
            _entry.OldestSince = 0;
        if (head is OffloadBlock block)
            Settle(block);
        OffloadOperation operation = head.Operation;
        Between();
        PassUp(completion);     // from here on the parcels are somebody else's
        if (_entry.Ended)
            Context.Stop(Self);
        else if (operation == OffloadOperation.Receive)
            SayLostAgain();
    }

    /// <summary>All checks come before the first change, so that a target's breach finds the park as it was.</summary>
    private void Check(OffloadCompletion completion, Holdings park)
    {
        Parcel? expected = park.First;
        // A terminate comes last (TERM-28): what it leaves behind would have no actor to wait for it.
        if (completion is TerminateOffloadComplete && _entry.FirstOfData is { } left)
            expected = left;
        for (Parcel? parcel = completion.Flight.Head; parcel is not null; parcel = parcel.Next)
        {
            if (parcel != expected)
            {
                Parcel skipped = expected ?? parcel;
                Stack.Ledger.Report(VerifierCheck.Order, _miniport, skipped, skipped.Custody.Flight,
                    $"passed over when #{parcel.Id} was completed");
                throw new TargetFailedException($"{_miniport} completed out of order");
            }
            SettleOrCorrect(parcel);
            expected = parcel.ParkedNext;
        }
    }

    /// <summary>Whoever waits is not told what the target made up.</summary>
    private void SettleOrCorrect(Parcel parcel)
    {
        try
        {
            Settlement.Check(parcel, _miniport);
        }
        catch (ContractViolationException)
        {
            Settlement.Correct(parcel, connectionIsGood: true);
            throw;
        }
    }

    private void PassUp(OffloadCompletion completion) =>
        Pass((Edge)completion.Flight.Head.Frames.Top.Driver, completion, completion.Flight);

    private void Indicate(TcpOffloadReceiveIndicate indication)
    {
        var list = (NetBufferList)indication.Flight.Head;
        if (list.StreamOffset == _refusedAt)
            Stack.Ledger.Report(VerifierCheck.Reindicate, _miniport, list, indication.Flight.Id,
                "indicated again what the host had refused, without a receive in between");
        list.Frames.Push(Edge, null);
        _entry.IndicatedThrough = Math.Max(
            _entry.IndicatedThrough, list.StreamOffset + list.FirstNetBuffer.DataLength);
        Between();
        Pass(_entry.Above(Edge)!, indication, indication.Flight);
    }

    private void TakeReturned(TcpOffloadReceiveReturn back)
    {
        Between();
        for (Parcel? parcel = back.Flight.Head; parcel is not null; parcel = parcel.Next)
        {
            parcel.Frames.Clear();
            _entry.AcceptReturned((NetBufferList)parcel);
        }
        Landing.Land(Stack, back.Flight, Me);
        _target.Answer(back, _upcalls);
    }

    private void TakeRefused(TcpOffloadReceiveRefused back)
    {
        if (back.Flight.Head.ParkedIn is not null)
        {
            base.OnStray(back, back.Flight);    // doubled by a driver above: the first waits to be said again
            return;
        }
        Between();
        var list = (NetBufferList)back.Flight.Head;
        list.Frames.Clear();
        if (list.BroughtHome)
        {
            // The host never saw it: it is said again when everything before it was accepted.
            _entry.Lost.Park(list);
            SayLostAgain();
            return;
        }
        GiveBack(list);
    }

    /// <summary>The host did not take it, or not all: the rest is the target's again.</summary>
    private void GiveBack(NetBufferList list)
    {
        OffloadCompletion back = OffloadCompletion.Of(list, 1);
        long taken = list.BytesTransferred;
        // What was refused whole says nothing of what is before it: a receive's completion may be lost there.
        if (taken > 0)
            _entry.AcceptThrough(list.StreamOffset + taken);
        list.FirstNetBuffer.Advance(taken);
        list.StreamOffset += taken;
        // With a receive at the target it cannot be told whether that came before or behind the refusal.
        if (ParkOf(OffloadOperation.Receive).First is null)
            _refusedAt = list.StreamOffset;
        list.Custody.TryMove(
            CustodyState.Completed, back.Flight.Id, Me, CustodyState.Rented, back.Flight.Id, Me);
        _target.Answer(back, _upcalls);
    }

    private void Accept(TcpOffloadReceiveAccepted accepted)
    {
        _entry.AcceptThrough(accepted.Through);
        _target.Answer(accepted, _upcalls);
        SayLostAgain();
    }

    private void SayLostAgain()
    {
        Parcel? next = _entry.FirstLost;
        while (next is not null && next.StreamOffset != _entry.AcceptedThrough)
            next = next.ParkedNext;
        if (next is not NetBufferList list)
            return;
        if (_tcp.IsAborted || _entry.StateOperations.Last is { Operation: OffloadOperation.Terminate })
        {
            // The host takes nothing any more, and the target waits for an answer (TERM-06).
            _entry.Lost.Remove(list);
            list.BroughtHome = false;
            GiveBack(list);
            return;
        }
        // Between two lives of a driver above it would come back at once, again and again.
        if (!_entry.IsOpenAbove(Stack.EmptyPlaces))
            return;
        _entry.Lost.Remove(list);
        TcpOffloadReceiveIndicate again = ReceiveIndication.Again(list, Me);
        AlsoInHand(again.Flight);
        list.Frames.Push(Edge, null);
        Pass(_entry.Above(Edge)!, again, again.Flight);
    }

    private void Say(TcpOffloadEvent said)
    {
        _tcp.Note(said);
        if (said.Type == TcpOffloadEventType.Disconnect)
            _entry.SaidDisconnect = said;
        else if (said.Type is TcpOffloadEventType.Retrieve or TcpOffloadEventType.Abort)
            _entry.SaidLast = said;
        else
            CountBacklog();
        Between();
        Tell(_entry.Above(Edge), said);
    }

    private void LookAround()
    {
        FetchTerminate();
        SayLostAgain();
    }

    private void FetchTerminate()
    {
        if (_entry.FetchTerminate(Me) is not { } block)
            return;
        var fetched = new Flight(block.Custody.Flight, block, 1);
        AlsoInHand(fetched);
        GoDown(new TerminateOffload(fetched));
    }

    private void AskTarget()
    {
        Parcel? unknown = Unknown(_entry.Sends.First) ?? Unknown(_entry.Receives.First)
            ?? Unknown(_entry.FirstForward) ?? Unknown(_entry.StateOperations.First);
        if (unknown is null)
        {
            _suspicion = null;
            _entry.OldestSince = _entry.HasParked ? Stack.Now : 0;
            return;
        }
        FlightId flight = unknown.Custody.Flight;
        if (_suspicion?.IsOf(unknown, flight) != true)
        {
            // Its completion may be waiting in the mailbox, or a thread of the target may be about to tell it: what
            // is still unknown an interval later is lost.
            _suspicion = new Suspicion(unknown, flight, Stack.Now);
            return;
        }
        if (Stack.Clock.GetElapsedTime(_suspicion.Since, Stack.Now) < PatienceWith(unknown))
            return;
        Stack.Ledger.Report(VerifierCheck.NoProgress, _miniport, unknown, flight, "forgotten by the target");
        throw new TargetFailedException($"{_miniport} has forgotten a {unknown.Operation}");
    }

    /// <summary>Once the gate is won the target has not forgotten it: only the telling is missing, and on a crowded
    /// machine the thread that is about to tell can be away for longer than an interval.</summary>
    private TimeSpan PatienceWith(Parcel unknown) => unknown.Custody.State == CustodyState.Outstanding
        ? Stack.Settings.HangInterval
        : Stack.Settings.HangDeadline;

    private Parcel? Unknown(Parcel? oldest) =>
        oldest is not null && _target.Probe(_entry.Handle, oldest, oldest.Custody.Flight) == RequestProgress.Unknown
            ? oldest
            : null;

    /// <inheritdoc/>
    protected override void OnStray(object message, Flight flight)
    {
        if (message is OffloadRequest or NeighborReachabilityAnswer)
        {
            base.OnStray(message, flight);
            return;
        }
        // As it was when the completion was made: by now the parcel may be on another journey.
        bool foreign = ((OffloadMessage)message).Connection != _entry.Handle;
        Stack.Ledger.Report(foreign ? VerifierCheck.ForeignCompletion : VerifierCheck.DoubleComplete, _miniport,
            flight.Head, flight.Id, $"{message.GetType().Name} told to connection {_entry.Handle}");
        // A completion that went astray still belongs to somebody: bring it there, nobody need wait for the watch.
        if (foreign && Stack.Handles.Find(((OffloadMessage)message).Connection)?.Edge.Current is { } owner
            && flight.IsHeldBy(owner.Holder))
            owner.Ref.Tell(message, Self);
    }

    private Holdings ParkOf(OffloadOperation operation) => operation switch
    {
        OffloadOperation.Send or OffloadOperation.Disconnect => _entry.Sends,
        OffloadOperation.Receive => _entry.Receives,
        OffloadOperation.Forward => _entry.Forwards,
        _ => _entry.StateOperations,
    };
}
