using System.Net.Sockets;
using Akka.Actor;
using ChimneyActors.Buffers;
using ChimneyActors.Ndis;
using ChimneyActors.Supervision.Trees;

namespace ChimneyActors.Supervision;

/// <summary>Brings home what the dead were holding.</summary>
/// <remarks>
/// Not an actor: it works on the thread that saw the death, so it also works while a whole system is being terminated
/// and has no mailbox of its own to lose. Two who relieve parcels of one connection are kept apart by the
/// connection's lock; against everybody else the custody cell decides.
/// </remarks>
internal sealed class Custodian(DriverStack stack)
{
    /// <summary>Takes over a message that a dead actor had in hand or got too late.</summary>
    /// <param name="message">Whatever it was.</param>
    /// <param name="dead">The holder id of the dead.</param>
    public void TakeOver(object message, HolderId dead)
    {
        switch (message)
        {
            case OffloadRequest request: TakeOver(request.Flight, dead); break;
            case OffloadCompletion completion: TakeOver(completion.Flight, dead); break;
            case TcpOffloadReceiveIndicate indication: TakeOver(indication.Flight, dead); break;
            case NeighborReachabilityQuery query: TakeOver(query.Flight, dead); break;
            case TcpOffloadEvent said: SayAgain(said); break;
            case TcpOffloadReceiveAccepted accepted: Redirect(accepted); break;
            case IBindingCommand command: command.Lost(); break;
            default: break;     // ticks and suspicions: whoever asks, asks again
        }
    }

    /// <summary>Takes a chain from a dead holder, if its cell still says so, and carries it home.</summary>
    public void TakeOver(Flight flight, HolderId dead)
    {
        ConnectionEntry? entry = stack.Handles.Find(flight.Head.Connection);
        bool won;
        if (entry is null)
            won = Relieve(flight, dead);
        else
            lock (entry.Lock)
                won = Relieve(flight, dead);
        if (won)
            CarryHome(flight.Head);
    }

    /// <summary>Carries completed parcels up (indicated ones down) to the next living driver on their way
    /// home.</summary>
    /// <param name="head">A chain whose every parcel is held by the custodian.</param>
    public void CarryHome(Parcel? head)
    {
        var run = default(WonChain);
        Edge? runTo = null;
        while (head is not null)
        {
            Parcel parcel = head;
            head = parcel.Next;
            if (IsPostponed(parcel))
                continue;
            CompleteIfOutstanding(parcel);
            Edge? to = NextLiving(parcel);
            bool alone = parcel.Operation == OffloadOperation.ReceiveIndicate;
            if (!run.IsEmpty && (to != runTo || alone))
                Tell(runTo!, run.ToCompletion());
            if (to is null)
            {
                Ground(parcel);
                continue;
            }
            if (alone)
            {
                parcel.Next = null;
                Tell(to, OffloadCompletion.Of(parcel, 1));
                continue;
            }
            run.Add(parcel);
            runTo = to;
        }
        if (!run.IsEmpty)
            Tell(runTo!, run.ToCompletion());
    }

    /// <summary>Has the target forget a connection whose actor is gone; the sweep follows when it has.</summary>
    public void Sever(ConnectionEntry entry)
    {
        if (entry.Ended)
            return;
        if (entry.Remains is { } remains)
            Sweep(entry, remains);
        else if (entry.Target is null)
            Sweep(entry, NothingLeft(entry));
        else
        {
            entry.SeverSince = stack.Now;
            entry.Target.Sever(entry.Handle, new SeverUpcalls(this, entry, stack));
        }
    }

    /// <summary>The target did not answer in time: it has lost its adapter. What it may still write to is never
    /// reused.</summary>
    public void GiveUpOn(ConnectionEntry entry)
    {
        lock (entry.Lock)
            foreach (Holdings holdings in entry.AtTarget)
                for (Parcel? parcel = holdings.First; parcel is not null; parcel = parcel.ParkedNext)
                    parcel.IsQuarantined = true;
        Sweep(entry, NothingLeft(entry));
    }

    /// <summary>After the target let go: everything that was parked for it comes home, in order.</summary>
    public void Sweep(ConnectionEntry entry, Severed remains)
    {
        var home = new List<Parcel>();
        List<Violation>? breaches = null;
        bool good;
        lock (entry.Lock)
        {
            if (entry.Remains is null)
            {
                entry.Remains = remains;
                entry.Undelivered.Add(remains.BufferedOffset, remains.BufferedData.Span);
            }
            else if (remains != entry.Remains)
                Abort(remains.Socket);      // a target that was given up on answers after all
            remains = entry.Remains;
            good = remains.Socket is not null && !stack.Stopping;
            entry.SeverSince = 0;
            entry.OldestSince = 0;
            foreach (Holdings holdings in entry.AtTarget)
                while (holdings.First is { } parcel)
                {
                    holdings.Remove(parcel);
                    if (!Relieve(parcel, entry.Holder))
                        continue;
                    home.Add(parcel);
                    if (parcel.Custody.State == CustodyState.Completed && holdings != entry.Lost)
                        TakeFinished(entry, parcel, good, ref breaches);
                }
        }
        foreach (Violation breach in breaches ?? [])
            stack.Ledger.Report(breach);
        foreach (Parcel parcel in home)
        {
            parcel.Next = null;
            CompleteSwept(parcel, remains, good);
            CarryHome(parcel);
        }
        if (stack.Stopping)
            Discard(entry);
        else
            entry.Shelf?.Tell(new ConnectionOrphaned(entry), ActorRefs.NoSender);
    }

