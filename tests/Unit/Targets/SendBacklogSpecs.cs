using ChimneyActors.Miniports;
using ChimneyActors.Ndis;
using ChimneyActors.Targets;

namespace ChimneyActors.Unit.Targets;

public sealed class SendBacklogSpecs
{
    [Fact]
    public void Until_a_way_was_found_full_nothing_is_known()
    {
        var backlog = default(SendBacklog);
        backlog.Best.ShouldBe(TcpOffloadStateDelegated.Unsupported);
        backlog.Learn(1_000, out long said).ShouldBeTrue();
        (said, backlog.Best).ShouldBe((2_000, 2_000u));
        backlog.Learn(1_500, out _).ShouldBeFalse("it is not worth an event");
        backlog.Best.ShouldBe(2_000u);
    }

    [Fact]
    public void A_way_that_takes_nearly_all_that_is_best_has_grown()
    {
        var backlog = default(SendBacklog);
        backlog.Outgrow(1_000_000, out _).ShouldBeFalse("nobody has said yet what is best");
        backlog.Learn(1_000, out _);
        backlog.Outgrow(1_499, out _).ShouldBeFalse();
        backlog.Outgrow(1_500, out long said).ShouldBeTrue();
        (said, backlog.Best).ShouldBe((4_000, 4_000u));
    }

    [Fact]
    public void However_a_way_grows_it_is_said_less_often_than_a_storm()
    {
        var backlog = default(SendBacklog);
        int times = 0;
        // The way always holds just enough to be worth an event, from the least on.
        for (int power = 0; power < 63; power++)
            if (backlog.Learn(1L << power, out _))
                times++;

        times.ShouldBeInRange(62, BacklogThrottle.TimesMax);
    }
}
