using ChimneyActors.Embedding;

namespace ChimneyActors.Unit.Embedding;

/// <summary>When a host takes a neighbor to be reachable, and when it asks.</summary>
public sealed class NeighborCacheSpecs
{
    private static readonly TimeSpan Reachable = TimeSpan.FromSeconds(30);
    private readonly TurnedClock _clock = new();
    private readonly NeighborCache _cache;

    public NeighborCacheSpecs() => _cache = new NeighborCache(_clock, Reachable);

    [Fact]
    public void What_was_heard_of_not_long_ago_is_reachable_and_its_age_is_told()
    {
        _clock.Turn(Reachable);
        _cache.State.ShouldBe(NeighborReachability.Reachable);
        _cache.Answer(out bool isNews).ShouldBe(Reachable);
        isNews.ShouldBeFalse();
        _clock.Turn(TimeSpan.FromTicks(1));
        _cache.State.ShouldBe(NeighborReachability.Stale);
    }

    [Fact]
    public void Of_another_one_the_first_question_alone_is_news_and_it_is_as_good_as_heard_of_now()
    {
        _clock.Turn(Reachable + Reachable);
        _cache.Answer(out bool isNews).ShouldBe(TimeSpan.Zero);
        isNews.ShouldBeTrue();
        _cache.State.ShouldBe(NeighborReachability.Delay);
        _cache.Answer(out isNews).ShouldBe(TimeSpan.Zero);
        isNews.ShouldBeFalse();
    }

    [Fact]
    public void A_confirmation_ends_every_doubt_and_a_later_one_begins_anew()
    {
        _clock.Turn(Reachable + Reachable);
        _cache.Answer(out _);
        _cache.BeginProbe();
        _cache.State.ShouldBe(NeighborReachability.Probe);
        _cache.Confirm(TimeSpan.Zero);
        _cache.State.ShouldBe(NeighborReachability.Reachable);
        _clock.Turn(Reachable + Reachable);
        _cache.State.ShouldBe(NeighborReachability.Stale);
    }

    [Fact]
    public void A_confirmation_of_long_ago_ends_no_doubt_and_an_older_one_tells_nothing()
    {
        _clock.Turn(TimeSpan.FromSeconds(100));
        _cache.Answer(out _);
        _cache.Confirm(TimeSpan.FromSeconds(40));
        (_cache.State, _cache.Age).ShouldBe((NeighborReachability.Delay, TimeSpan.FromSeconds(40)));
        _cache.Confirm(TimeSpan.FromSeconds(50));
        _cache.Age.ShouldBe(TimeSpan.FromSeconds(40));
        _cache.Confirm(TimeSpan.FromSeconds(10));
        (_cache.State, _cache.Age).ShouldBe((NeighborReachability.Reachable, TimeSpan.FromSeconds(10)));
    }

    [Fact]
    public void One_that_is_reachable_is_not_probed_and_one_that_nobody_can_ask_is_stale_again()
    {
        _cache.BeginProbe();
        _clock.Turn(Reachable + Reachable);
        _cache.State.ShouldBe(NeighborReachability.Stale);
        _cache.Answer(out _);
        _cache.GiveUp();
        _cache.State.ShouldBe(NeighborReachability.Stale);
        _cache.Answer(out bool isNews);
        isNews.ShouldBeTrue();
    }

    private sealed class TurnedClock : TimeProvider
    {
        private long _now;

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override long GetTimestamp() => _now;

        public void Turn(TimeSpan by) => _now += by.Ticks;
    }
}
