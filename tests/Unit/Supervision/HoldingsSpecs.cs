using ChimneyActors.Buffers;
using ChimneyActors.Supervision;
using ChimneyActors.Unit.Support;
using CsCheck;

namespace ChimneyActors.Unit.Supervision;

/// <summary>What is parked: two lists in order, in which nothing is twice.</summary>
public sealed class HoldingsSpecs
{
    private const int Parcels = 6;

    [Fact]
    public void Nothing_is_parked_twice()
    {
        Parcel parcel = Lists.Pool(1).Rent(null)!;
        Holdings[] holdings = [new(), new()];
        holdings[0].Park(parcel);

        foreach (Holdings any in holdings)
            Should.Throw<InvalidOperationException>(() => any.Park(parcel)).Message.ShouldContain($"#{parcel.Id}");

        (holdings[0].Count, holdings[0].Remove(parcel), holdings[0].First, holdings[1].First)
            .ShouldBe((1, true, null, null));
    }

    [Fact]
    public void They_are_lists_in_the_order_of_parking() =>
        Gen.Select(Gen.Int[0, 1], Gen.Int[0, Parcels - 1]).Array[0, 60].Always(steps =>
        {
            NetBufferListPool pool = Lists.Pool(Parcels);
            Parcel[] parcels = [.. Enumerable.Range(0, Parcels).Select(_ => pool.Rent(null)!)];
            Holdings[] holdings = [new(), new()];
            List<Parcel>[] models = [[], []];
            foreach ((int which, int number) in steps)
            {
                Parcel parcel = parcels[number];
                bool parked = models.Any(model => model.Contains(parcel));
                if (!parked)
                {
                    holdings[which].Park(parcel);
                    models[which].Add(parcel);
                }
                else
                {
                    holdings[which].Remove(parcel).ShouldBe(models[which].Remove(parcel));
                }
                for (int i = 0; i < 2; i++)
                {
                    Forwards(holdings[i]).ShouldBe(models[i]);
                    Backwards(models[i]).ShouldBe(models[i].AsEnumerable().Reverse());
                    holdings[i].Count.ShouldBe(models[i].Count);
                }
            }
        });

    [Fact]
    public void What_is_parked_elsewhere_or_nowhere_is_not_taken()
    {
        Holdings here = new();
        Holdings there = new();
        NetBufferList list = Lists.Pool().Rent(null)!;
        here.Remove(list).ShouldBeFalse();
        there.Park(list);
        here.Remove(list).ShouldBeFalse();
        there.Remove(list).ShouldBeTrue();
        there.Remove(list).ShouldBeFalse();
        (here.Count, there.Count, there.First).ShouldBe((0, 0, null));
    }

    private static List<Parcel> Forwards(Holdings holdings)
    {
        var all = new List<Parcel>();
        for (Parcel? parcel = holdings.First; parcel is not null; parcel = parcel.ParkedNext)
        {
            parcel.ParkedIn.ShouldBeSameAs(holdings);
            all.Add(parcel);
        }
        return all;
    }

    private static List<Parcel> Backwards(List<Parcel> model)
    {
        var all = new List<Parcel>();
        for (Parcel? parcel = model.LastOrDefault(); parcel is not null; parcel = parcel.ParkedPrevious)
            all.Add(parcel);
        return all;
    }
}
