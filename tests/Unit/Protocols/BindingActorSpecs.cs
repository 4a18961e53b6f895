using Akka.Actor;
using ChimneyActors.Buffers;
using ChimneyActors.Ndis;
using ChimneyActors.Protocols;
using ChimneyActors.Supervision;
using ChimneyActors.Supervision.Lifecycle;
using ChimneyActors.Unit.Support;

namespace ChimneyActors.Unit.Protocols;

/// <summary>A binding alone, over a driver that only listens: what it sends down, and what it tells its host.</summary>
public sealed class BindingActorSpecs : AloneSpec
{
    private readonly Edge _edge = new("tcpip");
    private readonly Ear _below = new("mux0");
    private readonly HolderId _me = HolderId.Next();
    private readonly BindingQueue _queue;
    private readonly BindingNode _node;
    private readonly Host _host = new();
    private readonly BindingConnection _connection;
    private readonly IActorRef _binding;

    public BindingActorSpecs()
    {
        _queue = new BindingQueue(Stack, _edge);
        _node = Life.AtWork(_edge, _below.Edge);
        _connection = new BindingConnection(Stack, _edge, _host) { Entry = Entry };
        Entry.ProtocolContext = _connection;
        Entry.Join(_edge);
        Entry.Join(_below.Edge);
        _binding = Start(_edge, _me, Props.Create(
            () => new BindingActor(Stack, _edge, _me, _node, _queue)));
    }

    [Fact]
    public void A_chain_of_posts_goes_down_as_one_chain_each_with_its_own_place_in_the_stream()
    {
        TestPost[] posts = Chain((10, 3), (13, 5), (18, 1));
        _binding.Tell(posts[0]);
        Flight flight = _below.Heard.ShouldHaveSingleItem().ShouldBeOfType<TcpOffloadSend>().Flight;
        flight.Count.ShouldBe(3);
        Members(flight).Select(list => (list.StreamOffset, list.DataLength, list.ProtocolReserved)).ShouldBe(
            [(10, 3, posts[0]), (13, 5, posts[1]), (18, 1, posts[2])]);
        posts.ShouldAllBe(post => post.IsSafe && post.Answers.Count == 0);
        Stack.Ledger.Posted.ShouldBe(3);
    }

    [Fact]
    public void What_found_no_room_waits_and_travels_once()
    {
        NetBufferList[] all = [.. Enumerable.Range(0, 7).Select(_ => Stack.Sends.Rent(null)!)];
        TestPost[] posts = Chain((0, 1), (1, 1), (2, 1));
        _binding.Tell(posts[0]);
        (_below.Heard.Count, _queue.First(0)).ShouldBe((1, posts[1]));

        Stack.Sends.Return(all[0]);
        (_below.Heard.Count, _queue.First(0)).ShouldBe((2, posts[2]));
        Stack.Sends.Return(all[1]);
        (_below.Heard.Count, _queue.IsEmpty).ShouldBe((3, true));
        Stack.Sends.Return(all[2]);
        _binding.Tell(BindingQueue.RoomMessage);

        _below.Heard.Cast<TcpOffloadSend>().SelectMany(sent => Members(sent.Flight))
            .Select(list => list.ProtocolReserved).ShouldBe(posts);
    }

    [Fact]
    public void Room_that_it_does_not_want_goes_to_the_next_who_waits()
    {
        NetBufferList[] all = [.. Enumerable.Range(0, 8).Select(_ => Stack.Sends.Rent(null)!)];
        var post = new TestPost(_connection, OffloadOperation.Send);
        _binding.Tell(post);
        var other = new Ear("other");
        new BindingQueue(Stack, other.Edge).Rent(OffloadOperation.Send, 1).ShouldBeNull();
        _queue.Refuse(_connection, NdisStatus.UploadInProgress);    // it was waiting, and does no longer

        Stack.Sends.Return(all[0]);

        _below.Heard.ShouldBeEmpty();
        other.Heard.ShouldBe([BindingQueue.RoomMessage]);
    }

    [Fact]
    public void An_abort_overtakes_what_waits_and_answers_it()
    {
        foreach (int _ in Enumerable.Range(0, 8))
            Stack.Sends.Rent(null);
        var waits = new TestPost(_connection, OffloadOperation.Send);
        _binding.Tell(waits);
        waits.Answers.ShouldBeEmpty();
        Stack.Disconnects.Reserve(2);

        _binding.Tell(new TestPost(_connection, OffloadOperation.Disconnect) { Kind = DisconnectKind.Abortive });

        waits.Answers.ShouldBe([(NdisStatus.RequestAborted, 0)]);
        _below.Heard.ShouldHaveSingleItem().ShouldBeOfType<TcpOffloadDisconnect>().Kind
            .ShouldBe(DisconnectKind.Abortive);
        _queue.IsEmpty.ShouldBeTrue();
    }

