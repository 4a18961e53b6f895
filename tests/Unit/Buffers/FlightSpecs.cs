using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using ChimneyActors.Buffers;
using ChimneyActors.Unit.Support;

namespace ChimneyActors.Unit.Buffers;

/// <summary>A chain travels on its head's cell until it arrives; from then on each member is by itself.</summary>
public sealed class FlightSpecs
{
    private readonly NetBufferListPool _pool = Lists.Pool();
    private readonly HolderId _sender = HolderId.Next();

    [Fact]
    public void A_chain_departs_on_one_new_journey_that_its_sender_holds()
    {
        NetBufferList[] chain = _pool.Chain(3);
        foreach (NetBufferList list in chain)
            (list.Status, list.BytesTransferred, list.BroughtHome) = (NdisStatus.RequestAborted, 5, true);

        Flight flight = Flight.Depart(chain[0], _sender);

        (flight.Head, flight.Count).ShouldBe((chain[0], 3));
        chain[0].Custody.Is(CustodyState.Outstanding, flight.Id, _sender).ShouldBeTrue();
        chain[1..].ShouldAllBe(list => list.Custody.Is(CustodyState.Outstanding, flight.Id, HolderId.Chain));
        chain.ShouldAllBe(list => list.Status == NdisStatus.Pending && list.BytesTransferred == 0 && !list.BroughtHome);
        Flight.Depart(_pool.Chain(1)[0], _sender).Id.ShouldNotBe(flight.Id);
    }

    [Fact]
    public void One_swap_passes_the_whole_chain()
    {
        NetBufferList[] chain = _pool.Chain(3);
        Flight flight = Flight.Depart(chain[0], _sender);
        HolderId next = HolderId.Next();
        string[] before = [.. chain[1..].Select(list => list.Custody.Describe())];

        flight.TryPass(_sender, next).ShouldBeTrue();

        flight.IsHeldBy(next).ShouldBeTrue();
        chain[0].Custody.State.ShouldBe(CustodyState.Outstanding);
        chain[1..].Select(list => list.Custody.Describe()).ShouldBe(before);
    }

    [Fact]
    public void Who_holds_a_chain_can_give_it_to_one_neighbour_only()
    {
        NetBufferList list = _pool.Chain(1)[0];
        Flight flight = Flight.Depart(list, _sender);
        HolderId[] neighbours = [.. Enumerable.Range(0, 4).Select(_ => HolderId.Next())];
        HolderId from = _sender;
        var takers = new ConcurrentQueue<HolderId>();
        Crowd.Rounds(4, 1000,
            prepare: _ => { },
            work: me =>
            {
                if (flight.TryPass(from, neighbours[me]))
                    takers.Enqueue(neighbours[me]);
            },
            check: round =>
            {
                flight.IsHeldBy(takers.ShouldHaveSingleItem()).ShouldBeTrue($"round {round}");
                flight.TryPass(takers.Single(), from = HolderId.Next()).ShouldBeTrue();
                takers.Clear();
            });
    }

    [Fact]
    public void Nobody_passes_what_is_not_on_a_journey_or_on_another_one()
    {
        NetBufferList list = _pool.Chain(1)[0];
        Flight flight = Flight.Depart(list, _sender);
        HolderId next = HolderId.Next();

        (flight with { Id = new FlightId(flight.Id.Value ^ 1) }).TryPass(_sender, next).ShouldBeFalse();
        flight.TryPass(next, _sender).ShouldBeFalse();
        foreach (CustodyState state in Enum.GetValues<CustodyState>())
        {
            bool travels = state is CustodyState.Outstanding or CustodyState.Completed;
            list.Custody.Set(state, flight.Id, _sender);
            flight.IsHeldBy(_sender).ShouldBe(travels, state.ToString());
            flight.TryPass(_sender, next).ShouldBe(travels, state.ToString());
            list.Custody.Is(state, flight.Id, travels ? next : _sender).ShouldBeTrue(state.ToString());
        }
    }

    [Fact]
    public void A_holder_has_a_parcel_for_one_journey_at_a_time()
    {
        NetBufferList list = _pool.Chain(1)[0];
        Flight earlier = Flight.Depart(list, _sender);
        list.Claim().TryComplete(NdisStatus.Success, 0).ShouldBeTrue();
        list.LandForTest();
        Flight present = Flight.Depart(list, _sender);

        earlier.IsHeldBy(_sender).ShouldBeFalse("a doubled message of the earlier journey");
        present.IsHeldBy(_sender).ShouldBeTrue();
        earlier.TryPass(_sender, HolderId.Next()).ShouldBeFalse();
    }

    [Fact]
    public void Members_can_be_completed_alone_only_after_they_have_arrived()
    {
        NetBufferList[] chain = _pool.Chain(3);
        Flight flight = Flight.Depart(chain[0], _sender);
        chain[2].TryComplete(flight.Id, _sender, NdisStatus.Success, 0).ShouldBeFalse();

        flight.Disperse(_sender);

        chain.ShouldAllBe(list => list.Custody.Is(CustodyState.Outstanding, flight.Id, _sender));
        chain[2].Claim().TryComplete(NdisStatus.Success, 0).ShouldBeTrue();
        chain[1].Claim().TryComplete(NdisStatus.RequestAborted, 0).ShouldBeTrue();
        chain[0].Custody.State.ShouldBe(CustodyState.Outstanding);
    }

    [Fact]
    public void A_member_that_left_the_chain_is_not_dispersed()
    {
        NetBufferList[] chain = _pool.Chain(3);
        Flight flight = Flight.Depart(chain[0], _sender);
        chain[1].Custody.Set(CustodyState.Outstanding, flight.Id, HolderId.Custodian);

        flight.Disperse(_sender);

        chain[1].Custody.Holder.ShouldBe(HolderId.Custodian);
        chain[2].Custody.Holder.ShouldBe(_sender);
    }

    [Theory]
    [InlineData((1 << 27) - 50)]
    [InlineData(int.MaxValue - 50)]
    public void Journeys_are_numbered_round_and_round_in_27_bits(int last)
    {
        LastFlight(default) = last;
        int[] ids = [.. Enumerable.Range(0, 200).Select(_ => FlightId.Next().Value)];

        ids.ShouldAllBe(id => id >= 0 && id < 1 << 27);
        ids.ShouldBeUnique();
        foreach (int id in ids)
        {
            var cell = default(Custody);
            cell.Set(CustodyState.Outstanding, new FlightId(id), _sender);
            cell.Is(CustodyState.Outstanding, new FlightId(id), _sender).ShouldBeTrue();
            cell.Flight.Value.ShouldBe(id);
        }
    }

    [UnsafeAccessor(UnsafeAccessorKind.StaticField, Name = "_last")]
    private static extern ref int LastFlight(FlightId type);
}
