using ChimneyActors.Buffers;
using ChimneyActors.Ndis;
using ChimneyActors.Supervision;
using ChimneyActors.Unit.Support;

namespace ChimneyActors.Unit.Supervision;

/// <summary>Data in the hands of the host: returned or refused once, and nobody's to take meanwhile.</summary>
public sealed class LendingSpecs
{
    private readonly DriverStack _stack = Ear.StackWithoutActors();
    private readonly HolderId _binding = HolderId.Next();
    private readonly Ear _mux = new("mux0");
    private readonly NetBufferList _list;
    private readonly Flight _flight;

    public LendingSpecs()
    {
        _list = _stack.Indications.Filled(OffloadOperation.ReceiveIndicate, 5);
        _list.Frames.Push(_mux.Edge, null);
        _flight = Flight.Depart(_list, _binding);
    }

    [Fact]
    public void Only_who_holds_the_data_can_lend_it()
    {
        Lending.Lend(_stack, _flight, HolderId.Next()).ShouldBeFalse();
        _flight.IsHeldBy(_binding).ShouldBeTrue();
        Lending.Lend(_stack, _flight, _binding).ShouldBeTrue();
        _flight.IsHeldBy(_stack.Lender).ShouldBeTrue();
    }

    [Fact]
    public void What_was_not_lent_can_neither_be_returned_nor_refused()
    {
        Lending.Return(_stack, _list, _flight.Id).ShouldBeFalse();
        Lending.Refuse(_stack, _list, _flight.Id).ShouldBeFalse();
        _flight.IsHeldBy(_binding).ShouldBeTrue();
        _mux.Heard.ShouldBeEmpty();
    }

    [Fact]
    public void Lent_data_is_returned_once()
    {
        Lending.Lend(_stack, _flight, _binding).ShouldBeTrue();

        Lending.Return(_stack, _list, _flight.Id).ShouldBeTrue();

        var back = _mux.Heard.ShouldHaveSingleItem().ShouldBeOfType<TcpOffloadReceiveReturn>();
        back.Flight.IsHeldBy(_mux.Holder).ShouldBeTrue();
        (_list.Status, _list.BytesTransferred).ShouldBe((NdisStatus.Success, 5));
        Lending.Return(_stack, _list, _flight.Id).ShouldBeFalse();
        Lending.Refuse(_stack, _list, _flight.Id).ShouldBeFalse("it was returned, so it was taken");
        _mux.Heard.Count.ShouldBe(1);
    }

    [Fact]
    public void Refused_data_goes_home_untaken_and_cannot_be_returned_any_more()
    {
        Lending.Lend(_stack, _flight, _binding).ShouldBeTrue();

        Lending.Refuse(_stack, _list, _flight.Id).ShouldBeTrue();

        _mux.Heard.ShouldHaveSingleItem().ShouldBeOfType<TcpOffloadReceiveRefused>();
        (_list.Status, _list.BytesTransferred).ShouldBe((NdisStatus.OffloadDataNotAccepted, 0));
        Lending.Return(_stack, _list, _flight.Id).ShouldBeFalse();
    }

    [Fact]
    public void Data_that_is_taken_in_part_says_how_much()
    {
        Lending.Lend(_stack, _flight, _binding).ShouldBeTrue();

        Lending.Refuse(_stack, _list, _flight.Id, 2).ShouldBeTrue();

        _mux.Heard.ShouldHaveSingleItem().ShouldBeOfType<TcpOffloadReceiveRefused>();
        (_list.Status, _list.BytesTransferred).ShouldBe((NdisStatus.OffloadDataPartiallyAccepted, 2));
    }

    [Fact]
    public void Lists_with_the_same_way_down_are_returned_in_one_message_in_order()
    {
        var other = new Ear("mux1");
        NetBufferList[] lists = [_list, .. Enumerable.Range(0, 4).Select(number =>
        {
            NetBufferList list = _stack.Indications.Filled(OffloadOperation.ReceiveIndicate, 5);
            list.Frames.Push(number == 2 ? other.Edge : _mux.Edge, null);
            return list;
        })];
        Flight[] flights = [_flight, .. lists[1..].Select(list => Flight.Depart(list, _binding))];
        foreach (Flight flight in flights)
            Lending.Lend(_stack, flight, _binding).ShouldBeTrue();
        Lending.Return(_stack, lists[1], flights[1].Id).ShouldBeTrue();

        Lending.ReturnAll(_stack, lists.Zip(flights, (list, flight) => (list, flight.Id)));

        _mux.Heard.Cast<TcpOffloadReceiveReturn>().Select(heard => (heard.Flight.Head, heard.Flight.Count))
            .ShouldBe([(lists[1], 1), (lists[0], 2), (lists[4], 1)]);
        lists[0].Next.ShouldBe(lists[2]);
        other.Heard.Cast<TcpOffloadReceiveReturn>().ShouldHaveSingleItem().Flight.Head.ShouldBe(lists[3]);
    }

    [Fact]
    public void A_return_for_an_earlier_journey_ends_nothing()
    {
        Lending.Lend(_stack, _flight, _binding).ShouldBeTrue();
        Lending.Return(_stack, _list, new FlightId(_flight.Id.Value ^ 1)).ShouldBeFalse();
        _flight.IsHeldBy(_stack.Lender).ShouldBeTrue();
    }

    [Fact]
    public void Without_a_driver_below_the_list_is_back_in_its_pool_all_the_same()
    {
        Lending.Lend(_stack, _flight, _binding).ShouldBeTrue();
        _mux.Die();
        Lending.Return(_stack, _list, _flight.Id).ShouldBeTrue();
        (_stack.Indications.Out, _mux.Heard.Count, _stack.Ledger.Violations).ShouldBe((0, 0, 0));
    }
}
