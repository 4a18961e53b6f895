using System.Net.Sockets;
using Akka.Actor;
using ChimneyActors.Buffers;
using ChimneyActors.Miniports;
using ChimneyActors.Ndis;
using ChimneyActors.Supervision;
using ChimneyActors.Unit.Support;

namespace ChimneyActors.Unit.Miniports;

/// <summary>What stands in for a dead connection, alone: what it says, what it waits for, what it gives back.</summary>
public sealed class StrandedConnectionActorSpecs : AloneSpec
{
    private readonly Ear _above = new("tcpip");
    private readonly HolderId _me = HolderId.Next();
    private readonly Socket _socket = StackSpec.NewSocket();
    private IActorRef _standIn = null!;

    public StrandedConnectionActorSpecs()
    {
        Entry.Join(_above.Edge);
        Entry.Join(Entry.Edge);
        (Entry.Begun, Entry.Holder) = (true, _me);
    }

    protected override void AfterAll()
    {
        base.AfterAll();
        _socket.Dispose();
    }

    [Theory]
    [InlineData(true, TcpOffloadEventType.Retrieve, (long)TcpUploadReason.HardwareFailure)]
    [InlineData(false, TcpOffloadEventType.Abort, 0)]
    public void It_asks_once_to_be_fetched_or_says_that_all_is_lost(
        bool isGood, TcpOffloadEventType type, long information)
    {
        StandIn(isGood, received: 0);
        _standIn.Tell(StrandedConnectionActor.Begin);
        _standIn.Tell(StrandedConnectionActor.Begin);
        _above.Heard.ShouldBe([new TcpOffloadEvent(Entry.Handle, type, information, 0)]);
        Entry.SaidLast.ShouldBe(_above.Heard[0]);
    }

    [Fact]
    public void After_an_abort_nothing_asks_to_be_fetched()
    {
        Entry.SaidLast = new TcpOffloadEvent(Entry.Handle, TcpOffloadEventType.Abort, 0, 0);
        StandIn(isGood: false, received: 0);
        _standIn.Tell(StrandedConnectionActor.Begin);
        _above.Heard.ShouldBeEmpty();
    }

    [Theory]
    [InlineData(true, NdisStatus.Success)]
    [InlineData(false, NdisStatus.Failure)]
    public void A_terminate_succeeds_if_there_is_a_socket_to_give_back(bool isGood, NdisStatus status)
    {
        StandIn(isGood, received: 0);

        OffloadBlock block = Terminate();

        _above.Heard.ShouldHaveSingleItem().ShouldBeOfType<TerminateOffloadComplete>().Block.ShouldBe(block);
        (block.Status, block.Socket).ShouldBe((status, isGood ? _socket : null));
        (Entry.Ended, Entry.StateOperations.Count, Entry.Edge.Current).ShouldBe((true, 0, null));
    }

    [Fact]
    public void The_terminate_waits_for_every_byte_that_was_indicated()
    {
        Entry.IndicatedThrough = 8;
        Entry.AcceptedThrough = 4;
        StandIn(isGood: true, received: 4);     // the target knows of four, the other four are on their way up
        OffloadBlock block = Terminate();
        _above.Heard.ShouldBeEmpty();

        _standIn.Tell(new TcpOffloadReceiveAccepted(Entry.Handle, 7));
        _above.Heard.ShouldBeEmpty();
        _standIn.Tell(new TcpOffloadReceiveAccepted(Entry.Handle, 8));

        (_above.Heard.Count, block.Status, block.Positions.Received).ShouldBe((1, NdisStatus.Success, 8));
    }

    [Fact]
    public void The_terminate_waits_for_every_byte_that_the_target_received()
    {
        StandIn(isGood: true, received: 4);
        OffloadBlock block = Terminate();
        _above.Heard.ShouldBeEmpty();
        TcpOffloadReceiveIndicate late = Received(_above.Holder, 4, 0);
        late.Flight.Head.Frames.Push(Entry.Edge, null);

        Refuse(_above, Entry.Edge, late, neverSeen: true);

        _above.Heard.Count.ShouldBe(1);
        (block.BufferedData.Length, block.Positions.Received, Stack.Indications.Out).ShouldBe((4, 4, 0));
    }

