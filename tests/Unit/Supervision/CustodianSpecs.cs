using System.Net.Sockets;
using ChimneyActors.Buffers;
using ChimneyActors.Ndis;
using ChimneyActors.Supervision;
using ChimneyActors.Unit.Support;

namespace ChimneyActors.Unit.Supervision;

/// <summary>The custodian without actors: whom it tells what, and what it leaves alone.</summary>
public sealed class CustodianSpecs
{
    private readonly DriverStack _stack = Ear.StackWithoutActors();
    private readonly Ear _one = new("one");
    private readonly Ear _two = new("two");
    private readonly HolderId _dead = HolderId.Next();

    [Fact]
    public void A_chain_of_a_dead_driver_goes_to_each_owner_in_runs()
    {
        NetBufferList[] chain = _stack.Sends.Chain(5);
        Ear[] owners = [_one, _one, _two, _one, _one];
        for (int i = 0; i < chain.Length; i++)
            chain[i].Frames.Push(owners[i].Edge, null);
        Flight flight = Flight.Depart(chain[0], _dead);

        _stack.Custodian.TakeOver(flight, _dead);

        Flight[] ones = [.. _one.Heard.Cast<TcpOffloadSendComplete>().Select(heard => heard.Flight)];
        ones.Select(run => (run.Head, run.Count)).ShouldBe([(chain[0], 2), (chain[3], 2)]);
        ones.ShouldAllBe(run => run.IsHeldBy(_one.Holder));
        Flight two = _two.Heard.Cast<TcpOffloadSendComplete>().ShouldHaveSingleItem().Flight;
        (two.Head, two.Count, two.IsHeldBy(_two.Holder)).ShouldBe((chain[2], 1, true));
        chain.ShouldAllBe(list => list.Status == NdisStatus.UploadInProgress && list.BroughtHome);
        _stack.Ledger.BroughtHome.ShouldBe(5);
    }

    [Fact]
    public void Over_a_dead_driver_the_next_living_one_is_told()
    {
        NetBufferList list = _stack.Sends.Filled(OffloadOperation.Send, 4);
        list.Frames.Push(_one.Edge, null);
        list.Frames.Push(_two.Edge, null);
        _two.Die();
        Flight flight = Flight.Depart(list, _dead);

        _stack.Custodian.TakeOver(new TcpOffloadSend(flight), _dead);

        _one.Heard.Count.ShouldBe(1);
        list.Frames.Depth.ShouldBe(1, "the dead one's context is dropped");
    }

    [Fact]
    public void What_the_dead_did_not_hold_any_more_is_left_alone()
    {
        NetBufferList list = _stack.Sends.Filled(OffloadOperation.Send, 4);
        list.Frames.Push(_one.Edge, null);
        Flight flight = Flight.Depart(list, _two.Holder);

        _stack.Custodian.TakeOver(flight, _dead);

        flight.IsHeldBy(_two.Holder).ShouldBeTrue();
        (_one.Heard.Count, _stack.Ledger.BroughtHome).ShouldBe((0, 0));
    }

    [Fact]
    public void What_is_at_the_target_waits_until_that_has_let_go()
    {
        ConnectionEntry entry = Entry(_dead);
        NetBufferList list = Parked(entry, 0, 4);

        _stack.Custodian.TakeOver(new Flight(list.Custody.Flight, list, 1), _dead);
        list.Custody.Holder.ShouldBe(_dead);
        _one.Heard.ShouldBeEmpty();

        _stack.Custodian.Sweep(entry, Remains(entry, null));
        _one.Heard.Count.ShouldBe(1);
        (entry.Sends.Count, list.ParkedIn).ShouldBe((0, null));
    }

    [Fact]
    public async Task A_sweep_takes_only_what_the_dead_was_holding()
    {
        ConnectionEntry entry = Entry(_dead);
        NetBufferList taken = Parked(entry, 0, 4);
        NetBufferList other = Parked(entry, 4, 4);
        var theirs = new Flight(other.Custody.Flight, other, 1);
        theirs.TryPass(_dead, _two.Holder).ShouldBeTrue();

        await Task.Run(() => _stack.Custodian.Sweep(entry, Remains(entry, null)))
            .WaitAsync(TimeSpan.FromSeconds(StackSpec.Seconds));

        theirs.IsHeldBy(_two.Holder).ShouldBeTrue();
        (other.Custody.State, other.BroughtHome).ShouldBe((CustodyState.Outstanding, false));
        _one.Heard.Cast<TcpOffloadSendComplete>().Select(heard => heard.Flight.Head).ShouldBe([taken]);
    }

    [Fact]
    public void After_a_sweep_nobody_waits_for_the_target_any_more()
    {
        ConnectionEntry entry = Entry(_dead);
        var target = new PassiveTarget();
        entry.Target = target;
        Parked(entry, 0, 4);
        entry.OldestSince = 1;
        _stack.Custodian.Sever(entry);
        entry.SeverSince.ShouldNotBe(0);
        entry.Remains.ShouldBeNull();

        target.SeverUpcalls!.Indicate(Remains(entry, null));

        (entry.SeverSince, entry.OldestSince, entry.HasParked).ShouldBe((0, 0, false));
        entry.Remains.ShouldNotBeNull();
    }

