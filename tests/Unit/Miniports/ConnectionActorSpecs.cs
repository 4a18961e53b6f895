using Akka.Actor;
using ChimneyActors.Buffers;
using ChimneyActors.Miniports;
using ChimneyActors.Ndis;
using ChimneyActors.Supervision;
using ChimneyActors.Unit.Support;

namespace ChimneyActors.Unit.Miniports;

/// <summary>The actor of a connection alone, between a driver above and a target that only listen.</summary>
public sealed class ConnectionActorSpecs : AloneSpec
{
    private readonly Ear _above = new("tcpip");
    private readonly PassiveTarget _target = new();
    private readonly HolderId _me = HolderId.Next();
    private readonly IActorRef _connection;

    public ConnectionActorSpecs()
    {
        Entry.Join(_above.Edge);
        Entry.Join(Entry.Edge);
        (Entry.Target, Entry.Holder, Entry.Begun) = (_target, _me, true);
        _connection = Start(Entry.Edge, _me, Props.Create(
            () => new ConnectionActor(Stack, Entry, _me, _target, "nic0", takesForwards: false)));
    }

    [Fact]
    public void A_gap_asks_for_an_upload_once()
    {
        for (int i = 1; i <= 2; i++)
        {
            Send(offset: 7, bytes: 1);
            _above.Heard.OfType<TcpOffloadSendComplete>().Count().ShouldBe(i);
        }
        _above.Heard.OfType<TcpOffloadEvent>().ShouldBe([new TcpOffloadEvent(
            Entry.Handle, TcpOffloadEventType.Retrieve, (long)TcpUploadReason.UploadRequested, 0)]);
        _target.Submitted.ShouldBeEmpty();
    }

    [Fact]
    public void After_a_wish_that_left_a_choice_a_gap_asks_again()
    {
        _connection.Tell(Retrieve(TcpUploadReason.LowActivity));
        Send(offset: 7, bytes: 1);
        _above.Heard.OfType<TcpOffloadEvent>().Select(said => (TcpUploadReason)said.Information)
            .ShouldBe([TcpUploadReason.LowActivity, TcpUploadReason.UploadRequested]);
    }

    [Fact]
    public void What_the_target_said_is_remembered_for_a_binding_that_was_dead_then()
    {
        var fin = new TcpOffloadEvent(Entry.Handle, TcpOffloadEventType.Disconnect, 0, 5);
        TcpOffloadEvent wish = Retrieve(TcpUploadReason.SmallIO);
        var abort = new TcpOffloadEvent(Entry.Handle, TcpOffloadEventType.Abort, 0, 0);
        var backlog = new TcpOffloadEvent(Entry.Handle, TcpOffloadEventType.SendBacklogChange, 9, 0);
        _above.Die();

        _connection.Tell(fin);
        (Entry.SaidDisconnect, Entry.SaidLast).ShouldBe((fin, null));
        _connection.Tell(wish);
        (Entry.SaidDisconnect, Entry.SaidLast).ShouldBe((fin, wish));
        _connection.Tell(abort);
        _connection.Tell(backlog);
        (Entry.SaidDisconnect, Entry.SaidLast).ShouldBe((fin, abort));
    }

    [Fact]
    public void Data_that_the_host_never_saw_is_said_again_and_the_target_hears_nothing_of_it()
    {
        Refuse(_above, Entry.Edge, Indicate(bytes: 4, offset: 0), neverSeen: true);

        Offered().Length.ShouldBe(2);
        NetBufferList again = List(Offered()[1]);
        (again.StreamOffset, again.DataLength, again.BroughtHome).ShouldBe((0, 4, false));
        Offered()[1].Flight.IsHeldBy(_above.Holder).ShouldBeTrue();
        (_target.Answers.Count, Entry.Lost.Count).ShouldBe((0, 0));
    }

