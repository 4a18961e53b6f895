using ChimneyActors.Targets.Simulated;

namespace ChimneyActors.Simulation;

/// <summary>Rules that only a wire can show, for every segment of many seeds.</summary>
public sealed class WireRuleSpecs
{
    private static readonly TimeSpan Bound = TimeSpan.FromDays(10);

    [Theory]
    [InlineData(500_000, false, false, false)]
    [InlineData(510_000, true, false, false)]
    [InlineData(520_000, true, true, false)]    // moves from engine to engine
    [InlineData(530_000, true, false, true)]    // aborts
    public void Every_segment_of_every_seed_keeps_the_rules(int first, bool isBad, bool moves, bool aborts)
    {
        (int fins, int probes, int wraps) = (0, 0, 0);
        for (int seed = first; seed < first + 200; seed++)
        {
            (StationPlan left, StationPlan right) = World.Plans(seed, moves, aborts);
            left = left with { Settings = left.Settings with { IpIds = new IpIdRange(0x8000, 0x800F) } };
            if (seed % 10 == 0)
                right = right with { PauseMsMax = 3_000, ReadBytesMax = 500 };      // so slow that windows close
            var world = new World(seed, isBad ? World.Faults(seed) : WireFaults.None, left, right);
            var rules = new WireRules(world);
            try
            {
                world.Run(Bound).ShouldBeTrue(world.ToString());
            }
            catch (Exception exception)
            {
                throw new InvalidOperationException($"seed {seed}: {exception.Message}", exception);
            }

            fins += rules.FinsOnData;
            probes += rules.Probes;
            wraps += rules.Wraps;
        }

        fins.ShouldBeGreaterThan(0);
        if (!moves && !aborts)      // who moves reads all that is there, and who aborts does not wait
            probes.ShouldBeGreaterThan(0);
        wraps.ShouldBeGreaterThan(0);
    }

    /// <summary>RFC 6298: SRTT + 4 RTTVAR, at least a second, then doubled up to a minute.</summary>
    [Theory]
    [InlineData(100, 50, new[] { 1.0, 3, 7, 15, 31, 63, 123, 183 })]
    [InlineData(2_000, 500, new[] { 4.0, 12, 28, 60, 120, 180 })]
    [InlineData(50_000, 5_000, new[] { 60.0, 120, 180 })]
    public void Time_outs_are_doubled_up_to_the_longest(int srttMs, int varMs, double[] times)
    {
        var bench = new Bench(start: new DelegatedState
        {
            SRtt = TimeSpan.FromMilliseconds(srttMs),
            RttVar = TimeSpan.FromMilliseconds(varMs),
        });
        bench.Write(10);
        bench.Sent();
        bench.WaitOut().Select(sent => sent.At).Take(times.Length).ShouldBe(times);
    }

    [Theory]
    [InlineData(new[] { 40, 40, 20 }, new[] { true })]          // three writes in one segment
    [InlineData(new[] { 100, 100 }, new[] { true, true })]
    [InlineData(new[] { 150, 100 }, new[] { false, true, true })]
    public void The_last_segment_of_each_send_is_pushed(int[] writes, bool[] pushed)
    {
        var bench = new Bench(window: 0);       // so that they are cut together
        foreach (int write in writes)
            bench.Write(write);
        bench.Arrive(window: 10_000);
        bench.Sent().Select(segment => segment.Has(SegmentFlags.Psh)).ShouldBe(pushed);
    }

    [Fact]
    public void A_send_without_push_is_not_pushed()
    {
        var bench = new Bench();
        bench.Engine.Send(new byte[100], push: false, bench.Now);
        bench.Sent().ShouldHaveSingleItem().Has(SegmentFlags.Psh).ShouldBeFalse();
    }

    [Theory]
    [InlineData(0x8000, 0xFFFF)]
    [InlineData(0xFFF0, 0xFFFF)]
    [InlineData(0x9000, 0x9000)]
    public void Ids_stay_in_their_range_and_begin_again_inside_it(ushort first, ushort last)
    {
        var range = new IpIdRange(first, last);
        ushort id = range.After(0);
        for (int step = 0; step < 70_000; step++)
        {
            ushort next = range.After(id);
            next.ShouldBe(id == last ? first : (ushort)(id + 1));
            id = next;
        }
    }
}
