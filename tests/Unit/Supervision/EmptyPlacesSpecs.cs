using ChimneyActors.Buffers;
using ChimneyActors.Supervision;
using ChimneyActors.Unit.Support;

namespace ChimneyActors.Unit.Supervision;

/// <summary>Who found a driver's place empty is told when there is a driver in it again: nobody is missed, and nobody
/// else is looked at.</summary>
public sealed class EmptyPlacesSpecs
{
    private readonly EmptyPlaces _places = new();
    private readonly Ear _mux = new("mux0");
    private readonly Ear _other = new("mux1");

    [Fact]
    public void Each_is_told_once_by_the_driver_it_waited_for()
    {
        ConnectionEntry[] entries = [Entry(0), Entry(1), Entry(2)];
        _mux.Die();
        _other.Die();
        _places.IsEmptyFor(_mux.Edge, entries[0]).ShouldBeTrue();
        _places.IsEmptyFor(_other.Edge, entries[1]).ShouldBeTrue();
        _places.IsEmptyFor(_mux.Edge, entries[2]).ShouldBeTrue();

        _places.TakeAll(_mux.Edge).ShouldBe([entries[0], entries[2]]);
        _places.TakeAll(_mux.Edge).ShouldBeEmpty();
        _places.TakeAll(_other.Edge).ShouldBe([entries[1]]);
        _places.TakeAll(new Edge("nobody waits for it")).ShouldBeEmpty();
    }

    [Fact]
    public void Who_waits_twice_is_told_once_and_who_comes_meanwhile_once_more()
    {
        ConnectionEntry[] entries = [Entry(0), Entry(1)];
        _mux.Die();
        foreach (ConnectionEntry entry in new[] { entries[0], entries[1], entries[0], entries[0] })
            _places.IsEmptyFor(_mux.Edge, entry);

        var told = new List<ConnectionEntry>();
        foreach (ConnectionEntry entry in _places.TakeAll(_mux.Edge))
        {
            told.Add(entry);
            if (told.Count == 2)
                _places.IsEmptyFor(_mux.Edge, entries[0]);
        }

        told.ShouldBe([entries[0], entries[1], entries[0]]);
    }

    [Fact]
    public void Whoever_dies_over_it_leaves_the_rest_to_the_next()
    {
        ConnectionEntry[] entries = [Entry(0), Entry(1)];
        _mux.Die();
        foreach (ConnectionEntry entry in entries)
            _places.IsEmptyFor(_mux.Edge, entry);

        _places.TakeAll(_mux.Edge).First().ShouldBe(entries[0]);

        _places.TakeAll(_mux.Edge).ShouldBe([entries[1]]);
    }

    [Fact]
    public void A_driver_that_came_meanwhile_is_seen_at_once() =>
        _places.IsEmptyFor(_mux.Edge, Entry(0)).ShouldBeFalse();

    [Fact]
    public void Whoever_saw_one_come_meanwhile_is_told_of_the_next_that_was_missing()
    {
        const int rounds = 20_000;
        ConnectionEntry entry = Entry(0);
        var connection = new Ear("connection");
        entry.Edge.PointAt(connection, connection.Holder);
        entry.Join(_mux.Edge);
        entry.Join(_other.Edge);
        using var step = new Barrier(2);
        var driver = new Thread(() =>
        {
            for (int round = 0; round < rounds; round++)
            {
                step.SignalAndWait();
                Come(_mux);
                step.SignalAndWait();
            }
        });
        driver.Start();
        int missed = 0;
        for (int round = 0; round < rounds; round++)
        {
            Go(_mux);
            Go(_other);
            connection.Heard.Clear();
            step.SignalAndWait();
            bool open = entry.IsOpenAbove(_places);
            step.SignalAndWait();
            if (connection.Heard.Count > 0)
                open = entry.IsOpenAbove(_places);
            connection.Heard.Clear();
            Come(_other);
            if (open || connection.Heard.Count == 0)
                missed++;
            entry.IsOpenAbove(_places).ShouldBeTrue();
        }

        driver.Join(TimeSpan.FromSeconds(60)).ShouldBeTrue();
        missed.ShouldBe(0);
    }

    [Fact]
    public void Whoever_waits_while_the_driver_comes_is_told_or_sees_it()
    {
        const int rounds = 20_000;
        ConnectionEntry entry = Entry(0);
        using var step = new Barrier(2);
        int told = 0;
        var driver = new Thread(() =>
        {
            for (int round = 0; round < rounds; round++)
            {
                step.SignalAndWait();
                _mux.Edge.PointAt(_mux, HolderId.Next());
                told = _places.TakeAll(_mux.Edge).Count();
                step.SignalAndWait();
            }
        });
        int missed = 0;
        driver.Start();
        for (int round = 0; round < rounds; round++)
        {
            Go(_mux);
            step.SignalAndWait();
            bool waits = _places.IsEmptyFor(_mux.Edge, entry);
            step.SignalAndWait();
            if (waits && told == 0)
                missed++;
            _ = _places.TakeAll(_mux.Edge).Count();
        }

        driver.Join(TimeSpan.FromSeconds(60)).ShouldBeTrue();
        missed.ShouldBe(0);
    }

    private void Come(Ear driver)
    {
        driver.Edge.PointAt(driver, HolderId.Next());
        foreach (ConnectionEntry waiting in _places.TakeAll(driver.Edge))
            waiting.TellLayerIsThere();
    }

    private static void Go(Ear driver) => driver.Edge.Retire(driver.Edge.Current!.Holder);

    private static ConnectionEntry Entry(int slot) => new(new OffloadHandle(slot, 1), new WayDown());
}
