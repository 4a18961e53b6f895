using ChimneyActors.Supervision;
using ChimneyActors.Unit.Support;
using CsCheck;

namespace ChimneyActors.Unit.Supervision;

public sealed class RestartBudgetSpecs
{
    private static readonly TimeSpan Window = TimeSpan.FromSeconds(60);

    [Fact]
    public void The_first_of_a_window_is_at_once_and_each_further_one_waits_twice_as_long_up_to_the_most()
    {
        RestartBudget budget = Make(restartsMax: 8);
        Waits(budget, 9, TimeSpan.Zero).ShouldBe([0, 5, 10, 20, 40, 80, 100, 100, null]);
    }

    [Fact]
    public void A_start_counts_for_the_whole_window_and_not_longer()
    {
        RestartBudget budget = Make(restartsMax: 2);
        Waits(budget, 1, TimeSpan.Zero).ShouldBe([0]);
        Waits(budget, 2, TimeSpan.FromSeconds(30)).ShouldBe([5, null]);
        Waits(budget, 1, Window).ShouldBe([null]);
        Waits(budget, 2, Window + TimeSpan.FromTicks(1)).ShouldBe([5, null]);
        Waits(budget, 3, TimeSpan.FromSeconds(1000)).ShouldBe([0, 5, null]);
    }

    [Fact]
    public void A_refused_start_uses_nothing_up()
    {
        RestartBudget budget = Make(restartsMax: 1);
        Waits(budget, 1, TimeSpan.Zero).ShouldBe([0]);
        Waits(budget, 100, Window).ShouldAllBe(wait => wait == null);
        Waits(budget, 1, Window * 1.5).ShouldBe([0]);
    }

    [Fact]
    public void Without_restarts_there_is_none() =>
        Waits(Make(restartsMax: 0), 3, Window * 5).ShouldBe([null, null, null]);

    [Fact]
    public void A_million_starts_do_not_overflow_the_wait()
    {
        RestartBudget budget = new(100_000, Window, TimeSpan.FromMinutes(1), TimeSpan.FromMinutes(10));
        TimeSpan?[] waits = [.. Enumerable.Range(0, 100_000).Select(_ => budget.NextStart(TimeSpan.Zero))];
        waits[5..].ShouldAllBe(wait => wait == TimeSpan.FromMinutes(10));
        new RestartBudget(9, Window, TimeSpan.Zero, TimeSpan.Zero).NextStart(TimeSpan.Zero).ShouldBe(TimeSpan.Zero);
    }

    [Fact]
    public void In_no_window_are_there_more_starts_than_the_budget_has() =>
        Gen.Select(Gen.Int[0, 5], Gen.Int[0, 40].Array[0, 50]).Always((restartsMax, pauses) =>
        {
            RestartBudget budget = Make(restartsMax);
            var starts = new List<TimeSpan>();
            TimeSpan now = TimeSpan.Zero;
            foreach (int pause in pauses)
            {
                now += TimeSpan.FromSeconds(pause);
                int counted = starts.Count(start => now - start <= Window);
                TimeSpan? wait = budget.NextStart(now);
                wait.HasValue.ShouldBe(counted < restartsMax);
                if (wait.HasValue)
                    starts.Add(now);
            }
        });

    private static RestartBudget Make(int restartsMax) =>
        new(restartsMax, Window, TimeSpan.FromMilliseconds(5), TimeSpan.FromMilliseconds(100));

    private static double?[] Waits(RestartBudget budget, int count, TimeSpan now) =>
        [.. Enumerable.Range(0, count).Select(_ => budget.NextStart(now)?.TotalMilliseconds)];
}
