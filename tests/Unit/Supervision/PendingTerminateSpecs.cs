using ChimneyActors.Buffers;
using ChimneyActors.Ndis;
using ChimneyActors.Supervision;
using ChimneyActors.Unit.Support;

namespace ChimneyActors.Unit.Supervision;

/// <summary>A terminate that was left for its connection is fetched by one, who holds it from then on.</summary>
public sealed class PendingTerminateSpecs
{
    private static readonly HolderId Connection = HolderId.Next();
    private static readonly HolderId StandIn = HolderId.Next();
    private readonly ConnectionEntry _entry = new(new OffloadHandle(0, 1), new WayDown());

    [Fact]
    public void Who_fetches_it_holds_it_and_nobody_fetches_it_again()
    {
        OffloadBlock block = Left();
        _entry.Describe().ShouldContain("a terminate waits to be fetched");

        _entry.FetchTerminate(Connection).ShouldBeSameAs(block);

        block.Custody.Is(CustodyState.Outstanding, block.Custody.Flight, Connection).ShouldBeTrue();
        _entry.FetchTerminate(StandIn).ShouldBeNull();
        block.Custody.Holder.ShouldBe(Connection);
        _entry.Describe().ShouldNotContain("a terminate waits");
    }

    [Fact]
    public void Without_one_there_is_nothing_to_fetch() => _entry.FetchTerminate(Connection).ShouldBeNull();

    [Fact]
    public void One_that_was_completed_in_the_meantime_stays_as_it_is()
    {
        OffloadBlock block = Left();
        FlightId flight = block.Custody.Flight;
        block.TryComplete(flight, HolderId.Custodian, NdisStatus.Failure, 0).ShouldBeTrue();

        _entry.FetchTerminate(Connection).ShouldBeNull();

        block.Custody.Is(CustodyState.Completed, flight, HolderId.Custodian).ShouldBeTrue();
    }

    [Fact]
    public void Of_a_dead_connection_and_its_stand_in_one_gets_it()
    {
        OffloadBlock?[] fetched = new OffloadBlock?[2];
        Crowd.Rounds(2, 500,
            prepare: _ => Left(),
            work: me => fetched[me] = _entry.FetchTerminate(me == 0 ? Connection : StandIn),
            check: _ =>
            {
                OffloadBlock block = fetched.Where(one => one is not null).ShouldHaveSingleItem()!;
                block.Custody.Holder.ShouldBe(fetched[0] is null ? StandIn : Connection);
            });
    }

    private OffloadBlock Left()
    {
        var block = new OffloadBlock { Operation = OffloadOperation.Terminate, Connection = _entry.Handle };
        Flight.Depart(block, HolderId.Custodian);
        _entry.LeaveTerminate(block);
        return block;
    }
}
