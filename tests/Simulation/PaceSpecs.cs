using ChimneyActors.Targets.Simulated;

namespace ChimneyActors.Simulation;

/// <summary>RFC 6298, RFC 5681 and RFC 5961 section 7, in numbers.</summary>
public sealed class PaceSpecs
{
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);

    [Fact]
    public void The_timeout_follows_the_measurements()
    {
        var timeout = new RetransmitTimeout(TimeSpan.FromMilliseconds(10), 60 * Second);
        timeout.Value.ShouldBe(Second);
        timeout.Measure(0.4 * Second);
        timeout.Value.ShouldBe(1.2 * Second);       // R + 4 * R / 2
        timeout.Measure(0.8 * Second);
        timeout.Variation.ShouldBe(0.25 * Second);  // 3/4 * 0.2 + 1/4 * 0.4
        timeout.Smoothed.ShouldBe(0.45 * Second);   // 7/8 * 0.4 + 1/8 * 0.8
        timeout.Value.ShouldBe(1.45 * Second);
    }

    [Fact]
    public void The_timeout_is_doubled_up_to_its_bound_until_the_next_measurement()
    {
        var timeout = new RetransmitTimeout(Second, 60 * Second);
        int[] seen = [.. Enumerable.Range(0, 8).Select(_ => (int)Doubled(timeout).TotalSeconds)];
        seen.ShouldBe([2, 4, 8, 16, 32, 60, 60, 60]);
        timeout.Measure(TimeSpan.FromMilliseconds(1));
        timeout.Value.ShouldBe(Second);
    }

    [Theory]
    [InlineData(500, 2_000)]
    [InlineData(1_460, 4_380)]
    [InlineData(4_000, 8_000)]
    public void The_initial_window_is_that_of_the_standard(int mss, long window) =>
        new Congestion(mss).Window.ShouldBe(window);

    [Fact]
    public void The_window_doubles_each_round_up_to_the_threshold_and_then_grows_by_a_segment()
    {
        var congestion = new Congestion(100, window: 200, threshold: 800);
        Round(congestion).ShouldBe(400);
        Round(congestion).ShouldBe(800);
        Round(congestion).ShouldBe(900);
        Round(congestion).ShouldBe(1_000);
    }

    [Fact]
    public void The_third_duplicate_starts_a_recovery_that_ends_where_it_began()
    {
        var congestion = new Congestion(100, window: 1_000, threshold: 500);
        congestion.OnDuplicate(0, 1_000, 1_000).ShouldBeFalse();
        congestion.Allowance.ShouldBe(1_100);
        congestion.OnDuplicate(0, 1_000, 1_000).ShouldBeFalse();
        congestion.Allowance.ShouldBe(1_200);
        congestion.OnDuplicate(0, 1_000, 1_000).ShouldBeTrue();
        congestion.Threshold.ShouldBe(500);
        congestion.Window.ShouldBe(800);
        congestion.OnDuplicate(0, 1_000, 1_000).ShouldBeFalse();
        congestion.Window.ShouldBe(900);
        congestion.OnAcknowledged(300, 300).ShouldBeTrue();     // the next loss of the same window
        congestion.OnAcknowledged(700, 1_000).ShouldBeFalse();
        congestion.IsRecovering.ShouldBeFalse();
        congestion.Window.ShouldBe(500);
    }

    [Fact]
    public void A_timeout_leaves_one_segment_and_half_of_what_was_on_its_way()
    {
        var congestion = new Congestion(100, window: 1_000);
        congestion.OnTimeout(first: true, 1_000, 1_000);
        congestion.Window.ShouldBe(100);
        congestion.Threshold.ShouldBe(500);
        congestion.OnTimeout(first: false, 1_000, 100);
        congestion.Threshold.ShouldBe(500);
    }

    [Fact]
    public void Challenges_are_answered_ten_times_in_five_seconds()
    {
        var limit = new ChallengeLimit();
        Enumerable.Range(0, 50).Count(_ => limit.Allows(Second)).ShouldBe(10);
        limit.Allows(5.9 * Second).ShouldBeFalse();
        limit.Allows(6 * Second).ShouldBeTrue();
    }

    private static TimeSpan Doubled(RetransmitTimeout timeout)
    {
        timeout.BackOff();
        return timeout.Value;
    }

    private static long Round(Congestion congestion)
    {
        long acked = 0;
        for (long left = congestion.Window; left > 0; left -= 100)
            congestion.OnAcknowledged(100, acked += 100);
        return congestion.Window;
    }
}
