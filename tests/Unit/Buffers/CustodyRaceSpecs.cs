using System.Collections.Concurrent;
using ChimneyActors.Buffers;
using ChimneyActors.Unit.Support;
using CsCheck;

namespace ChimneyActors.Unit.Buffers;

/// <summary>The custody cell: whoever races for it, one wins, and a loser leaves no trace.</summary>
public sealed class CustodyRaceSpecs
{
    private const int Threads = 4;
    private const int Rounds = 1000;
    private readonly NetBufferListPool _pool = Lists.Pool();
    private readonly HolderId _holder = HolderId.Next();

    [Fact]
    public void Of_many_who_complete_a_parcel_exactly_one_wins_and_only_he_writes()
    {
        NetBufferList list = _pool.Filled(OffloadOperation.Send);
        Flight flight = default;
        var winners = new ConcurrentQueue<int>();
        Crowd.Rounds(Threads, Rounds,
            prepare: _ => flight = Flight.Depart(list, _holder),
            work: me =>
            {
                if (list.TryComplete(flight.Id, _holder, NdisStatus.RequestAborted, me))
                    winners.Enqueue(me);
            },
            check: round =>
            {
                list.BytesTransferred.ShouldBe(winners.ShouldHaveSingleItem(), $"round {round}");
                list.Custody.Is(CustodyState.Completed, flight.Id, _holder).ShouldBeTrue();
                winners.Clear();
                list.LandForTest();
            });
    }

    [Fact]
    public void Of_a_completion_and_a_relief_exactly_one_wins()
    {
        NetBufferList list = _pool.Filled(OffloadOperation.Send);
        Flight flight = default;
        var winners = new ConcurrentQueue<int>();
        Crowd.Rounds(Threads, Rounds,
            prepare: _ => flight = Flight.Depart(list, _holder),
            work: me =>
            {
                bool won = (me & 1) == 0
                    ? list.TryComplete(flight.Id, _holder, NdisStatus.Success, 0)
                    : list.Custody.TryMove(CustodyState.Outstanding, flight.Id, _holder,
                        CustodyState.Outstanding, flight.Id, HolderId.Custodian);
                if (won)
                    winners.Enqueue(me & 1);
            },
            check: round =>
            {
                bool relieved = winners.ShouldHaveSingleItem() == 1;
                list.Custody.Holder.ShouldBe(relieved ? HolderId.Custodian : _holder, $"round {round}");
                list.Custody.State.ShouldBe(relieved ? CustodyState.Outstanding : CustodyState.Completed);
                winners.Clear();
                list.Custody.Set(CustodyState.Rented, default, HolderId.None);
            });
    }

    [Fact]
    public void Of_many_old_claims_and_one_of_today_only_todays_completes()
    {
        NetBufferList list = _pool.Filled(OffloadOperation.Send);
        Claim old = default;
        Claim today = default;
        int oldWins = 0;
        int wins = 0;
        Crowd.Rounds(Threads, Rounds,
            prepare: _ =>
            {
                old = today;
                Flight.Depart(list, _holder);
                today = list.Claim();
            },
            work: me =>
            {
                if (me == 0 && today.TryComplete(NdisStatus.Success, 0))
                    Interlocked.Increment(ref wins);
                else if (me != 0 && old.Parcel is not null && old.TryComplete(NdisStatus.RequestAborted, 7))
                    Interlocked.Increment(ref oldWins);
            },
            check: round =>
            {
                (wins, oldWins).ShouldBe((round + 1, 0));
                (list.Status, list.BytesTransferred).ShouldBe((NdisStatus.Success, 0));
                list.LandForTest();
            });
    }

    [Fact]
    public void Only_an_outstanding_parcel_can_be_completed()
    {
        foreach (CustodyState state in Enum.GetValues<CustodyState>())
        {
            NetBufferList list = _pool.Filled(OffloadOperation.Send);
            FlightId flight = FlightId.Next();
            list.Custody.Set(state, flight, _holder);
            list.TryComplete(flight, _holder, NdisStatus.RequestAborted, 0)
                .ShouldBe(state == CustodyState.Outstanding, state.ToString());
            if (state != CustodyState.Outstanding)
                list.Custody.Is(state, flight, _holder).ShouldBeTrue();
        }
    }

    [Fact]
    public void State_flight_and_holder_never_mix() =>
        Gen.Select(Gen.Enum<CustodyState>(), Gen.Int[0, (1 << 27) - 1], Gen.Long[0, (1L << 34) - 1])
            .Always((state, flight, holder) =>
            {
                var cell = default(Custody);
                cell.Set(state, new FlightId(flight), new HolderId(holder));
                (cell.State, cell.Flight.Value, cell.Holder.Value).ShouldBe((state, flight, holder));
                cell.ToString().ShouldBe($"{state}/f{flight}/h{holder}");
            });

    [Fact]
    public void The_cell_tells_its_last_eight_moves_and_no_refused_one()
    {
        var cell = default(Custody);
        cell.Describe().ShouldBe("");
        for (int i = 1; i <= 10; i++)
        {
            cell.Set(CustodyState.Outstanding, new FlightId(i), new HolderId(i));
            cell.TryMove(CustodyState.Completed, new FlightId(i), new HolderId(i),
                CustodyState.Free, default, HolderId.None).ShouldBeFalse();
            int first = Math.Max(1, i - 7);
            cell.Describe().ShouldBe(string.Join(" > ",
                Enumerable.Range(first, i - first + 1).Select(n => $"Outstanding/f{n}/h{n}")));
        }
    }

    [Fact]
    public void No_two_holders_have_one_id()
    {
        var ids = new ConcurrentDictionary<HolderId, int>();
        Crowd.Once(Threads, me =>
        {
            for (int i = 0; i < 5000; i++)
                ids.TryAdd(HolderId.Next(), me).ShouldBeTrue();
        });
        ids.Keys.ShouldNotContain(id => id == HolderId.None || id == HolderId.Chain || id == HolderId.Custodian);
    }
}
