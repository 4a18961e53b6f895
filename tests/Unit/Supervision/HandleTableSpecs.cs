using System.Collections.Concurrent;
using ChimneyActors.Buffers;
using ChimneyActors.Supervision;
using ChimneyActors.Unit.Support;
using CsCheck;

namespace ChimneyActors.Unit.Supervision;

public sealed class HandleTableSpecs
{
    private readonly HandleTable _table = new();

    [Fact]
    public void A_name_finds_its_connection_until_it_ends_and_then_nothing()
    {
        ConnectionEntry entry = _table.Add();
        entry.Handle.IsNone.ShouldBeFalse();
        _table.Find(entry.Handle).ShouldBeSameAs(entry);

        _table.Remove(entry);

        _table.Find(entry.Handle).ShouldBeNull();
        _table.Count.ShouldBe(0);
    }

    [Fact]
    public void The_next_on_the_same_place_has_another_name()
    {
        ConnectionEntry first = _table.Add();
        _table.Remove(first);
        ConnectionEntry second = _table.Add();

        second.Handle.ShouldBe(first.Handle with { Generation = first.Handle.Generation + 1 });
        _table.Find(first.Handle).ShouldBeNull("a dead name finds nothing");
        _table.Find(second.Handle).ShouldBeSameAs(second);
    }

    [Fact]
    public void Ended_twice_it_harms_nobody_who_came_after()
    {
        ConnectionEntry first = _table.Add();
        _table.Remove(first);
        _table.Remove(first);
        ConnectionEntry second = _table.Add();
        _table.Remove(first);
        ConnectionEntry third = _table.Add();

        _table.Find(second.Handle).ShouldBeSameAs(second);
        third.Handle.Slot.ShouldNotBe(second.Handle.Slot);
        _table.Count.ShouldBe(2);
    }

    [Fact]
    public void Names_that_were_never_given_find_nothing()
    {
        _table.Add();
        OffloadHandle[] strange =
        [
            OffloadHandle.None, new(0, 2), new(1, 1), new(63, 1), new(64, 1), new(-1, 1), new(int.MaxValue, 1),
            new(int.MinValue, 1), new(0, -1),
        ];
        strange.ShouldAllBe(handle => _table.Find(handle) == null);
    }

    [Fact]
    public void It_is_a_dictionary_whose_keys_never_come_again() =>
        Gen.Int[-60, 100].Array[0, 400].Always(steps =>
        {
            var table = new HandleTable();
            var living = new Dictionary<OffloadHandle, ConnectionEntry>();
            var dead = new HashSet<OffloadHandle>();
            foreach (int step in steps)
                if (step >= 0)
                {
                    ConnectionEntry entry = table.Add();
                    living.Add(entry.Handle, entry);
                    dead.ShouldNotContain(entry.Handle);
                }
                else if (living.Count > 0)
                {
                    ConnectionEntry entry = living.Values.ElementAt(-step % living.Count);
                    table.Remove(entry);
                    living.Remove(entry.Handle);
                    dead.Add(entry.Handle);
                }
            table.Count.ShouldBe(living.Count);
            table.All().ShouldBe(living.Values, ignoreOrder: true);
            living.ShouldAllBe(pair => table.Find(pair.Key) == pair.Value);
            dead.ShouldAllBe(handle => table.Find(handle) == null);
        }, count: 50);

    [Fact]
    public void Many_threads_name_and_end_without_seeing_one_anothers()
    {
        var given = new ConcurrentDictionary<OffloadHandle, int>();
        var kept = new ConcurrentBag<ConnectionEntry>();
        Crowd.Once(4, me =>
        {
            for (int i = 0; i < 3000; i++)
            {
                ConnectionEntry entry = _table.Add();
                given.TryAdd(entry.Handle, me).ShouldBeTrue("a name was given twice");
                _table.Find(entry.Handle).ShouldBeSameAs(entry);
                if (i % 10 == 0)
                {
                    kept.Add(entry);
                    continue;
                }
                _table.Remove(entry);
                _table.Find(entry.Handle).ShouldBeNull();
            }
        });
        _table.Count.ShouldBe(kept.Count);
        _table.All().ShouldBe(kept, ignoreOrder: true);
    }
}