    [Theory]
    [InlineData(true, false, NdisStatus.UploadInProgress)]
    [InlineData(true, true, NdisStatus.RequestAborted)]
    [InlineData(false, false, NdisStatus.RequestAborted)]
    [InlineData(false, true, NdisStatus.RequestAborted)]
    public void What_the_peer_did_not_acknowledge_can_be_sent_again_if_the_connection_is_good(
        bool isGood, bool stopping, NdisStatus rest)
    {
        using Socket socket = StackSpec.NewSocket();
        ConnectionEntry entry = Entry(_dead);
        NetBufferList[] sends = [Parked(entry, 100, 4), Parked(entry, 104, 4), Parked(entry, 108, 4)];
        if (stopping)
            _stack.BeginStop();

        _stack.Custodian.Sweep(entry, Remains(entry, isGood ? socket : null) with { Positions = new(106, 106, 0) });

        sends.Select(send => (send.Status, send.BytesTransferred)).ShouldBe(
            [(NdisStatus.Success, 4), (rest, 2), (rest, 0)]);
        socket.SafeHandle.IsClosed.ShouldBe(isGood && stopping, "a good socket is for the host to fetch");
        entry.Ended.ShouldBe(isGood && stopping);
    }

    [Theory]
    [InlineData(NdisStatus.Success, 3, true, VerifierCheck.ByteAccount, NdisStatus.UploadInProgress, 3)]
    [InlineData(NdisStatus.Success, 99, true, VerifierCheck.ByteAccount, NdisStatus.UploadInProgress, 4)]
    [InlineData(NdisStatus.RequestAborted, -1, false, VerifierCheck.ByteAccount, NdisStatus.RequestAborted, 0)]
    [InlineData(NdisStatus.Failure, 4, true, VerifierCheck.StatusNotAllowed, NdisStatus.UploadInProgress, 4)]
    public void What_a_target_made_up_is_not_told_though_the_connections_actor_is_dead(
        NdisStatus said, long bytes, bool isGood, VerifierCheck check, NdisStatus told, long toldBytes)
    {
        using Socket socket = StackSpec.NewSocket();
        ConnectionEntry entry = Entry(_dead);
        entry.Shelf = new Edge("nic0-shelf-1");
        NetBufferList list = Parked(entry, 0, 4);
        list.Claim().TryComplete(said, bytes).ShouldBeTrue();

        _stack.Custodian.Sweep(entry, Remains(entry, isGood ? socket : null));

        (list.Status, list.BytesTransferred).ShouldBe((told, toldBytes));
        Violation report = _stack.Ledger.Reports.ShouldHaveSingleItem();
        (report.Check, report.Driver, report.ParcelId).ShouldBe((check, "nic0", list.Id));
        _one.Heard.ShouldHaveSingleItem();
    }

    [Fact]
    public void Memory_at_a_target_that_was_given_up_is_marked()
    {
        ConnectionEntry entry = Entry(_dead);
        NetBufferList send = Parked(entry, 0, 4);
        NetBufferList lost = _stack.Indications.Filled(OffloadOperation.ReceiveIndicate, 4);
        entry.Lost.Park(lost);

        _stack.Custodian.GiveUpOn(entry);

        (send.IsQuarantined, lost.IsQuarantined, send.Status).ShouldBe((true, true, NdisStatus.RequestAborted));
        entry.Remains.ShouldNotBeNull().Socket.ShouldBeNull();
    }

    [Theory]
    [InlineData(NdisStatus.Success, 4, 12)]
    [InlineData(NdisStatus.OffloadDataNotAccepted, 0, 0)]
    public void Data_that_comes_back_to_nobody_was_accepted_if_it_was_returned(
        NdisStatus status, int taken, int through)
    {
        ConnectionEntry entry = Entry(_dead);
        NetBufferList list = _stack.Indications.Filled(OffloadOperation.ReceiveIndicate, 4, offset: 8);
        list.Connection = entry.Handle;
        Flight flight = Flight.Depart(list, HolderId.Custodian);
        list.TryComplete(flight.Id, HolderId.Custodian, status, taken).ShouldBeTrue();

        _stack.Custodian.CarryHome(list);

        (entry.AcceptedThrough, entry.Undelivered.From(8).Length).ShouldBe((through, 4 - taken));
    }

    [Fact]
    public void The_socket_of_a_target_that_answers_after_it_was_given_up_is_closed()
    {
        using Socket socket = StackSpec.NewSocket();
        ConnectionEntry entry = Entry(_dead);
        _stack.Custodian.GiveUpOn(entry);
        Severed first = entry.Remains!;

        _stack.Custodian.Sweep(entry, Remains(entry, socket));

        socket.SafeHandle.IsClosed.ShouldBeTrue();
        entry.Remains.ShouldBeSameAs(first);
    }