    /// <summary>A socket that nobody will fetch any more ends with a RST: a FIN would look like a whole
    /// stream.</summary>
    public static void Discard(ConnectionEntry entry)
    {
        if (entry.Remains?.Socket is not { } socket || entry.Ended)
            return;
        entry.Ended = true;
        Abort(socket);
    }

    /// <summary>Ends a socket with a RST.</summary>
    public static void Abort(Socket? socket)
    {
        if (socket is null)
            return;
        socket.LingerState = new LingerOption(true, 0);
        socket.Dispose();
    }

    /// <summary>What the target finished, though its actor died before it heard of it, is finished; but not with
    /// what it made up.</summary>
    private void TakeFinished(
        ConnectionEntry entry, Parcel parcel, bool good, ref List<Violation>? breaches)
    {
        try
        {
            Settlement.Check(parcel, entry.Miniport);
        }
        catch (ContractViolationException breach)
        {
            (breaches ??= []).Add(new Violation(breach.Check, entry.Miniport, parcel.Connection, parcel.Id,
                parcel.Custody.Flight, $"{breach.Detail}; {parcel.Describe()}"));
            Settlement.Correct(parcel, good);
        }
        if (parcel is OffloadBlock block)
            stack.Settle(entry, block);
        else if (parcel.Operation == OffloadOperation.Receive)
            entry.AcceptedThrough += parcel.BytesTransferred;
    }

    private static bool Relieve(Flight flight, HolderId dead)
    {
        // What is parked may still be completed by the target: it is swept after Severed, not before.
        if (flight.Head.ParkedIn is not null || !flight.TryPass(dead, HolderId.Custodian))
            return false;
        for (Parcel? member = flight.Head.Next; member is not null; member = member.Next)
            member.Custody.Set(member.Custody.State, member.Custody.Flight, HolderId.Custodian);
        return true;
    }

    private static bool Relieve(Parcel parcel, HolderId dead)
    {
        var spin = default(SpinWait);
        while (true)
        {
            CustodyState state = parcel.Custody.State;
            FlightId flight = parcel.Custody.Flight;
            if (state == CustodyState.Completing)
            {
                spin.SpinOnce();    // its winner is between two stores
                continue;
            }
            if (state is not (CustodyState.Outstanding or CustodyState.Completed))
                return false;
            if (parcel.Custody.Holder != dead)
                return false;
            if (parcel.Custody.TryMove(state, flight, dead, state, flight, HolderId.Custodian))
                return true;
        }
    }

    /// <summary>A terminate needs no driver between the host and the lanes: each connection fetches its own.</summary>
    private bool IsPostponed(Parcel parcel)
    {
        if (parcel is not OffloadBlock { Operation: OffloadOperation.Terminate } block || stack.Stopping
            || block.Custody.State != CustodyState.Outstanding)
            return false;
        if (block.IsTree)
        {
            if (StateRoute.AnchorOf(stack, block)?.Desk is not { } desk)
                return false;       // nothing of it is offloaded any more
            new TreeRun(stack, desk, HolderId.Custodian, block).GoOnAlone();
            return true;
        }
        if (stack.Handles.Find(block.Connection) is not { Ended: false } entry)
            return false;
        entry.LeaveTerminate(block);
        entry.Edge.Tell(LookAgain.Instance, ActorRefs.NoSender);
        return true;
    }

    private static Severed NothingLeft(ConnectionEntry entry) =>
        new(entry.Handle, default, TcpConnectionState.Closed, null, default, 0, false);

    private void CompleteIfOutstanding(Parcel parcel)
    {
        if (parcel.Custody.State != CustodyState.Outstanding)
            return;
        NdisStatus status = FailurePolicy.StatusOf(parcel.Operation, !stack.Stopping);
        if (parcel.TryComplete(parcel.Custody.Flight, HolderId.Custodian, status, 0))
        {
            parcel.BroughtHome = true;
            stack.Ledger.CountBroughtHome();
        }
    }

