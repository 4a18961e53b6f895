using ChimneyActors.Buffers;
using ChimneyActors.Unit.Support;

namespace ChimneyActors.Unit.Buffers;

/// <summary>The gate and the passing of chains (GEN-03, GEN-06).</summary>
public sealed class CustodySpecs
{
    private readonly RecordingVerifier _verifier = new();
    private readonly NetBufferListPool _pool;
    private readonly HolderId _me = HolderId.Next();
    private readonly HolderId _next = HolderId.Next();

    public CustodySpecs() => _pool = new NetBufferListPool("spec", 8, 0, _verifier);

    [Fact]
    public void Of_many_threads_exactly_one_wins_the_gate()
    {
        const int Rounds = 20_000;
        const int Threads = 4;
        NetBufferList list = Rent(4);
        int[] wins = new int[Rounds];
        Claim claim = default;
        using var barrier = new Barrier(Threads, _ => claim = Take(list));
        Thread[] threads = [.. Enumerable.Range(0, Threads).Select(number => new Thread(() =>
        {
            for (int round = 0; round < Rounds; round++)
            {
                barrier.SignalAndWait();
                Claim mine = claim;
                if (mine.TryComplete(NdisStatus.Success, number))
                    Interlocked.Increment(ref wins[round]);
                barrier.SignalAndWait();
            }
        }))];
        foreach (Thread thread in threads)
            thread.Start();
        foreach (Thread thread in threads)
            thread.Join();
        wins.ShouldAllBe(count => count == 1);

        Claim Take(NetBufferList parcel)
        {
            // Every second phase is the start of a round.
            if (parcel.Custody.State != CustodyState.Outstanding)
            {
                parcel.FirstNetBuffer.Attach(new byte[4].AsMemory());
                Flight.Depart(parcel, _me);
            }
            return parcel.Claim();
        }
    }

    [Fact]
    public void A_claim_of_an_earlier_journey_loses()
    {
        NetBufferList list = Rent(1);
        Flight.Depart(list, _me);
        Claim old = list.Claim();
        old.TryComplete(NdisStatus.Success, 0).ShouldBeTrue();
        Flight.Depart(list, _me);
        old.IsOpen.ShouldBeFalse();
        old.TryComplete(NdisStatus.RequestAborted, 0).ShouldBeFalse();
        list.Status.ShouldBe(NdisStatus.Pending);
    }

    [Fact]
    public void A_relieved_holder_can_neither_complete_nor_pass()
    {
        Flight flight = Flight.Depart(Rent(1), _me);
        Claim claim = flight.Head.Claim();
        flight.TryPass(_me, HolderId.Custodian).ShouldBeTrue();
        claim.TryComplete(NdisStatus.Success, 0).ShouldBeFalse();
        flight.TryPass(_me, _next).ShouldBeFalse();
        flight.IsHeldBy(HolderId.Custodian).ShouldBeTrue();
    }

    [Fact]
    public void A_chain_is_passed_by_one_swap_and_dispersed_at_the_end()
    {
        Flight flight = Flight.Depart(Chain(3), _me);
        flight.Count.ShouldBe(3);
        Parcel second = flight.Head.Next!;
        second.Custody.Holder.ShouldBe(HolderId.Chain);
        flight.TryPass(_me, _next).ShouldBeTrue();
        flight.TryPass(_me, _next).ShouldBeFalse();
        second.Custody.Holder.ShouldBe(HolderId.Chain);
        flight.Disperse(_next);
        for (Parcel? member = flight.Head; member is not null; member = member.Next)
            member.Custody.Is(CustodyState.Outstanding, flight.Id, _next).ShouldBeTrue();
        second.TryComplete(flight.Id, _next, NdisStatus.Success, 0).ShouldBeTrue();
        flight.IsHeldBy(_next).ShouldBeTrue();      // the head is still out
    }

    [Fact]
    public void Completing_writes_status_count_and_data_start_together()
    {
        NetBufferList list = Rent(10);
        Flight flight = Flight.Depart(list, _me);
        list.TryComplete(flight.Id, _me, NdisStatus.RequestAborted, 4).ShouldBeTrue();
        list.Status.ShouldBe(NdisStatus.RequestAborted);
        list.BytesTransferred.ShouldBe(4);
        list.FirstNetBuffer.DataOffset.ShouldBe(4);     // NBL-11
        list.FirstNetBuffer.DataLength.ShouldBe(6);
        list.BytesAdvanced.ShouldBe(4);
    }

    [Fact]
    public void Flight_ids_and_holder_ids_fit_their_fields()
    {
        var cell = default(Custody);
        var flight = new FlightId((1 << 27) - 1);
        var holder = new HolderId((1L << 34) - 1);
        cell.Set(CustodyState.Quarantined, flight, holder);
        cell.State.ShouldBe(CustodyState.Quarantined);
        cell.Flight.ShouldBe(flight);
        cell.Holder.ShouldBe(holder);
        cell.TryMove(CustodyState.Quarantined, flight, holder, CustodyState.Free, new FlightId(0), HolderId.None)
            .ShouldBeTrue();
        cell.State.ShouldBe(CustodyState.Free);
    }

    [Fact]
    public void A_cell_tells_its_last_moves_oldest_first()
    {
        var cell = default(Custody);
        for (int i = 1; i <= 20; i++)
            cell.Set(CustodyState.Outstanding, new FlightId(i), _me);
        cell.Describe().Split(" > ").Length.ShouldBe(8);
        cell.Describe().ShouldStartWith("Outstanding/f13/");
        cell.Describe().ShouldContain("Outstanding/f20/");
    }

    private NetBufferList Rent(int bytes)
    {
        NetBufferList list = _pool.Rent(null)!;
        list.Operation = OffloadOperation.Send;
        list.FirstNetBuffer.Attach(new byte[bytes].AsMemory());
        return list;
    }

    private NetBufferList Chain(int count)
    {
        NetBufferList head = Rent(1);
        Parcel tail = head;
        for (int i = 1; i < count; i++)
        {
            tail.Next = Rent(1);
            tail = tail.Next;
        }
        return head;
    }
}
