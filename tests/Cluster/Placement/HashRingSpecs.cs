using ChimneyActors.Cluster.Placement;

namespace ChimneyActors.Cluster.Tests.Placement;

public sealed class HashRingSpecs
{
    private static readonly string[] Keys = [.. Enumerable.Range(0, 2_000).Select(number => $"client {number}")];

    [Fact]
    public void A_key_goes_to_the_same_node_on_every_machine()
    {
        HashRing<string> ring = Of("a", "b", "c");
        Keys.Take(8).Select(key => ring.From(key).First()).ShouldBe(["a", "a", "c", "b", "c", "c", "a", "b"]);
    }

    [Fact]
    public void All_nodes_are_asked_in_turn_each_once() =>
        Of("a", "b", "c", "d").From("key").Order().ShouldBe(["a", "b", "c", "d"]);

    [Fact]
    public void Nobody_is_on_an_empty_ring() => HashRing<string>.Empty.From("key").ShouldBeEmpty();

    [Fact]
    public void Keys_are_spread()
    {
        HashRing<string> ring = Of("a", "b", "c", "d");
        foreach (IGrouping<string, string> node in Keys.GroupBy(key => ring.From(key).First()))
            node.Count().ShouldBeInRange(Keys.Length / 8, Keys.Length / 2);
    }

    [Fact]
    public void When_a_node_goes_only_its_keys_move()
    {
        HashRing<string> all = Of("a", "b", "c", "d");
        HashRing<string> less = Of("a", "b", "d");
        foreach (string key in Keys)
            less.From(key).First().ShouldBe(all.From(key).First(node => node != "c"));
    }

    [Theory]
    [InlineData(0, 3, 1)]
    [InlineData(3, 3, 2)]
    [InlineData(40, 2, 26)]
    [InlineData(1000, 4, 313)]
    public void A_node_may_have_a_quarter_more_than_the_average(int connections, int nodes, int bound) =>
        BoundedLoad.Of(connections, nodes).ShouldBe(bound);

    private static HashRing<string> Of(params string[] nodes) => new(nodes, static node => node);
}
