using ChimneyActors.Buffers;
using ChimneyActors.Unit.Support;

namespace ChimneyActors.Unit.Buffers;

public sealed class NetBufferListPoolSpecs
{
    private readonly RecordingVerifier _verifier = new();

    [Fact]
    public void A_pool_is_bounded_and_tells_who_waits_once()
    {
        NetBufferListPool pool = Pool(2);
        NetBufferList first = pool.Rent(null)!;
        NetBufferList second = pool.Rent(null)!;
        var waiter = new Waiter();
        pool.Rent(waiter).ShouldBeNull();
        pool.Out.ShouldBe(2);
        pool.Return(first).ShouldBeTrue();
        pool.Return(second).ShouldBeTrue();
        waiter.Times.ShouldBe(1);
        pool.Out.ShouldBe(0);
    }

    [Fact]
    public void A_list_is_returned_once()
    {
        NetBufferListPool pool = Pool(1);
        NetBufferList list = pool.Rent(null)!;
        pool.Return(list).ShouldBeTrue();
        pool.Return(list).ShouldBeFalse();
        _verifier.Reports.ShouldHaveSingleItem().Check.ShouldBe(VerifierCheck.UseAfterHandOver);
        pool.Rent(null).ShouldBe(list);
        pool.Rent(null).ShouldBeNull();
    }

    [Fact]
    public void A_list_on_its_journey_is_not_taken_back()
    {
        NetBufferListPool pool = Pool(1);
        NetBufferList list = pool.Rent(null)!;
        Flight.Depart(list, HolderId.Next());
        pool.Return(list).ShouldBeFalse();
        pool.Out.ShouldBe(1);
        _verifier.Reports.ShouldHaveSingleItem().Detail.ShouldContain("Outstanding");
    }

    [Fact]
    public void Room_that_is_not_wanted_goes_to_the_next_who_waits()
    {
        NetBufferListPool pool = Pool(1);
        NetBufferList list = pool.Rent(null)!;
        var first = new Waiter();
        var second = new Waiter();
        pool.Rent(first).ShouldBeNull();
        pool.Rent(second).ShouldBeNull();
        pool.PassOn();      // no room yet: nobody is told
        first.Times.ShouldBe(0);
        pool.Return(list);
        (first.Times, second.Times).ShouldBe((1, 0));
        pool.PassOn();
        (first.Times, second.Times).ShouldBe((1, 1));
    }

    [Fact]
    public void Reserving_makes_room_and_giving_it_up_takes_it_away()
    {
        NetBufferListPool pool = Pool(0);
        pool.Rent(null).ShouldBeNull();
        pool.Reserve(2);
        pool.Rent(null).ShouldNotBeNull();
        pool.Reserve(-2);
        pool.Rent(null).ShouldBeNull();
        pool.Audit().Length.ShouldBe(1);
    }

    [Fact]
    public void A_returned_list_remembers_nothing()
    {
        NetBufferListPool pool = Pool(1);
        NetBufferList list = pool.Rent(null)!;
        list.Operation = OffloadOperation.Send;
        list.Connection = new OffloadHandle(1, 1);
        list.ProtocolReserved = this;
        list.Flags = 1;
        list.NoPush = true;
        list.StreamOffset = 5;
        list.FirstNetBuffer.Attach(new byte[3].AsMemory());
        pool.Return(list);
        pool.Rent(null).ShouldBe(list);
        list.Connection.IsNone.ShouldBeTrue();
        (list.Operation, list.ProtocolReserved, list.Flags, list.NoPush, list.StreamOffset, list.DataLength)
            .ShouldBe((OffloadOperation.None, null, 0, false, 0, 0));
        list.FirstNetBuffer.MdlChain.ShouldBeNull();
    }

    [Fact]
    public void Many_threads_never_share_a_list()
    {
        NetBufferListPool pool = Pool(3);
        int shared = 0;
        Parallel.For(0, 4, _ =>
        {
            for (int i = 0; i < 20_000; i++)
            {
                if (pool.Rent(null) is not { } list)
                    continue;
                if (++list.Flags != 1)
                    Interlocked.Increment(ref shared);
                pool.Return(list);
            }
        });
        shared.ShouldBe(0);
        pool.Out.ShouldBe(0);
        _verifier.Reports.ShouldBeEmpty();
    }

    private NetBufferListPool Pool(int max) => new("spec", max, 0, _verifier);

    private sealed class Waiter : IPoolWaiter
    {
        public int Times { get; private set; }

        public void RoomAgain() => Times++;
    }
}
