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
