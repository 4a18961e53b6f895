using ChimneyActors.Node.Stress.Clustered;

namespace ChimneyActors.Node.Tests.Stress;

/// <summary>From the kill of a node to the last answer of what it served.</summary>
public sealed class NodeLossesSpecs
{
    private static readonly (string, long)[] Kills = [("a", 1000), ("b", 2000), ("a", 9000)];

    [Fact]
    public void Who_was_there_at_the_kill_counts() =>
        NodeLosses.Of(Kills, [new LostConnection("a", 900, 2500)]).ShouldBe(new NodeLosses(1500, 1500, 1));

    [Fact]
    public void Who_came_later_and_was_lost_by_something_else_does_not() =>
        NodeLosses.Of(Kills, [new LostConnection("a", 1500, 8000), new LostConnection("c", 0, 8000)])
            .ShouldBe(default);

    [Fact]
    public void Each_life_has_its_own_kill() =>
        NodeLosses.Of(Kills, [new LostConnection("a", 1500, 9500)]).ShouldBe(new NodeLosses(500, 500, 1));

    [Fact]
    public void A_connection_that_was_over_before_does_not_count() =>
        NodeLosses.Of(Kills, [new LostConnection("b", 1000, 1900)]).ShouldBe(default);
}
