using System.Net;
using ChimneyActors.Buffers;
using ChimneyActors.Intermediates;
using ChimneyActors.Ndis;

namespace ChimneyActors.Unit.Intermediates;

/// <summary>Which adapter gets a new connection: pure rules.</summary>
public sealed class LowerChoiceSpecs
{
    private static readonly LowerDriver[] Three = [There("a"), There("b"), There("c")];

    [Fact]
    public void A_mux_takes_each_in_turn_but_none_that_is_not_there()
    {
        var mux = new MuxChoice();
        Choices(mux, Three, 6).ShouldBe([0, 1, 2, 0, 1, 2]);
        Choices(mux, [There("a"), Gone("b"), There("c")], 6).ShouldBe([0, 2, 2, 0, 2, 2]);
    }

    [Fact]
    public void A_mux_without_any_says_one_all_the_same() =>
        Choices(new MuxChoice(), [Gone("a"), Gone("b")], 2).ShouldBe([0, 1]);

    [Fact]
    public void A_route_stands_whether_its_driver_is_there_or_not()
    {
        var mux = new MuxChoice(new Dictionary<string, string> { ["front"] = "c", ["back"] = "a" });
        LowerDriver[] lowers = [Gone("a"), There("b"), There("c")];
        mux.Choose("front", Block(1), lowers).ShouldBe(2);
        mux.Choose("back", Block(1), lowers).ShouldBe(0);
        mux.Choose("other", Block(1), lowers).ShouldBe(1);
    }

    [Fact]
    public void A_hash_takes_the_same_for_the_same_ends_and_spreads_others()
    {
        var team = new TeamChoice();
        int[] first = [.. Enumerable.Range(0, 300).Select(i => team.Choose("", Block(i), Three))];
        int[] again = [.. Enumerable.Range(0, 300).Select(i => team.Choose("", Block(i), Three))];
        again.ShouldBe(first);
        for (int member = 0; member < 3; member++)
            first.Count(one => one == member).ShouldBeInRange(60, 140);
    }

    [Fact]
    public void Who_lost_its_adapter_is_spread_over_the_others_and_nobody_else_moves()
    {
        var team = new TeamChoice();
        LowerDriver[] lowers = [There("a"), Gone("b"), There("c")];
        int[] moved = new int[3];
        for (int i = 0; i < 300; i++)
        {
            int before = team.Choose("", Block(i), Three);
            int after = team.Choose("", Block(i), lowers);
            if (before != 1)
                after.ShouldBe(before);
            else
                moved[after]++;
        }
        moved[1].ShouldBe(0);
        moved[0].ShouldBeGreaterThan(20);
        moved[2].ShouldBeGreaterThan(20);
    }

    [Fact]
    public void A_connection_without_addresses_goes_by_its_name()
    {
        var team = new TeamChoice();
        int[] chosen = [.. Enumerable.Range(0, 6).Select(slot => team.Choose("", new OffloadBlock
        {
            Connection = new OffloadHandle(slot, 1),
        }, Three))];
        chosen.ShouldBe([0, 1, 2, 0, 1, 2]);
    }

    [Fact]
    public void The_least_loaded_gets_it_and_equals_take_turns()
    {
        var team = new TeamChoice(TeamPolicy.LeastLoaded);
        Choices(team, [There("a", 5), There("b", 4), There("c", 6)], 3).ShouldBe([1, 1, 1]);
        Choices(team, [Gone("a"), There("b", 4), There("c", 3)], 3).ShouldBe([2, 2, 2]);
        Choices(team, Three, 3).Order().ShouldBe([0, 1, 2]);
        team.Choose("", Block(1), [Gone("a"), Gone("b")]).ShouldBeInRange(0, 1);
    }

    [Fact]
    public void The_first_that_is_there_is_active_and_active_again_when_it_is_back()
    {
        var team = new TeamChoice(TeamPolicy.ActiveStandby);
        Choices(team, Three, 2).ShouldBe([0, 0]);
        Choices(team, [Gone("a"), There("b"), There("c")], 2).ShouldBe([1, 1]);
        Choices(team, Three, 1).ShouldBe([0]);
        Choices(team, [Gone("a"), Gone("b")], 1).ShouldBe([0]);
    }

    private static int[] Choices(LowerChoice choice, LowerDriver[] lowers, int count) =>
        [.. Enumerable.Range(0, count).Select(i => choice.Choose("front", Block(i), lowers))];

    private static OffloadBlock Block(int port) => new()
    {
        FourTuple = new FourTuple(
            IPEndPoint.Parse("192.0.2.1:80"), new IPEndPoint(IPAddress.Parse("198.51.100.7"), 40_000 + port)),
    };

    private static LowerDriver There(string name, int connections = 0) => new(name, true, connections);

    private static LowerDriver Gone(string name) => new(name, false, 0);
}