    [Fact]
    public void Data_in_its_place_is_lent_and_the_watermark_follows()
    {
        TcpOffloadReceiveIndicate offered = Offer(4, 0);
        _host.Offered.ShouldBe([offered.Flight.Head]);
        offered.Flight.IsHeldBy(Stack.Lender).ShouldBeTrue();
        _below.Heard.ShouldBe([new TcpOffloadReceiveAccepted(Entry.Handle, 4)]);
        _connection.Received.ShouldBe(4);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Data_that_the_host_does_not_want_is_not_counted(bool throws)
    {
        (_host.Takes, _host.Throws) = (false, throws);
        TcpOffloadReceiveIndicate offered = Offer(4, 0);
        Refused().ShouldBe([offered.Flight.Head]);
        (_connection.Received, _connection.Refusing, offered.Flight.Head.BroughtHome).ShouldBe((0, true, false));
    }

    [Fact]
    public void After_a_refusal_nothing_is_offered_until_a_receive_is_posted()
    {
        _host.Takes = false;
        Offer(4, 0);
        Offer(4, 0);
        _host.Offered.Count.ShouldBe(1);
        _host.Takes = true;
        _binding.Tell(new TestPost(_connection, OffloadOperation.Receive));
        Offer(4, 0);
        _host.Offered.Count.ShouldBe(2);
    }

    [Fact]
    public void Data_past_a_gap_comes_again()
    {
        TcpOffloadReceiveIndicate early = Offer(4, 4);
        Refused().ShouldBe([early.Flight.Head]);
        (early.Flight.Head.BroughtHome, _host.Offered.Count).ShouldBe((true, 0));
    }

    [Fact]
    public void A_host_that_leaves_is_offered_nothing()
    {
        _connection.Leaving = true;
        TcpOffloadReceiveIndicate offered = Offer(4, 0);
        Refused().ShouldBe([offered.Flight.Head]);
        (offered.Flight.Head.BroughtHome, _host.Offered.Count, _connection.Received).ShouldBe((false, 0, 0));
    }

    [Fact]
    public void The_fin_is_told_once_and_only_behind_the_last_byte()
    {
        var fin = new TcpOffloadEvent(Entry.Handle, TcpOffloadEventType.Disconnect, 0, 8);
        _binding.Tell(fin);
        Offer(4, 0);
        _host.Heard.ShouldBeEmpty();
        Offer(4, 4);
        _host.Heard.ShouldBe(["fin"]);
        _binding.Tell(fin);
        _host.Heard.ShouldBe(["fin"]);
    }

    [Fact]
    public void The_fin_is_told_when_a_receive_brings_the_last_byte()
    {
        _binding.Tell(new TestPost(_connection, OffloadOperation.Receive) { Memory = new byte[4] });
        Flight flight = _below.Heard.ShouldHaveSingleItem().ShouldBeOfType<TcpOffloadReceive>().Flight;
        _binding.Tell(new TcpOffloadEvent(Entry.Handle, TcpOffloadEventType.Disconnect, 0, 4));
        _host.Heard.ShouldBeEmpty();
        OffloadCompletion completion = Complete(flight.Head, NdisStatus.Success, 4);

        _edge.Pass(completion, completion.Flight, _below.Holder, null).ShouldBe(PassResult.Passed);

        _host.Heard.ShouldBe(["fin"]);
        Stack.Receives.Out.ShouldBe(0);
    }

    [Fact]
    public void A_fin_never_follows_an_abort()
    {
        _binding.Tell(new TcpOffloadEvent(Entry.Handle, TcpOffloadEventType.Abort, 0, 0));
        _binding.Tell(new TcpOffloadEvent(Entry.Handle, TcpOffloadEventType.Abort, 0, 0));
        _binding.Tell(new TcpOffloadEvent(Entry.Handle, TcpOffloadEventType.Disconnect, 0, 0));
        _binding.Tell(Wish(TcpUploadReason.UploadRequested));
        _host.Heard.ShouldBe(["abort"]);
    }

    [Fact]
    public void A_wish_is_told_once_and_one_without_a_choice_after_one_with()
    {
        foreach (TcpUploadReason reason in (TcpUploadReason[])[TcpUploadReason.SmallIO, TcpUploadReason.LowActivity,
            TcpUploadReason.HardwareFailure, TcpUploadReason.UploadRequested, TcpUploadReason.SmallIO])
            _binding.Tell(Wish(reason));
        _host.Heard.ShouldBe(["SmallIO", "HardwareFailure"]);
    }

    [Fact]
    public void What_was_said_while_nobody_listened_is_heard_by_the_fresh_binding()
    {
        ConnectionEntry others = Stack.Handles.Add();
        others.ProtocolContext = new BindingConnection(Stack, _edge, _host) { Entry = others };
        others.Join(new Edge("other"));
        others.SaidLast = new TcpOffloadEvent(
            others.Handle, TcpOffloadEventType.Retrieve, (long)TcpUploadReason.ReceivedUrgentData, 0);
        Entry.SaidDisconnect = new TcpOffloadEvent(Entry.Handle, TcpOffloadEventType.Disconnect, 0, 0);
        Entry.SaidLast = Wish(TcpUploadReason.HardwareFailure);
        Stack.EmptyPlaces.IsEmptyFor(_edge, Entry);
        Stack.EmptyPlaces.IsEmptyFor(new Edge("other"), others);

        _binding.Tell(InPlace.Instance);

        _host.Heard.ShouldBe(["fin", "HardwareFailure"]);
    }

    [Fact]
    public void A_post_that_waited_for_the_dead_binding_is_sent_by_the_fresh_one()
    {
        var post = new TestPost(_connection, OffloadOperation.Send);
        _queue.Add(post);
        _binding.Tell(InPlace.Instance);
        _below.Heard.ShouldHaveSingleItem().ShouldBeOfType<TcpOffloadSend>().Flight.Head.ProtocolReserved
            .ShouldBe(post);
        _queue.IsEmpty.ShouldBeTrue();
    }

    private TcpOffloadReceiveIndicate Offer(int bytes, long offset)
    {
        TcpOffloadReceiveIndicate indication = Received(_below.Holder, bytes, offset);
        indication.Flight.Head.Frames.Push(_below.Edge, null);
        _edge.Pass(indication, indication.Flight, _below.Holder, null).ShouldBe(PassResult.Passed);
        return indication;
    }

    private IEnumerable<Parcel> Refused() =>
        _below.Heard.OfType<TcpOffloadReceiveRefused>().Select(refused => refused.Flight.Head);

    private TcpOffloadEvent Wish(TcpUploadReason reason) =>
        new(Entry.Handle, TcpOffloadEventType.Retrieve, (long)reason, 0);

    private TestPost[] Chain(params (long Offset, int Length)[] posts)
    {
        TestPost[] chain = [.. posts.Select(post => new TestPost(_connection, OffloadOperation.Send)
        {
            StreamOffset = post.Offset,
            Memory = new byte[post.Length],
        })];
        for (int i = 1; i < chain.Length; i++)
            chain[i - 1].Next = chain[i];
        _connection.NextOffset = posts[^1].Offset + posts[^1].Length;
        return chain;
    }

    private static IEnumerable<NetBufferList> Members(Flight flight)
    {
        for (Parcel? parcel = flight.Head; parcel is not null; parcel = parcel.Next)
            yield return (NetBufferList)parcel;
    }

    private sealed class TestPost(BindingConnection connection, OffloadOperation operation)
        : Post(connection, operation)
    {
        public List<(NdisStatus Status, long Bytes)> Answers { get; } = [];

        protected override void OnDone(NdisStatus status, long bytes) => Answers.Add((status, bytes));
    }

    private sealed class Host : IBindingUser
    {
        public bool Takes { get; set; } = true;

        public bool Throws { get; set; }

        public List<NetBufferList> Offered { get; } = [];

        public List<string> Heard { get; } = [];

        public long TakesOnly { get; set; } = long.MaxValue;

        public long Offer(NetBufferList list, FlightId flight)
        {
            Offered.Add(list);
            if (Throws)
                throw new InvalidOperationException();
            return Takes ? Math.Min(TakesOnly, list.FirstNetBuffer.DataLength) : 0;
        }

        public void PeerClosed() => Heard.Add("fin");

        public void Aborted() => Heard.Add("abort");

        public void UploadWanted(TcpUploadReason reason) => Heard.Add(reason.ToString());

        public void SendBacklogChanged(long bytes) => Heard.Add($"backlog {bytes}");

        public void TakeBack(TcpUploadReason reason) => Heard.Add("taken back");
    }
}