    [Fact]
    public void Lost_data_that_comes_back_twice_is_kept_once()
    {
        Indicate(bytes: 4, offset: 0);
        TcpOffloadReceiveIndicate second = Indicate(bytes: 4, offset: 4);
        OffloadCompletion back = Complete(second.Flight.Head, NdisStatus.OffloadDataNotAccepted, 0);
        back.Flight.Head.BroughtHome = true;
        Entry.Edge.Pass(back, back.Flight, _above.Holder, null).ShouldBe(PassResult.Passed);
        Entry.Lost.Count.ShouldBe(1, "what is before it has not been accepted");

        _connection.Tell(back);

        Entry.Lost.Count.ShouldBe(1);
        Stack.Ledger.Reports.ShouldHaveSingleItem().Check.ShouldBe(VerifierCheck.UseAfterHandOver);
    }

    [Fact]
    public void Data_that_the_host_refused_is_the_targets_again()
    {
        TcpOffloadReceiveIndicate offered = Indicate(bytes: 4, offset: 0);
        Refuse(_above, Entry.Edge, offered, neverSeen: false);

        Offered().ShouldBe([offered]);
        _target.Answers.ShouldHaveSingleItem().ShouldBeOfType<TcpOffloadReceiveRefused>();
        List(offered).Custody.State.ShouldBe(CustodyState.Rented);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Refused_data_is_not_to_come_again_before_a_receive_does(bool isAsked)
    {
        Refuse(_above, Entry.Edge, Indicate(bytes: 4, offset: 0), neverSeen: false);
        if (isAsked)
        {
            Flight posted = Depart(_above, OffloadOperation.Receive, bytes: 3);
            Entry.Edge.Pass(new TcpOffloadReceive(posted), posted, _above.Holder, null);
        }

        Indicate(bytes: 4, offset: 0);

        Offered().Length.ShouldBe(2, "reported, and without effect");
        Stack.Ledger.Reports.Select(report => (report.Check, report.Driver)).ShouldBe(
            isAsked ? [] : [(VerifierCheck.Reindicate, "nic0")]);
    }

    [Fact]
    public void A_storm_of_backlogs_is_reported_once_a_window_and_told_all_the_same()
    {
        SayBacklogs(BacklogThrottle.TimesMax);
        Stack.Ledger.Violations.ShouldBe(0);

        Clock.Move(TimeSpan.FromSeconds(3));
        SayBacklogs(10 * BacklogThrottle.TimesMax);

        _above.Heard.OfType<TcpOffloadEvent>().Count().ShouldBe(11 * BacklogThrottle.TimesMax);
        Stack.Ledger.Reports.ShouldHaveSingleItem().ShouldBe(new Violation(
            VerifierCheck.EventStorm, "nic0", Entry.Handle, 0, default,
            $"said the best send backlog of connection {Entry.Handle} 65 times within 00:00:03: at most 64 within "
            + "00:01:00 are lawful (EVT-17)"));

        Clock.Move(BacklogThrottle.Window - TimeSpan.FromSeconds(3));
        SayBacklogs(BacklogThrottle.TimesMax);
        Stack.Ledger.Violations.ShouldBe(1, "another window");
        SayBacklogs(1);
        Stack.Ledger.Violations.ShouldBe(2);
    }

    [Fact]
    public void Wishes_for_an_upload_may_come_as_often_as_they_like()
    {
        for (int i = 0; i < 10 * BacklogThrottle.TimesMax; i++)
            _connection.Tell(Retrieve(TcpUploadReason.UploadRequested));
        Stack.Ledger.Violations.ShouldBe(0);
    }

    [Fact]
    public void Lost_data_is_said_again_in_the_order_of_the_stream()
    {
        TcpOffloadReceiveIndicate first = Indicate(bytes: 4, offset: 0);
        TcpOffloadReceiveIndicate second = Indicate(bytes: 4, offset: 4);
        Refuse(_above, Entry.Edge, second, neverSeen: true);
        Offered().Length.ShouldBe(2, "what is before it has not been accepted");
        Refuse(_above, Entry.Edge, first, neverSeen: true);
        Offered()[2..].Select(offered => List(offered).StreamOffset).ShouldBe([0]);

        _connection.Tell(new TcpOffloadReceiveAccepted(Entry.Handle, 4));

        Offered()[2..].Select(offered => List(offered).StreamOffset).ShouldBe([0, 4]);
    }

    [Fact]
    public void A_receive_counts_from_behind_what_the_host_returned_though_the_watermark_is_late()
    {
        Return(Indicate(bytes: 4, offset: 0));
        Flight posted = Depart(_above, OffloadOperation.Receive, bytes: 3);
        Entry.Edge.Pass(new TcpOffloadReceive(posted), posted, _above.Holder, null);
        _connection.Tell(Complete(posted.Head, NdisStatus.Success, 3));
        _connection.Tell(new TcpOffloadReceiveAccepted(Entry.Handle, 4));   // a dead driver had kept it
        Entry.AcceptedThrough.ShouldBe(7);

        Refuse(_above, Entry.Edge, Indicate(bytes: 2, offset: 7), neverSeen: true);

        (Offered().Length, Entry.Lost.Count).ShouldBe((3, 0), "said again, as nothing before it is open");
    }

    [Fact]
    public void Between_two_lives_above_lost_data_waits()
    {
        ScriptedCrashes limit = LoseDataAndWhoeverIsAbove();
        (Entry.Lost.Count, Stack.Ledger.BroughtHome, limit.HasCrashed).ShouldBe((1, 0, false));

        _above.Edge.PointAt(_above, _above.Holder);
        Entry.TellLayerIsThere();

        (Offered().Length, Entry.Lost.Count).ShouldBe((2, 0));
    }

    [Fact]
    public void A_terminate_gives_lost_data_back_to_the_target_that_waits_for_it()
    {
        LoseDataAndWhoeverIsAbove();
        _target.Answers.ShouldBeEmpty();

        OffloadBlock block = new() { Operation = OffloadOperation.Terminate, Connection = Entry.Handle };
        block.Frames.Push(_above.Edge, null);
        Flight flight = Flight.Depart(block, _above.Holder);
        Entry.Edge.Pass(new TerminateOffload(flight), flight, _above.Holder, null);

        _target.Submitted.ShouldHaveSingleItem().ShouldBeOfType<TerminateOffload>();
        _target.Answers.ShouldHaveSingleItem().ShouldBeOfType<TcpOffloadReceiveRefused>()
            .Flight.Head.BroughtHome.ShouldBeFalse();
    }

    [Fact]
    public void A_request_that_the_target_does_not_know_is_lost_only_an_interval_after_the_first_suspicion()
    {
        Send(offset: 0, bytes: 1);
        _target.Progress = RequestProgress.Unknown;
        for (int i = 0; i < 3; i++)
            _connection.Tell(HangSuspect.Instance);
        Stack.Ledger.Violations.ShouldBe(0, "its completion may be in the mailbox");

        Watch(_connection);
        Clock.Move(Stack.Settings.HangInterval);
        _connection.Tell(HangSuspect.Instance);

        Stack.Ledger.Reports.ShouldHaveSingleItem().Check.ShouldBe(VerifierCheck.NoProgress);
        ExpectTerminated(_connection, TimeSpan.FromSeconds(StackSpec.Seconds));
        _target.Severed.ShouldBe([Entry.Handle]);
    }

    [Fact]
    public void A_request_whose_gate_was_won_is_lost_only_a_whole_deadline_after_the_first_suspicion()
    {
        Send(offset: 0, bytes: 1);
        _target.Progress = RequestProgress.Unknown;
        // A thread of the target has won the gate and is kept from telling it.
        Complete(Entry.Sends.First!, NdisStatus.Success, 1);
        _connection.Tell(HangSuspect.Instance);

        Clock.Move(Stack.Settings.HangDeadline - TimeSpan.FromTicks(1));
        _connection.Tell(HangSuspect.Instance);
        Stack.Ledger.Violations.ShouldBe(0, "the thread that is about to tell may have been preempted");

        Watch(_connection);
        Clock.Move(TimeSpan.FromTicks(1));
        _connection.Tell(HangSuspect.Instance);
        Stack.Ledger.Reports.ShouldHaveSingleItem().Check.ShouldBe(VerifierCheck.NoProgress);
        ExpectTerminated(_connection, TimeSpan.FromSeconds(StackSpec.Seconds));
    }

    [Fact]
    public void A_suspicion_that_was_cleared_begins_anew()
    {
        Send(offset: 0, bytes: 1);
        foreach (RequestProgress progress in (RequestProgress[])
            [RequestProgress.Unknown, RequestProgress.InProgress, RequestProgress.Unknown])
        {
            _target.Progress = progress;
            Clock.Move(Stack.Settings.HangInterval);
            _connection.Tell(HangSuspect.Instance);
        }
        Stack.Ledger.Violations.ShouldBe(0);
    }

    [Fact]
    public void A_suspicion_of_one_request_is_none_of_the_next()
    {
        Send(offset: 0, bytes: 1);
        _target.Progress = RequestProgress.Unknown;
        _connection.Tell(HangSuspect.Instance);
        Parcel first = Entry.Sends.First!;
        Send(offset: 1, bytes: 1);
        _connection.Tell(Complete(first, NdisStatus.Success, 1));
        Clock.Move(Stack.Settings.HangInterval);
        _connection.Tell(HangSuspect.Instance);
        Stack.Ledger.Violations.ShouldBe(0);
    }

    /// <summary>Said into the void the data would come back at once, and so for ever: then the connection dies of
    /// it.</summary>
    private ScriptedCrashes LoseDataAndWhoeverIsAbove()
    {
        var limit = new ScriptedCrashes();
        limit.Arm("connection", CrashStep.Before, 100);
        Stack.Crashes = limit;
        TcpOffloadReceiveIndicate offered = Indicate(bytes: 4, offset: 0);
        OffloadCompletion back = Complete(offered.Flight.Head, NdisStatus.OffloadDataNotAccepted, 0);
        back.Flight.Head.BroughtHome = true;
        _above.Die();
        Entry.Edge.Pass(back, back.Flight, _above.Holder, null).ShouldBe(PassResult.Passed);
        return limit;
    }

    private void Send(long offset, int bytes)
    {
        Flight flight = Depart(_above, OffloadOperation.Send, bytes, offset);
        Entry.Edge.Pass(new TcpOffloadSend(flight), flight, _above.Holder, null)
            .ShouldBe(PassResult.Passed);
    }

    private TcpOffloadReceiveIndicate Indicate(int bytes, long offset)
    {
        _connection.Tell(Received(_me, bytes, offset));
        return Offered()[^1];
    }

    private void Return(TcpOffloadReceiveIndicate offered)
    {
        OffloadCompletion back = Complete(offered.Flight.Head, NdisStatus.Success, List(offered).DataLength);
        Entry.Edge.Pass(back, back.Flight, _above.Holder, null).ShouldBe(PassResult.Passed);
    }

    private TcpOffloadReceiveIndicate[] Offered() => [.. _above.Heard.OfType<TcpOffloadReceiveIndicate>()];

    private static NetBufferList List(TcpOffloadReceiveIndicate offered) => (NetBufferList)offered.Flight.Head;

    private void SayBacklogs(int times)
    {
        for (int i = 1; i <= times; i++)
            _connection.Tell(new TcpOffloadEvent(Entry.Handle, TcpOffloadEventType.SendBacklogChange, i, 0));
    }

    private TcpOffloadEvent Retrieve(TcpUploadReason reason) =>
        new(Entry.Handle, TcpOffloadEventType.Retrieve, (long)reason, 0);
}