    [Fact]
    public void A_second_sweep_with_the_same_remains_leaves_the_socket_open()
    {
        using Socket socket = StackSpec.NewSocket();
        ConnectionEntry entry = Entry(_dead);
        _stack.Custodian.Sweep(entry, Remains(entry, socket));
        _stack.Custodian.Sever(entry);
        socket.SafeHandle.IsClosed.ShouldBeFalse();
    }

    [Theory]
    [InlineData(false, true)]
    [InlineData(true, false)]
    public void At_the_end_a_socket_that_nobody_fetched_is_closed(bool fetched, bool closed)
    {
        using Socket socket = StackSpec.NewSocket();
        ConnectionEntry entry = Entry(_dead);
        entry.Remains = Remains(entry, socket);
        entry.Ended = fetched;
        Custodian.Discard(entry);
        (entry.Ended, socket.SafeHandle.IsClosed).ShouldBe((true, closed));
    }

    [Fact]
    public void An_event_that_a_dead_driver_held_is_said_to_the_protocol()
    {
        ConnectionEntry entry = Entry(_dead);
        entry.Join(_one.Edge);
        entry.Join(_two.Edge);
        var said = new TcpOffloadEvent(entry.Handle, TcpOffloadEventType.Abort, 0, 0);
        _stack.Custodian.TakeOver(said, _dead);
        _one.Heard.ShouldBe([said]);
        _two.Heard.ShouldBeEmpty();
    }

    [Theory]
    [InlineData(OffloadOperation.Receive, 1)]
    [InlineData(OffloadOperation.Send, 0)]
    public void A_fin_is_said_again_behind_the_last_bytes_in_front_of_it(OffloadOperation operation, int times)
    {
        ConnectionEntry entry = Entry(_dead);
        entry.Join(_one.Edge);
        var fin = new TcpOffloadEvent(entry.Handle, TcpOffloadEventType.Disconnect, 0, 4);
        entry.SaidDisconnect = fin;
        NetBufferList list = _stack.PoolOf(operation).Filled(operation, 4);
        list.Connection = entry.Handle;
        int outWhenTold = -1;
        _one.OnTold = _ => outWhenTold = _stack.Receives.Out;

        _stack.Custodian.TakeOver(Flight.Depart(list, _dead), _dead);   // nobody above is left

        _one.Heard.ShouldBe(Enumerable.Repeat(fin, times));
        outWhenTold.ShouldBe(times - 1, "landed first");
        (_stack.PoolOf(operation).Out, _stack.Ledger.Orphaned).ShouldBe((0, 1));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_watermark_finds_the_connection_or_what_is_left_of_it(bool lives)
    {
        ConnectionEntry entry = Entry(_dead);
        if (lives)
            entry.Edge.PointAt(_one, _one.Holder);
        var accepted = new TcpOffloadReceiveAccepted(entry.Handle, 9);
        _stack.Custodian.TakeOver(accepted, _dead);
        _one.Heard.ShouldBe(lives ? [accepted] : []);
        entry.AcceptedThrough.ShouldBe(lives ? 0 : 9);
        _stack.Custodian.TakeOver(new TcpOffloadReceiveAccepted(new OffloadHandle(7, 7), 9), _dead);
    }

    [Theory]
    [InlineData(false, false, true)]
    [InlineData(true, false, false)]
    [InlineData(false, true, false)]
    public void A_terminate_is_left_for_its_connection_while_that_can_fetch_it(bool ended, bool stopping, bool left)
    {
        ConnectionEntry entry = Entry(_dead);
        entry.Edge.PointAt(_two, _two.Holder);
        entry.Ended = ended;
        if (stopping)
            _stack.BeginStop();
        var block = new OffloadBlock { Operation = OffloadOperation.Terminate, Connection = entry.Handle };
        block.Frames.Push(_one.Edge, null);

        _stack.Custodian.TakeOver(Flight.Depart(block, _dead), _dead);

        _two.Heard.ShouldBe(left ? [LookAgain.Instance] : []);
        entry.FetchTerminate(_two.Holder).ShouldBe(left ? block : null);
        _one.Heard.Count.ShouldBe(left ? 0 : 1);
        block.Status.ShouldBe(left ? NdisStatus.Pending : NdisStatus.Failure);
    }

    private ConnectionEntry Entry(HolderId holder)
    {
        ConnectionEntry entry = _stack.Handles.Add();
        entry.Holder = holder;
        return entry;
    }

    /// <summary>A send at the target, whose owner is the first ear.</summary>
    private NetBufferList Parked(ConnectionEntry entry, long offset, int bytes)
    {
        NetBufferList list = _stack.Sends.Filled(OffloadOperation.Send, bytes, offset);
        list.Connection = entry.Handle;
        list.Frames.Push(_one.Edge, null);
        Flight.Depart(list, entry.Holder);
        entry.Sends.Park(list);
        return list;
    }

    private static Severed Remains(ConnectionEntry entry, Socket? socket) =>
        new(entry.Handle, default, TcpConnectionState.Established, socket, default, 0, false);
}
