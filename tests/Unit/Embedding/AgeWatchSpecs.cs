using ChimneyActors.Buffers;
using ChimneyActors.Embedding;
using ChimneyActors.Ndis;
using ChimneyActors.Supervision;
using ChimneyActors.Unit.Support;

namespace ChimneyActors.Unit.Embedding;

/// <summary>How old a request may become, on a clock that is moved by hand.</summary>
public sealed class AgeWatchSpecs
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);
    private readonly StandingClock _clock = new();
    private readonly Ear _mux = new("mux0");
    private readonly DriverStack _stack;
    private readonly ConnectionEntry _entry;
    private readonly AgeWatch _watch;

    public AgeWatchSpecs()
    {
        StackSettings settings = ChimneySettings.From(ChimneySettings.Reference()).Stack;
        _stack = new DriverStack("bare", settings with { RequestAgeMax = Limit }, _clock);
        _entry = _stack.Handles.Add();
        _watch = new AgeWatch(_stack, [_mux.Edge]);
    }

    [Fact]
    public void The_driver_that_holds_it_is_named_once_and_not_before_the_limit()
    {
        NetBufferList list = Depart(OffloadOperation.Send, _mux.Holder);
        _watch.Look();
        LookAfter(Limit - TimeSpan.FromTicks(1));
        _stack.Ledger.Violations.ShouldBe(0);

        for (int i = 0; i < 3; i++)
            LookAfter(TimeSpan.FromTicks(1));

        Violation found = _stack.Ledger.Reports.ShouldHaveSingleItem();
        (found.Check, found.Driver, found.Connection, found.ParcelId, found.Flight).ShouldBe(
            (VerifierCheck.TooOld, "mux0", _entry.Handle, list.Id, list.Custody.Flight));
        found.Detail.ShouldStartWith("out for 00:00:30 at least, held by mux0, waits for mux0: at most 00:00:30 is "
            + $"lawful (chimney.verifier.request-age-max); Send #{list.Id} of connection {_entry.Handle} at 0: ");
    }

    [Fact]
    public void Another_journey_of_the_same_list_begins_anew()
    {
        NetBufferList list = Depart(OffloadOperation.Send, _mux.Holder);
        for (int i = 0; i < 3; i++)
        {
            LookAfter(Limit - TimeSpan.FromTicks(1));
            list.Claim().TryComplete(NdisStatus.Success, 0).ShouldBeTrue();
            list.LandForTest();
            Flight.Depart(list, _mux.Holder);
        }
        LookAfter(TimeSpan.Zero);
        _stack.Ledger.Violations.ShouldBe(0);

        LookAfter(Limit);
        _stack.Ledger.Violations.ShouldBe(1);
    }

    [Fact]
    public void What_is_at_a_target_is_its_miniports_and_says_for_whom_it_waits()
    {
        var connection = new Ear("connection");
        _entry.Edge.PointAt(connection, connection.Holder);
        (_entry.Shelf, _entry.Target) = (new Edge("nic0-shelf-3"), new PassiveTarget());
        _entry.Receives.Park(Depart(OffloadOperation.Receive, connection.Holder));

        _watch.Look();
        LookAfter(Limit);

        Violation found = _stack.Ledger.Reports.ShouldHaveSingleItem();
        found.Driver.ShouldBe("nic0");
        found.Detail.ShouldContain(", at the target, waits for the peer: at most ");
    }

    [Fact]
    public void What_is_on_its_way_home_is_still_a_request()
    {
        NetBufferList list = Depart(OffloadOperation.Send, _mux.Holder);
        list.Claim().TryComplete(NdisStatus.Success, 0).ShouldBeTrue();
        _watch.Look();
        LookAfter(Limit);
        _stack.Ledger.Reports.ShouldHaveSingleItem().Driver.ShouldBe("mux0");
    }

    [Fact]
    public void A_state_operation_is_a_request_and_one_whose_holder_is_gone_is_nobodys()
    {
        var block = new OffloadBlock { Operation = OffloadOperation.Query, Connection = _entry.Handle };
        _stack.Blocks[block] = 0;
        Flight.Depart(block, HolderId.Next());
        _watch.Look();
        LookAfter(Limit);
        _stack.Ledger.Reports.ShouldHaveSingleItem().Driver.ShouldBe("an actor that is gone");
    }

    [Fact]
    public void A_chain_is_reported_by_its_head()
    {
        NetBufferList[] chain = _stack.Sends.Chain(3);
        Flight.Depart(chain[0], _mux.Holder);
        _watch.Look();
        LookAfter(Limit);
        _stack.Ledger.Reports.ShouldHaveSingleItem().ParcelId.ShouldBe(chain[0].Id);
    }

    [Theory]
    [InlineData(OffloadOperation.ReceiveIndicate)]
    [InlineData(OffloadOperation.ReachabilityQuery)]
    public void What_goes_up_is_no_request(OffloadOperation operation)
    {
        Depart(operation, _stack.Lender);
        _watch.Look();
        LookAfter(2 * Limit);
        _stack.Ledger.Violations.ShouldBe(0);
    }

    private void LookAfter(TimeSpan time)
    {
        _clock.Move(time);
        _watch.Look();
    }

    private NetBufferList Depart(OffloadOperation operation, HolderId holder)
    {
        NetBufferList list = _stack.Sends.Filled(operation);
        list.Connection = _entry.Handle;
        Flight.Depart(list, holder);
        return list;
    }
}