    [Fact]
    public void A_terminate_that_comes_twice_is_held_once()
    {
        StandIn(isGood: true, received: 4);
        OffloadBlock block = Terminate();
        _standIn.Tell(new TerminateOffload(new Flight(block.Custody.Flight, block, 1)));
        (Entry.StateOperations.Count, Stack.Ledger.Reports.ShouldHaveSingleItem().Check)
            .ShouldBe((1, VerifierCheck.UseAfterHandOver));

        _standIn.Tell(new TcpOffloadReceiveAccepted(Entry.Handle, 4));

        _above.Heard.Count.ShouldBe(1);
    }

    [Fact]
    public void What_the_host_returned_has_turned_up_without_a_watermark()
    {
        StandIn(isGood: true, received: 4);
        OffloadBlock block = Terminate();
        TcpOffloadReceiveIndicate late = Received(_above.Holder, 4, 0);
        late.Flight.Head.Frames.Push(Entry.Edge, null);

        OffloadCompletion back = Complete(late.Flight.Head, NdisStatus.Success, 4);
        Entry.Edge.Pass(back, back.Flight, _above.Holder, null).ShouldBe(PassResult.Passed);

        _above.Heard.Count.ShouldBe(1);
        (block.BufferedData.Length, block.Positions.Received, Stack.Indications.Out).ShouldBe((0, 4, 0));
    }

    [Fact]
    public void Bytes_that_are_on_their_way_are_waited_for_as_long_as_a_target_may_take()
    {
        Entry.IndicatedThrough = 4;
        StandIn(isGood: true, received: 4);
        OffloadBlock block = Terminate();
        Clock.Move(Stack.Settings.SeverDeadline - TimeSpan.FromTicks(2));
        _standIn.Tell(HangSuspect.Instance);
        (_above.Heard.Count, Stack.Ledger.Violations).ShouldBe((0, 0));

        Clock.Move(TimeSpan.FromTicks(2));
        _standIn.Tell(HangSuspect.Instance);

        Stack.Ledger.Reports.ShouldHaveSingleItem().Check.ShouldBe(VerifierCheck.ByteAccount);
        (block.Status, block.Socket, _socket.SafeHandle.IsClosed).ShouldBe((NdisStatus.Failure, null, true));
    }

    [Theory]
    [InlineData(true, NdisStatus.UploadInProgress)]
    [InlineData(false, NdisStatus.RequestAborted)]
    public void Nothing_goes_down_from_here(bool isGood, NdisStatus status)
    {
        StandIn(isGood, received: 0);
        Flight flight = Depart(_above, OffloadOperation.Send, 3);
        Entry.Edge.Pass(new TcpOffloadSend(flight), flight, _above.Holder, null);
        _above.Heard.ShouldHaveSingleItem().ShouldBeOfType<TcpOffloadSendComplete>();
        flight.Head.Status.ShouldBe(status);
    }

    private void StandIn(bool isGood, long received)
    {
        Entry.Remains = new Severed(Entry.Handle, new StreamPositions(0, 0, received),
            TcpConnectionState.Established, isGood ? _socket : null, default, 0, false);
        _standIn = Start(Entry.Edge, _me, Props.Create(() => new StrandedConnectionActor(Stack, Entry, _me)));
    }

    private OffloadBlock Terminate()
    {
        var block = new OffloadBlock { Operation = OffloadOperation.Terminate, Connection = Entry.Handle };
        block.Frames.Push(_above.Edge, null);
        Flight flight = Flight.Depart(block, _above.Holder);
        Entry.Edge.Pass(new TerminateOffload(flight), flight, _above.Holder, null)
            .ShouldBe(PassResult.Passed);
        return block;
    }
}
