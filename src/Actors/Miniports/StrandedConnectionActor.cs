using Akka.Actor;
using ChimneyActors.Buffers;
using ChimneyActors.Ndis;
using ChimneyActors.Supervision;

namespace ChimneyActors.Miniports;

/// <summary>What stands in for a connection whose actor died: it asks to be fetched and answers the terminate with
/// what the target gave back (EVT-24). Nothing goes down from here any more.</summary>
internal sealed class StrandedConnectionActor(DriverStack stack, ConnectionEntry entry, HolderId me)
    : DriverActor(stack, entry.Edge, me)
{
    private readonly TcpConnection _tcp = new();

    /// <summary>Tells the stranded connection to say what it wants; its edge is in place by then.</summary>
    public static readonly object Begin = LookAgain.Instance;

    private Severed Remains => entry.Remains!;

    protected override void PreStart() => _tcp.Strand(Remains.Socket is null);

    protected override void PostStop()
    {
        base.PostStop();
        Stack.Custodian.Sever(entry);
    }

    protected override void Handle(object message)
    {
        switch (message)
        {
            case TcpOffloadReceiveReturn back: TakeBack(back, isReturn: true); break;
            case TcpOffloadReceiveRefused back: TakeBack(back, isReturn: false); break;
            case TerminateOffload terminate: Hold(terminate); break;
            case OffloadRequest request: Refuse(request); break;
            case TcpOffloadReceiveAccepted accepted: Accept(accepted); break;
            case NeighborReachabilityAnswer answer: TakeBack(answer); break;
            case LookAgain: LookAround(); break;
            case HangSuspect: GiveUpWaiting(); break;
            default: break;     // a target's last words; it was severed
        }
    }

    private void LookAround()
    {
        if (entry.SaidLast is not { Type: TcpOffloadEventType.Abort }
            && entry.SaidLast?.Information != (long)TcpUploadReason.HardwareFailure)
        {
            bool gone = Remains.Socket is null;
            entry.SaidLast = new TcpOffloadEvent(entry.Handle,
                gone ? TcpOffloadEventType.Abort : TcpOffloadEventType.Retrieve,
                gone ? 0 : (long)TcpUploadReason.HardwareFailure, 0);
            Tell(entry.Above(Edge), entry.SaidLast);
        }
        if (entry.FetchTerminate(Me) is { } block)
        {
            entry.StateOperations.Park(block);
            entry.OldestSince = Stack.Now;
        }
        AnswerTerminate();
    }

    private void Hold(TerminateOffload terminate)
    {
        if (terminate.Block.ParkedIn is not null)
        {
            OnStray(terminate, terminate.Flight);   // doubled by a driver above
            return;
        }
        Between();
        entry.StateOperations.Park(terminate.Block);
        entry.OldestSince = Stack.Now;
        AnswerTerminate();
    }

    /// <summary>Received bytes that do not turn up never will: the target told of more than it had. The stream is lost
    /// rather than given back with a hole.</summary>
    private void GiveUpWaiting()
    {
        if (entry.StateOperations.First is not { } terminate || Remains.Socket is null || IsOnItsWay())
            return;
        Stack.Ledger.Report(VerifierCheck.ByteAccount, entry.Edge.Name, terminate, terminate.Custody.Flight,
            $"received data up to {Remains.Positions.Received} never turned up: {entry.Describe()}");
        Custodian.Abort(Remains.Socket);
        lock (entry.Lock)
            entry.Remains = Remains with { Socket = null };
        AnswerTerminate();
    }

    /// <summary>What was indicated is in some driver's mailbox: that a driver is slow is no breach of the target's.
    /// Only one that keeps it for as long as a target may take to let go is not waited for.</summary>
    private bool IsOnItsWay()
    {
        lock (entry.Lock)
            if (entry.AcceptedThrough + entry.Undelivered.From(entry.AcceptedThrough).Length >= entry.IndicatedThrough)
                return false;
        return Stack.Clock.GetElapsedTime(entry.OldestSince, Stack.Now) < Stack.Settings.SeverDeadline;
    }

    /// <summary>The terminate is answered when every byte that the target received has turned up: accepted by the host,
    /// or come back (TERM-06). Indications may still be in a dead actor's mailbox when the target lets go.</summary>
    private void AnswerTerminate()
    {
        byte[] buffered;
        lock (entry.Lock)
        {
            if (entry.StateOperations.First is null)
                return;
            buffered = entry.Undelivered.From(entry.AcceptedThrough);
            long received = Math.Max(Remains.Positions.Received, entry.IndicatedThrough);
            // Without a socket there is no stream to go on with, and nothing to wait for.
            if (Remains.Socket is not null && entry.AcceptedThrough + buffered.Length < received)
                return;
        }
        var block = (OffloadBlock)entry.StateOperations.First;
        FlightId flight = block.Custody.Flight;
        block.State = Remains.State;
        block.Socket = Remains.Socket;
        block.FinSent = Remains.FinSent;
        block.BufferedData = buffered;
        block.Positions = Remains.Positions with { Received = entry.AcceptedThrough + buffered.Length };
        NdisStatus status = Remains.Socket is null ? NdisStatus.Failure : NdisStatus.Success;
        if (!block.TryComplete(flight, Me, status, 0))
            return;
        entry.StateOperations.Remove(block);
        OffloadCompletion completion = OffloadCompletion.Of(block, 1);
        AlsoInHand(completion.Flight);
        entry.Ended = true;
        Pass((Edge)block.Frames.Top.Driver, completion, completion.Flight);
        Context.Stop(Self);
    }

    private void Refuse(OffloadRequest request)
    {
        Between();
        request.Flight.Disperse(Me);
        RefuseHome(request, FailurePolicy.StatusOf(request.Flight.Head.Operation, Remains.Socket is not null));
    }

    private void TakeBack(OffloadCompletion back, bool isReturn)
    {
        Between();
        lock (entry.Lock)
            for (Parcel? parcel = back.Flight.Head; parcel is not null; parcel = parcel.Next)
            {
                parcel.Frames.Clear();
                if (isReturn)
                    entry.AcceptReturned((NetBufferList)parcel);
                else
                    entry.TakeBack((NetBufferList)parcel);
            }
        Landing.Land(Stack, back.Flight, Me);
        AnswerTerminate();
    }

    /// <summary>Who asked is gone.</summary>
    private void TakeBack(NeighborReachabilityAnswer answer)
    {
        answer.Block.Frames.Clear();
        Landing.Land(Stack, answer.Flight, Me);
    }

    private void Accept(TcpOffloadReceiveAccepted accepted)
    {
        lock (entry.Lock)
            entry.AcceptThrough(accepted.Through);
        AnswerTerminate();
    }
}
