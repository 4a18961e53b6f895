using Akka.Actor;
using ChimneyActors.Buffers;
using ChimneyActors.Intermediates;
using ChimneyActors.Ndis;
using ChimneyActors.Supervision;
using ChimneyActors.Unit.Support;

namespace ChimneyActors.Unit.Intermediates;

/// <summary>A pass-through driver alone: what it leaves on a parcel, and whom it tells.</summary>
public sealed class IntermediateActorSpecs : AloneSpec
{
    private readonly Ear _above = new("tcpip");
    private readonly Ear _below = new("nic0");
    private readonly Edge _mux = new("mux0");
    private readonly HolderId _me = HolderId.Next();
    private readonly IActorRef _driver;

    public IntermediateActorSpecs()
    {
        Entry.Join(_above.Edge);
        _driver = Start(_mux, _me, Props.Create(
            () => new IntermediateActor(Stack, _mux, _me, new Lowers(_below.Edge), 0)));
    }

    [Fact]
    public void An_initiate_lets_it_join_and_leaves_its_context()
    {
        var block = new OffloadBlock { Operation = OffloadOperation.Initiate, Connection = Entry.Handle };
        block.Frames.Push(_above.Edge, null);
        Flight flight = Flight.Depart(block, _above.Holder);

        _mux.Pass(new InitiateOffload(flight), flight, _above.Holder, null);

        _below.Heard.ShouldHaveSingleItem().ShouldBeOfType<InitiateOffload>();
        (block.Frames.Depth, block.Frames.Top).ShouldBe((2, new ContextFrame(_mux, _above.Edge)));
        Entry.Below(_above.Edge).ShouldBe(_mux);
    }

    [Fact]
    public void Every_member_of_a_chain_gets_a_context_and_loses_it_on_its_way_home()
    {
        JoinAll();
        Flight flight = Depart(_above, OffloadOperation.Send, 1);
        Parcel second = Depart(_above, OffloadOperation.Send, 1, 1).Head;
        flight.Head.Next = second;
        second.Custody.Set(CustodyState.Outstanding, flight.Id, HolderId.Chain);
        flight = flight with { Count = 2 };

        _mux.Pass(new TcpOffloadSend(flight), flight, _above.Holder, null);

        Parcel[] both = [flight.Head, second];
        both.ShouldAllBe(parcel => parcel.Frames.Depth == 2 && parcel.Frames.Top.Driver == _mux
            && parcel.Frames.Top.AnswerTo == _above.Edge);
        flight.Disperse(_below.Holder);
        var won = default(WonChain);
        foreach (Parcel parcel in both)
        {
            parcel.Claim().TryComplete(NdisStatus.Success, 1).ShouldBeTrue();
            won.Add(parcel);
        }
        OffloadCompletion completion = won.ToCompletion();
        _mux.Pass(completion, completion.Flight, _below.Holder, null);

        _above.Heard.ShouldBe([completion]);
        both.ShouldAllBe(parcel => parcel.Frames.Depth == 1 && parcel.Frames.Top.Driver == _above.Edge);
        Stack.Ledger.Violations.ShouldBe(0);
    }

    [Fact]
    public void A_watermark_goes_down_and_an_event_up()
    {
        JoinAll();
        var accepted = new TcpOffloadReceiveAccepted(Entry.Handle, 5);
        var said = new TcpOffloadEvent(Entry.Handle, TcpOffloadEventType.Disconnect, 0, 5);
        _driver.Tell(accepted);
        _driver.Tell(said);
        _below.Heard.ShouldBe([accepted]);
        _above.Heard.ShouldBe([said]);
    }

    [Fact]
    public void Received_data_goes_up_with_its_context()
    {
        JoinAll();
        TcpOffloadReceiveIndicate indication = Received(_below.Holder, 4, 0);
        indication.Flight.Head.Frames.Push(_below.Edge, null);
        _mux.Pass(indication, indication.Flight, _below.Holder, null);
        _above.Heard.ShouldBe([indication]);
        indication.Flight.Head.Frames.Top.ShouldBe(new ContextFrame(_mux, _below.Edge));
    }

    [Fact]
    public void Received_data_without_a_way_up_goes_back_to_where_it_came_from()
    {
        TcpOffloadReceiveIndicate indication = Received(_below.Holder, 4, 0);     // of a layer that never joined
        Parcel list = indication.Flight.Head;
        list.Frames.Push(_below.Edge, null);

        _mux.Pass(indication, indication.Flight, _below.Holder, null);

        TcpOffloadReceiveRefused back =
            _below.Heard.ShouldHaveSingleItem().ShouldBeOfType<TcpOffloadReceiveRefused>();
        (back.Flight.Head, back.Flight.IsHeldBy(_below.Holder), list.BroughtHome).ShouldBe((list, true, true));
        Stack.Ledger.Violations.ShouldBe(0);
    }

    [Fact]
    public void A_request_of_a_connection_that_has_ended_goes_home()
    {
        JoinAll();
        Stack.Handles.Remove(Entry);
        Flight flight = Depart(_above, OffloadOperation.Send, 1);
        _mux.Pass(new TcpOffloadSend(flight), flight, _above.Holder, null);
        _above.Heard.ShouldHaveSingleItem().ShouldBeOfType<TcpOffloadSendComplete>();
        (_below.Heard.Count, flight.Head.Frames.Depth).ShouldBe((0, 1));
    }

    [Fact]
    public void A_fresh_driver_says_that_it_is_there_to_who_waits_for_it()
    {
        var waiting = new Ear("connection");
        Entry.Edge.PointAt(waiting, waiting.Holder);
        JoinAll();
        _driver.Tell(InPlace.Instance);
        waiting.Heard.ShouldBeEmpty();
        _mux.Retire(_me);
        Entry.IsOpenAbove(Stack.EmptyPlaces).ShouldBeFalse();
        _mux.PointAt(_driver, _me);

        _driver.Tell(InPlace.Instance);

        waiting.Heard.ShouldBe([LookAgain.Instance]);
    }

    private void JoinAll()
    {
        Entry.Join(_mux);
        Entry.Join(_below.Edge);
    }
}
