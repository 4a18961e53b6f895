using System.Collections.Concurrent;
using ChimneyActors.Buffers;
using ChimneyActors.Supervision;
using ChimneyActors.Unit.Support;

namespace ChimneyActors.Unit.Buffers;

/// <summary>A pool is bounded, makes whoever finds it empty wait, and takes back only what was rented.</summary>
public sealed class PoolRoomSpecs
{
    private readonly RecordingVerifier _heard = new();

    [Fact]
    public void It_has_no_more_than_its_size()
    {
        NetBufferListPool pool = Lists.Pool(3);
        NetBufferList[] all = [.. Enumerable.Range(0, 3).Select(_ => pool.Rent(null)!)];
        pool.Rent(null).ShouldBeNull();
        pool.Out.ShouldBe(3);
        pool.Audit().ShouldBe(all);

        pool.Return(all[1]).ShouldBeTrue();

        pool.Out.ShouldBe(2);
        pool.Rent(null).ShouldBeSameAs(all[1]);
        pool.Rent(null).ShouldBeNull();
        pool.Audit().ShouldBe(all);
    }

    [Fact]
    public void Lists_are_made_when_first_needed_with_memory_of_their_own()
    {
        var pool = new NetBufferListPool("indications", 4, 512, _heard);
        pool.Audit().ShouldBeEmpty();
        NetBufferList first = pool.Rent(null)!;
        pool.Audit().ShouldHaveSingleItem();
        (first.Buffer.Length, pool.BufferBytes).ShouldBe((512, 512));
        pool.Return(first);
        first.Buffer.Length.ShouldBe(512, "the memory stays with its list");
        Lists.Pool().Rent(null)!.Buffer.IsEmpty.ShouldBeTrue();
    }

    [Fact]
    public void A_chain_is_as_long_as_it_is_wanted_and_waits_for_nothing()
    {
        NetBufferListPool pool = Lists.Pool(4);
        NetBufferList other = pool.Rent(null)!;
        var waiter = new CountingWaiter();

        NetBufferList[] chain = Members(pool.Rent(3, waiter, out int rented));

        (rented, chain.Length, pool.Out).ShouldBe((3, 3, 4));
        chain.Append(other).Distinct().Count().ShouldBe(4);
        chain.ShouldAllBe(list => list.Custody.State == CustodyState.Rented);
        pool.Return(other);
        waiter.Told.ShouldBe(0);
    }

    [Fact]
    public void A_chain_that_finds_less_room_is_shorter_and_waits()
    {
        NetBufferListPool pool = Lists.Pool(2);
        var waiter = new CountingWaiter();

        NetBufferList[] chain = Members(pool.Rent(3, waiter, out int rented));

        (rented, chain.Length, pool.Out).ShouldBe((2, 2, 2));
        pool.Rent(1, waiter, out int more).ShouldBeNull();
        more.ShouldBe(0);
        pool.Return(chain[0]).ShouldBeTrue();
        pool.Return(chain[1]).ShouldBeTrue();
        waiter.Told.ShouldBe(2, "once for each time that it found too little");
        Members(pool.Rent(2, null, out _)).Length.ShouldBe(2);
    }

    [Fact]
    public void Of_chains_that_many_rent_at_once_no_two_share_a_list()
    {
        NetBufferListPool pool = Lists.Pool(5, _heard);
        int shared = 0;
        Crowd.Once(4, _ =>
        {
            for (int i = 0; i < 5000; i++)
            {
                NetBufferList[] chain = Members(pool.Rent(3, null, out int rented));
                chain.Length.ShouldBe(rented);
                foreach (NetBufferList list in chain)
                    if (++list.Flags != 1)
                        Interlocked.Increment(ref shared);
                foreach (NetBufferList list in chain)
                    pool.Return(list).ShouldBeTrue();
            }
        });
        (shared, pool.Out, _heard.Reports.Count).ShouldBe((0, 0, 0));
    }

