using ChimneyActors.Bench.Measuring;
using ChimneyActors.Buffers;
using ChimneyActors.Supervision;

namespace ChimneyActors.Bench.Messaging;

/// <summary>What the promise itself costs: all looks, swaps and checks of one send through an intermediate driver and
/// back, in their order, and nothing else. One thread, no actor.</summary>
internal sealed class BareCustody
{
    private readonly HolderId _binding = HolderId.Next();
    private readonly HolderId _mux = HolderId.Next();
    private readonly HolderId _connection = HolderId.Next();
    private readonly NetBufferList[] _lists;
    private readonly byte[] _data = new byte[64];
    private FlightIds _flights;
    private int _answered;

    /// <param name="window">How many lists take turns.</param>
    public BareCustody(int window)
    {
        var pool = new NetBufferListPool("bench", window, 0, new Ledger());
        _lists = [.. Enumerable.Range(0, window).Select(_ => pool.Rent(null)!)];
    }

    public Task<Sample> MeasureAsync(string name, long requests) => Task.Run(() => Measure(name, requests));

    private Sample Measure(string name, long requests)
    {
        var meter = Meter.Start();
        bool held = true;
        for (long i = 0; i < requests; i++)
            held &= TravelOnce(_lists[i % _lists.Length]);
        return held ? meter.Stop(name, requests) : throw new BenchException("a list was lost on its way");
    }

    private bool TravelOnce(NetBufferList list)
    {
        list.Custody.Set(CustodyState.Rented, default, HolderId.None);
        list.Operation = OffloadOperation.Send;
        list.FirstNetBuffer.Attach(_data);
        Flight flight = Flight.Depart(list, _binding, _flights.Next());
        bool held = flight.TryPass(_binding, _mux);
        held &= Handle(flight, _mux, _connection);
        held &= list.Custody.IsUnderWay(flight.Id, _connection, out CustodyState state);
        held &= list.Claim().TryComplete(NdisStatus.Success, list.DataLength);      // the target
        held &= list.Custody.State == CustodyState.Completed;
        held &= !list.Custody.Is(state, flight.Id, _connection);
        Settlement.Check(list, "bench");
        held &= Handle(flight, _connection, _mux);
        held &= Handle(flight, _mux, _binding);
        held &= list.Custody.IsUnderWay(flight.Id, _binding, out state);
        held &= list.Custody.TryMove(
            CustodyState.Completed, flight.Id, _binding, CustodyState.Free, default, HolderId.None);
        held &= !list.Custody.Is(state, flight.Id, _binding);
        return held & Interlocked.Exchange(ref _answered, 0) == 0;
    }

    /// <summary>What a driver does with the cell while it handles a message that it passes on.</summary>
    private static bool Handle(Flight flight, HolderId me, HolderId next) =>
        flight.Head.Custody.IsUnderWay(flight.Id, me, out CustodyState state)
        & flight.TryPass(me, next)
        & !flight.Head.Custody.Is(state, flight.Id, me);
}
