using ChimneyActors.Embedding;

namespace ChimneyActors.Unit.Embedding;

/// <summary>Which connections are worth a context, by the rules alone.</summary>
public sealed class OffloadChoiceSpecs
{
    private static readonly OffloadPolicy Policy = new()
    {
        PromoteBytes = 1_000, PromoteAge = TimeSpan.FromSeconds(1), DemoteIdle = TimeSpan.FromSeconds(30),
        Interval = TimeSpan.FromMilliseconds(100),
    };

    private static readonly OffloadStanding Busy = new(false, Seconds(2), default, 5_000, default);
    private static readonly OffloadStanding Served = new(true, Seconds(2), default, 5_000, default);

    [Fact]
    public void Who_is_busy_and_old_enough_is_offloaded() =>
        Choose(10, Busy, Busy with { Bytes = 999 }, Busy with { Here = Seconds(0.9) }).Offload.ShouldBe([0]);

    [Fact]
    public void The_busiest_get_what_there_is() =>
        Choose(2, Busy, Busy with { Bytes = 9_000 }, Busy with { Bytes = 7_000 }).Offload.ShouldBe([1, 2]);

    [Fact]
    public void Who_came_home_waits_for_a_while() =>
        Choose(10, Busy with { Banned = Seconds(0.1) }, Busy with { Banned = -Seconds(1) }).Offload.ShouldBe([1]);

    [Fact]
    public void Who_is_quiet_for_long_is_taken_back_and_makes_room()
    {
        (List<int> back, List<int> offload) = Choose(0, Served with { Quiet = Seconds(30) }, Busy, Busy);

        back.ShouldBe([0]);
        offload.ShouldBe([1]);
    }

    [Fact]
    public void Who_is_quiet_for_less_gives_way_only_to_one_that_waits()
    {
        OffloadStanding quiet = Served with { Quiet = Seconds(2) };

        Choose(0, quiet, Served).Back.ShouldBeEmpty();
        Choose(1, quiet, Busy).Back.ShouldBeEmpty();
        (List<int> back, List<int> offload) = Choose(0, Served, quiet, quiet with { Quiet = Seconds(3) }, Busy);
        back.ShouldBe([2]);
        offload.ShouldBe([3]);
    }

    [Fact]
    public void Who_has_just_moved_something_keeps_its_context() =>
        Choose(0, Served with { Quiet = Seconds(1) }, Busy).Back.ShouldBeEmpty();

    [Fact]
    public void An_idle_one_is_not_offloaded_for_what_it_moved_once() =>
        Choose(10, Busy with { Quiet = Seconds(30) }).Offload.ShouldBeEmpty();

    [Fact]
    public void With_rotation_everybody_moves_in_turn_whatever_it_moves()
    {
        OffloadPolicy rotating = Policy with { Rotate = Seconds(5) };

        (List<int> back, List<int> offload) = OffloadChoice.Of(
            rotating,
            [Served with { Here = Seconds(5) }, new OffloadStanding(false, Seconds(5), Seconds(5), 0, default)], 1);

        back.ShouldBe([0]);
        offload.ShouldBe([1]);
    }

    [Fact]
    public void Nobody_is_taken_back_if_idleness_does_not_matter() =>
        OffloadChoice.Of(
            Policy with { DemoteIdle = Timeout.InfiniteTimeSpan }, [Served with { Quiet = Seconds(1e5) }], 0)
            .Back.ShouldBeEmpty();

    [Theory]
    [InlineData(-1, 0, 30, 250, "ContextsMax")]
    [InlineData(1_000_001, 0, 30, 250, "ContextsMax")]
    [InlineData(1, -1, 30, 250, "PromoteBytes")]
    [InlineData(1, 0, 0, 250, "DemoteIdle")]
    [InlineData(1, 0, 30, 0, "Interval")]
    public void Values_outside_of_their_range_are_refused(int contexts, long bytes, int idle, int interval, string name)
    {
        OffloadPolicy wrong = new()
        {
            ContextsMax = contexts, PromoteBytes = bytes, DemoteIdle = Seconds(idle),
            Interval = TimeSpan.FromMilliseconds(interval),
        };

        Should.Throw<ArgumentOutOfRangeException>(wrong.Checked).ParamName.ShouldBe(name);
    }

    private static (List<int> Back, List<int> Offload) Choose(int free, params OffloadStanding[] all) =>
        OffloadChoice.Of(Policy, all, free);

    private static TimeSpan Seconds(double seconds) => TimeSpan.FromSeconds(seconds);
}