    [Fact]
    public void Who_waits_is_told_once_for_each_time_he_asked()
    {
        NetBufferListPool pool = Lists.Pool(1);
        var waiter = new CountingWaiter();
        for (int round = 1; round <= 3; round++)
        {
            NetBufferList list = pool.Rent(waiter)!;
            waiter.Told.ShouldBe(round - 1, "who got one does not wait");
            pool.Rent(waiter).ShouldBeNull();
            pool.Return(list);
            waiter.Told.ShouldBe(round);
            pool.Return(pool.Rent(waiter)!);
            waiter.Told.ShouldBe(round, "he has been told and not asked again");
        }
    }

    [Fact]
    public void One_list_back_is_told_to_one_in_the_order_of_asking()
    {
        NetBufferListPool pool = Lists.Pool(2);
        NetBufferList[] lists = [pool.Rent(null)!, pool.Rent(null)!];
        CountingWaiter[] waiters = [new(), new()];
        foreach (CountingWaiter waiter in waiters)
            pool.Rent(waiter).ShouldBeNull();

        pool.Return(lists[0]);
        waiters.Select(waiter => waiter.Told).ShouldBe([1, 0]);
        pool.Return(lists[1]);
        waiters.Select(waiter => waiter.Told).ShouldBe([1, 1]);
    }

    [Fact]
    public void A_waiter_may_rent_and_return_while_he_is_told()
    {
        NetBufferListPool pool = Lists.Pool(1);
        NetBufferList list = pool.Rent(null)!;
        bool got = false;
        pool.Rent(new CountingWaiter { Then = () => got = pool.Return(pool.Rent(null)!) }).ShouldBeNull();
        pool.Return(list).ShouldBeTrue();
        got.ShouldBeTrue();
        pool.Out.ShouldBe(0);
    }

    [Fact]
    public void Returned_twice_is_refused_and_reported_with_its_history()
    {
        NetBufferListPool pool = Lists.Pool(2, _heard);
        NetBufferList list = pool.Rent(null)!;
        pool.Return(list).ShouldBeTrue();

        pool.Return(list).ShouldBeFalse();

        Violation violation = _heard.Reports.ShouldHaveSingleItem();
        (violation.Check, violation.ParcelId).ShouldBe((VerifierCheck.UseAfterHandOver, list.Id));
        violation.Detail.ShouldContain("returned to pool test while Free");
        violation.Detail.ShouldContain("Rented/f0/h0 > Free/f0/h0");
        violation.ToString().ShouldStartWith("V-03");
        pool.Rent(null).ShouldBeSameAs(list);
        pool.Rent(null).ShouldNotBeSameAs(list, "it is in the pool once");
    }

    [Theory]
    [InlineData(CustodyState.Outstanding)]
    [InlineData(CustodyState.Completing)]
    [InlineData(CustodyState.Completed)]
    [InlineData(CustodyState.Quarantined)]
    public void Returned_on_its_journey_is_refused_and_reported_with_its_holder(CustodyState state)
    {
        NetBufferListPool pool = Lists.Pool(1, _heard);
        NetBufferList list = pool.Filled(OffloadOperation.Send, 10);
        Flight flight = Flight.Depart(list, HolderId.Next());
        HolderId holder = HolderId.Next();
        list.Custody.Set(state, flight.Id, holder);

        pool.Return(list).ShouldBeFalse();

        Violation violation = _heard.Reports.ShouldHaveSingleItem();
        violation.Flight.ShouldBe(flight.Id);
        violation.Detail.ShouldContain($"while {state}; Send #{list.Id}");
        violation.Detail.ShouldContain($"> {state}/f{flight.Id.Value}/h{holder}");
        list.Custody.Is(state, flight.Id, holder).ShouldBeTrue();
        (list.DataLength, pool.Out).ShouldBe((10, 1), "it travels on as if nothing had been");
        pool.Rent(null).ShouldBeNull();
    }