    private void CompleteSwept(Parcel parcel, Severed remains, bool good)
    {
        if (parcel.Custody.State != CustodyState.Outstanding || parcel.Operation == OffloadOperation.Terminate)
            return;
        long bytes = 0;
        if (parcel is NetBufferList list && list.Operation is OffloadOperation.Send or OffloadOperation.Disconnect)
            bytes = Math.Clamp(remains.Positions.Acknowledged - list.StreamOffset, 0, list.DataLength);
        bool whole = bytes > 0 && parcel is NetBufferList { Operation: OffloadOperation.Send } sent
            && bytes == sent.DataLength;
        NdisStatus status = whole ? NdisStatus.Success : FailurePolicy.StatusOf(parcel.Operation, good);
        if (parcel.TryComplete(parcel.Custody.Flight, HolderId.Custodian, status, bytes))
        {
            parcel.BroughtHome = true;
            stack.Ledger.CountBroughtHome();
        }
    }

    private static Edge? NextLiving(Parcel parcel)
    {
        while (parcel.Frames.Depth > 0)
        {
            var edge = (Edge)parcel.Frames.Top.Driver;
            if (edge.Current is not null)
                return edge;
            parcel.Frames.Pop();
        }
        return null;
    }

    private void Tell(Edge to, OffloadCompletion completion)
    {
        // Between NextLiving and here the driver may have died: then on to the next.
        if (to.Pass(completion, completion.Flight, HolderId.Custodian, ActorRefs.NoSender) == PassResult.NobodyThere)
            CarryHome(completion.Flight.Head);
    }

    private void Ground(Parcel parcel)
    {
        parcel.Next = null;
        if (parcel is NetBufferList { Operation: OffloadOperation.ReceiveIndicate } list)
            Stash(list);
        else if (parcel.Operation != OffloadOperation.ReachabilityQuery)
            stack.Ledger.CountOrphaned();
        bool received = parcel.Operation == OffloadOperation.Receive;
        ConnectionEntry? entry = received ? stack.Handles.Find(parcel.Connection) : null;
        Landing.Land(stack, new Flight(parcel.Custody.Flight, parcel, 1), HolderId.Custodian);
        // A fresh binding may have looked for the FIN before the last bytes in front of it were landed here.
        if (entry?.SaidDisconnect is { } fin)
            SayAgain(fin);
    }

    /// <summary>Received data whose connection died: what the host did not take is kept for its terminate.</summary>
    private void Stash(NetBufferList list)
    {
        if (stack.Handles.Find(list.Connection) is not { } entry)
            return;
        lock (entry.Lock)
            if (list.Status == NdisStatus.Success)
                entry.AcceptReturned(list);
            else
                entry.TakeBack(list);
        entry.Edge.Tell(LookAgain.Instance, ActorRefs.NoSender);
    }

    private void SayAgain(TcpOffloadEvent said)
    {
        // The connection remembers what it said; a fresh binding reads it there. A living one is told directly.
        if (stack.Handles.Find(said.Connection) is { Top: { } top } entry && !top.Tell(said, ActorRefs.NoSender)
            && !stack.EmptyPlaces.IsEmptyFor(top, entry))
            top.Tell(said, ActorRefs.NoSender);
    }

    /// <summary>Tells the host to take a connection back: its way is broken for good, or paused. Once: what was said
    /// stays with the connection, where a fresh binding reads it.</summary>
    public void AskBack(ConnectionEntry entry, TcpUploadReason reason)
    {
        if (entry.MustUpload)
            return;
        var wish = new TcpOffloadEvent(entry.Handle, TcpOffloadEventType.Retrieve, (long)reason, 0);
        entry.SaidLast = wish;
        SayAgain(wish);
    }

    private void Redirect(TcpOffloadReceiveAccepted accepted)
    {
        if (stack.Handles.Find(accepted.Connection) is not { } entry)
            return;
        if (entry.Edge.Tell(accepted, ActorRefs.NoSender))
            return;
        lock (entry.Lock)
            entry.AcceptThrough(accepted.Through);
        entry.Edge.Tell(LookAgain.Instance, ActorRefs.NoSender);
    }
}

/// <summary>To a shelf: the actor of this connection is gone and the target has let go; start a fresh one.</summary>
internal sealed record ConnectionOrphaned(ConnectionEntry Entry) : INoSerializationVerificationNeeded;

/// <summary>To a connection: its entry changed behind its back.</summary>
internal sealed class LookAgain : INoSerializationVerificationNeeded
{
    public static readonly LookAgain Instance = new();
}

/// <summary>The target's answer to a sever comes here, on the target's thread.</summary>
internal sealed class SeverUpcalls(Custodian custodian, ConnectionEntry entry, DriverStack stack) : IOffloadUpcalls
{
    public HolderId Holder => HolderId.Custodian;

    public NetBufferListPool ReceivePool => stack.Indications;

    public void Complete(OffloadCompletion completion)
    {
        // A target that completes after it was told to sever completes parked parcels: the sweep takes them.
    }

    public void Indicate(OffloadIndication indication)
    {
        if (indication is Severed severed)
            custodian.Sweep(entry, severed);
    }
}
