using ChimneyActors.Buffers;
using ChimneyActors.Ndis;
using ChimneyActors.Supervision;
using ChimneyActors.Supervision.Lifecycle;

namespace ChimneyActors.Protocols;

/// <summary>Top driver: rents NET_BUFFER_LISTs, sends them down, lands them, answers the user.</summary>
internal sealed partial class BindingActor(
    DriverStack stack, Edge edge, HolderId me, BindingNode node, BindingQueue queue) : DriverActor(stack, edge, me)
{
    private FlightIds _flights;

    protected override void OnPlaced()
    {
        Self.Tell(BindingQueue.RoomMessage, Self);
        Self.Tell(HearAgain.Instance, Self);
        if (_isHolding && !node.IsHeld)
            Self.Tell(ReleaseHeld, Self);
    }

    /// <summary>What it said while nobody listened.</summary>
    protected override void OnAwaitedBy(ConnectionEntry entry)
    {
        if (entry.SaidDisconnect is { } fin)
            Self.Tell(fin, Self);
        if (entry.SaidLast is { } last)
            Self.Tell(last, Self);
    }

    protected override void Handle(object message)
    {
        switch (message)
        {
            case Post post: Take(post); break;
            case StatePost post: Take(post); break;
            case TreePost post: Take(post); break;
            case LeaveNotice notice: Close(notice.Connection); break;
            case PoolHasRoom: DrainAll(); break;
            case OffloadCompletion completion: Land(completion); break;
            case TcpOffloadReceiveIndicate indication: Offer(indication); break;
            case TcpOffloadEvent said: Hear(said); break;
            case NeighborReachabilityQuery query: Answer(query); break;
            case NeighborReachabilityInDoubt doubt: HearOfDoubt(doubt); break;
            case OidPost post: Take(post); break;
            case CancelNotice notice: Cancel(notice.Send); break;
            case IndicateStatus or HearAgain: HearStatuses(); break;
            case LifeEvent told: OnLife(told); break;
            case var own when own == ReleaseHeld: Release(); break;
            default: Unhandled(message); break;
        }
    }

    private void Take(Post post)
    {
        queue.Gaps?.Move(post);
        if (post.IsUrgent)
            queue.Refuse(post.Connection, NdisStatus.RequestAborted);
        // What is posted after the terminate does not wait behind others for room that it will not use.
        bool waits = queue.First(BindingQueue.LaneOf(post)) is not null && !IsOver(post.Connection);
        Post? rest = waits ? post : Depart(post);
        if (rest is not null)
            queue.Add(rest);
    }

    /// <summary>One that waits was never on a journey: it has no list, no flight and no holder.</summary>
    private void Cancel(Post send)
    {
        if (queue.TryCancel(send))
            send.Refuse(NdisStatus.SendAborted);
    }

    private void DrainAll()
    {
        for (int lane = 0; lane < queue.Lanes; lane++)
            while (queue.First(lane) is { } first && Depart(first, lane) is null)
            {
            }
        queue.PassOn();
    }

    /// <summary>Rents a list for each member, as far as there are any, and sends them down as one chain.</summary>
    /// <param name="post">The first of a chain of posts.</param>
    /// <param name="lane">The lane of the queue it waits in; -1 if it does not.</param>
    /// <returns>The members that found no room.</returns>
    private Post? Depart(Post post, int lane = -1)
    {
        // After its terminate nothing is posted on a connection any more (SEND-17, TERM-04).
        bool ended = IsOver(post.Connection);
        Post? rest = null;
        NetBufferList? head = ended ? null : Rent(post, out rest);
        if (head is null && !ended)
            return post;
        if (lane >= 0)
            queue.Advance(lane, rest);
        if (ended)
        {
            for (Post? member = post; member is not null; member = member.Next)
                member.Refuse(post.Connection.Leaving ? NdisStatus.UploadInProgress : NdisStatus.RequestAborted);
            return null;
        }
        int posted = 0;
        for (Post? member = post; member != rest; member = member.Next, posted++)
            member!.IsSafe = true;
        queue.Tally.CountPosted(posted);
        if (post.Operation == OffloadOperation.Receive)
            post.Connection.Refusing = false;
        Send(post.Connection.Entry!, post, Flight.Depart(head!, Me, _flights.Next()));
        return rest;
    }

    private static bool IsOver(BindingConnection connection) =>
        connection.Leaving || connection.Entry is not { Ended: false };

    private void Send(ConnectionEntry entry, Post post, Flight flight)
    {
        AlsoInHand(flight);
        flight.Push(Edge);
        OffloadRequest request = post.Operation switch
        {
            OffloadOperation.Send => new TcpOffloadSend(flight),
            OffloadOperation.Receive => new TcpOffloadReceive(flight),
            OffloadOperation.Forward => new TcpOffloadForward(flight),
            _ => new TcpOffloadDisconnect(flight, post.Kind),
        };
        Between();
        Pass(entry.Below(Edge) ?? node.Lower.Driver, request, flight);
    }

    private NetBufferList? Rent(Post post, out Post? rest)
    {
        int wanted = 1;
        for (Post? member = post.Next; member is not null; member = member.Next)
            wanted++;
        NetBufferList? head = queue.Rent(post.Operation, wanted);
        rest = post;
        for (Parcel? list = head; list is not null; list = list.Next)
        {
            Fill((NetBufferList)list, rest!);
            rest = rest!.Next;
        }
        return head;
    }

    private static void Fill(NetBufferList list, Post post)
    {
        list.Operation = post.Operation;
        list.Connection = post.Connection.Entry!.Handle;
        list.StreamOffset = post.StreamOffset;
        list.Flags = (int)post.Kind;
        list.NoPush = post.NoPush;
        list.BytesFilled = post.BytesFilled;
        list.ProtocolReserved = post;
        if (post.IsGathered)
            list.Attach(post.Pieces);
        else
            list.FirstNetBuffer.Attach(post.Memory);
    }

    private void Take(StatePost post)
    {
        BindingConnection connection = post.Connection;
        OffloadBlock block = post.Block;
        if (post.Operation == OffloadOperation.Initiate && !node.MayOffload)
        {
            post.Refuse(NdisStatus.Paused);
            return;
        }
        if (post.Operation == OffloadOperation.Initiate)
        {
            ConnectionEntry created = Stack.Handles.Add();
            Stack.Disconnects.Reserve(2);
            created.ProtocolContext = connection;
            created.Join(Edge);
            connection.Entry = created;
            connection.Begin(block);
        }
        else if (post.Operation == OffloadOperation.Terminate && connection.Entry is { Ended: false })
        {
            Close(connection);
        }
        else if (IsOver(connection))    // after the terminate nothing is asked any more (TERM-04)
        {
            post.Lost();
            return;
        }
        ConnectionEntry entry = connection.Entry!;
        Flight flight = post.Depart(entry, Me);
        AlsoInHand(flight);
        bool initiate = post.Operation == OffloadOperation.Initiate;
        OffloadRequest request = post.Operation switch
        {
            OffloadOperation.Initiate => new InitiateOffload(flight),
            OffloadOperation.Terminate => new TerminateOffload(flight),
            OffloadOperation.Query => new QueryOffload(flight),
            OffloadOperation.Update => new UpdateOffload(flight),
            _ => new InvalidateOffload(flight),
        };
        Between();
        Pass(initiate ? node.Lower.Driver : entry.Below(Edge) ?? node.Lower.Driver, request, flight);
    }

    private void Close(BindingConnection connection)
    {
        connection.Leaving = true;
        queue.Refuse(connection, NdisStatus.UploadInProgress);
    }

    private void Land(OffloadCompletion completion)
    {
        for (Parcel? parcel = completion.Flight.Head; parcel is not null; parcel = parcel.Next)
            if (!parcel.Frames.TryFollow(Edge.Beginning, null))
                PopAll(parcel);
        Between();
        BindingConnection? connection = completion is TcpOffloadReceiveComplete ? Find(completion.Connection) : null;
        Landing.Land(Stack, completion.Flight, Me, queue.Tally);
        if (connection is not null)
            CheckFin(connection);
    }

    private void PopAll(Parcel parcel)
    {
        while (parcel.Frames.Depth > 0 && parcel.Frames.Pop().Driver is var left && left != Edge)
            Stack.Ledger.Report(VerifierCheck.ContextDepth, left.Name, parcel, parcel.Custody.Flight,
                "left its context on a parcel that came home");
    }

    private void Offer(TcpOffloadReceiveIndicate indication)
    {
        var list = (NetBufferList)indication.Flight.Head;
        long length = list.FirstNetBuffer.DataLength;
        if (Find(indication.Connection) is not { } connection)
        {
            Refuse(indication, again: false);
            return;
        }
        if (connection.Leaving || connection.Refusing)
        {
            Refuse(indication, again: false);
            return;
        }
        if (list.StreamOffset != connection.Received)
        {
            Refuse(indication, again: true);    // something before it was lost on the way: both come again, in order
            return;
        }
        Between();
        // No crash may come between here and the end: the host has the data and the watermark must follow.
        FlightId flight = indication.Flight.Id;
        if (!Lending.Lend(Stack, indication.Flight, Me))
            return;
        connection.AddReceived(length, atHome: true);
        long taken = Told(connection, list, flight);
        // Who has returned the data has taken it all, whatever the callback says or throws after that.
        if (taken < length && Lending.Refuse(Stack, list, flight, taken))
        {
            connection.AddReceived(taken - length, atHome: true);
            connection.Refusing = true;
            return;
        }
        Tell(connection.Entry!.Below(Edge), new TcpOffloadReceiveAccepted(indication.Connection, connection.Received));
        CheckFin(connection);
    }

    private long Told(BindingConnection connection, NetBufferList list, FlightId flight)
    {
        try
        {
            return connection.User.Offer(list, flight);
        }
        catch (Exception exception)
        {
            Stack.OnUserError?.Invoke(exception);
            return 0;
        }
    }

    private void Refuse(TcpOffloadReceiveIndicate indication, bool again)
    {
        Parcel list = indication.Flight.Head;
        if (!list.TryComplete(indication.Flight.Id, Me, NdisStatus.OffloadDataNotAccepted, 0))
            return;
        list.BroughtHome = again;
        OffloadCompletion refusal = OffloadCompletion.Of(list, 1);
        Pass((Edge)list.Frames.Top.Driver, refusal, refusal.Flight);
    }

    private void Hear(TcpOffloadEvent said)
    {
        if (Find(said.Connection) is not { } connection)
        {
            HearOfObject(said);
            return;
        }
        Between();
        switch (said.Type)
        {
            case TcpOffloadEventType.Disconnect:
                connection.EarlyFin = said;
                CheckFin(connection);
                break;
            case TcpOffloadEventType.Abort when connection.Told != TcpOffloadEventType.Abort:
                connection.Told = TcpOffloadEventType.Abort;
                TellUser(connection.User.Aborted);
                break;
            case TcpOffloadEventType.Retrieve when connection.Told != TcpOffloadEventType.Abort:
                TellWish(connection, (TcpUploadReason)said.Information);
                break;
            case TcpOffloadEventType.SendBacklogChange:
                TellBacklog(connection, said.Information);
                break;
            default:
                break;
        }
    }

    private void TellBacklog(BindingConnection connection, long bytes) =>
        TellUser(() => connection.User.SendBacklogChanged(bytes));

    /// <summary>Once; but a reason that leaves no choice is told after one that did (EVT-10, EVT-11).</summary>
    private void TellWish(BindingConnection connection, TcpUploadReason reason)
    {
        bool mandatory = OffloadEvents.IsMandatory(reason);
        if (connection.ToldMustUpload || (connection.Told == TcpOffloadEventType.Retrieve && !mandatory))
            return;
        connection.Told = TcpOffloadEventType.Retrieve;
        connection.ToldMustUpload = mandatory;
        TellUser(() => connection.User.UploadWanted(reason));
    }

    private void CheckFin(BindingConnection connection)
    {
        if (connection.Told == TcpOffloadEventType.Abort)
            return;     // Disconnect never follows Abort (EVT-22)
        if (connection.ToldFin || connection.EarlyFin is not { } fin || connection.Received < fin.StreamOffset)
            return;
        connection.ToldFin = true;
        TellUser(connection.User.PeerClosed);
    }

    private void TellUser(Action call)
    {
        try
        {
            call();
        }
        catch (Exception exception)
        {
            Stack.OnUserError?.Invoke(exception);
        }
    }

    private BindingConnection? Find(OffloadHandle handle) =>
        Stack.Handles.Find(handle)?.ProtocolContext as BindingConnection;
}