    [Fact]
    public void Nothing_of_a_journey_is_left_for_the_next()
    {
        NetBufferListPool pool = Lists.Pool(1);
        NetBufferList list = pool.Filled(OffloadOperation.Receive, 10, offset: 7);
        (list.ProtocolReserved, list.MiniportReserved, list.NoPush, list.Flags) = (this, this, true, 2);
        list.Next = list;
        list.Connection = new OffloadHandle(1, 1);
        list.Frames.Push(new Edge("mux0"), null);
        list.BroughtHome = true;
        pool.Return(list);

        pool.Rent(null).ShouldBeSameAs(list);
        (list.ProtocolReserved, list.MiniportReserved, list.NoPush, list.Flags).ShouldBe((null, null, false, 0));
        (list.Next, list.Connection, list.StreamOffset).ShouldBe((null, OffloadHandle.None, 0));
        (list.Operation, list.Frames.Depth, list.BroughtHome).ShouldBe((OffloadOperation.None, 0, false));
        (list.DataLength, list.FirstNetBuffer.MdlChain).ShouldBe((0, null));
    }

    [Fact]
    public void Reserved_room_is_told_to_who_waits_for_it()
    {
        NetBufferListPool pool = Lists.Pool(0);
        CountingWaiter[] waiters = [new(), new(), new()];
        foreach (CountingWaiter waiter in waiters)
            pool.Rent(waiter).ShouldBeNull();
        pool.Reserve(2);
        waiters.Select(waiter => waiter.Told).ShouldBe([1, 1, 0]);
    }

    [Fact]
    public void Many_threads_never_have_the_same_list_and_leave_none_out()
    {
        const int max = 3;
        NetBufferListPool pool = Lists.Pool(max, _heard);
        var held = new ConcurrentDictionary<long, int>();
        Crowd.Once(4, me =>
        {
            for (int i = 0; i < 5000; i++)
                if (pool.Rent(null) is { } list)
                {
                    held.TryAdd(list.Id, me).ShouldBeTrue();
                    held.Count.ShouldBeLessThanOrEqualTo(max);
                    held.TryRemove(list.Id, out _).ShouldBeTrue();
                    pool.Return(list).ShouldBeTrue();
                }
        });
        pool.Out.ShouldBe(0);
        pool.Audit().Length.ShouldBeLessThanOrEqualTo(max);
        _heard.Reports.ShouldBeEmpty();
    }

    [Fact]
    public void Of_many_who_return_a_list_one_does()
    {
        NetBufferListPool pool = Lists.Pool(1, _heard);
        NetBufferList list = null!;
        int returned = 0;
        Crowd.Rounds(4, 500,
            prepare: _ => list = pool.Rent(null)!,
            work: _ =>
            {
                if (pool.Return(list))
                    Interlocked.Increment(ref returned);
            },
            check: round => (returned, pool.Out, _heard.Reports.Count).ShouldBe((round + 1, 0, 3 * (round + 1))));
    }

    [Fact]
    public void Many_threads_that_wait_are_all_told_in_the_end()
    {
        NetBufferListPool pool = Lists.Pool(2, _heard);
        Crowd.Once(4, _ =>
        {
            using var room = new SemaphoreSlim(0);
            var waiter = new CountingWaiter { Then = () => room.Release() };
            for (int i = 0; i < 2000; i++)
            {
                NetBufferList? list;
                while ((list = pool.Rent(waiter)) is null)
                    room.Wait(TimeSpan.FromSeconds(30)).ShouldBeTrue("waited in vain");
                pool.Return(list).ShouldBeTrue();
            }
        });
        pool.Out.ShouldBe(0);
    }

    private static NetBufferList[] Members(NetBufferList? head)
    {
        var members = new List<NetBufferList>();
        for (NetBufferList? list = head; list is not null; list = (NetBufferList?)list.Next)
            members.Add(list);
        return [.. members];
    }

    private sealed class CountingWaiter : IPoolWaiter
    {
        private int _told;

        public int Told => Volatile.Read(ref _told);

        public Action? Then { get; init; }

        public void RoomAgain()
        {
            Interlocked.Increment(ref _told);
            Then?.Invoke();
        }
    }
}
