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
}
