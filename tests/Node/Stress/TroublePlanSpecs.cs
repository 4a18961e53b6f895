using ChimneyActors.Node.Stress.Clustered;

namespace ChimneyActors.Node.Tests.Stress;

public sealed class TroublePlanSpecs
{
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);

    [Fact]
    public void Nothing_is_due_before_its_time()
    {
        var plan = new TroublePlan(7 * Second);
        plan.Due(Second, isWhole: true).ShouldBe(TroublePlan.None);
        plan.Due(6 * Second, isWhole: true).ShouldBe(TroublePlan.None);
        plan.Due(7 * Second, isWhole: true).ShouldBe(0);
    }

    [Fact]
    public void What_comes_never_is_never_due()
    {
        var plan = new TroublePlan(TimeSpan.Zero, 5 * Second);
        plan.Due(Second, isWhole: true).ShouldBe(TroublePlan.None);
        plan.Due(60 * Second, isWhole: true).ShouldBe(1);
        plan.Due(61 * Second, isWhole: true).ShouldBe(TroublePlan.None);
        plan.Due(63 * Second, isWhole: true).ShouldBe(TroublePlan.None);
    }

    /// <summary>Two at once would leave no larger part, and the whole cluster would end itself.</summary>
    [Fact]
    public void A_second_one_waits_until_the_cluster_has_been_whole_for_a_while()
    {
        var plan = new TroublePlan(7 * Second, 7 * Second);
        plan.Due(Second, isWhole: true);
        plan.Due(7 * Second, isWhole: true).ShouldBe(0);
        plan.Due(7 * Second, isWhole: true).ShouldBe(TroublePlan.None);
        plan.Due(8 * Second, isWhole: false).ShouldBe(TroublePlan.None);
        plan.Due(10 * Second, isWhole: true).ShouldBe(TroublePlan.None);
        plan.Due(11 * Second, isWhole: false).ShouldBe(TroublePlan.None);
        plan.Due(12 * Second, isWhole: true).ShouldBe(TroublePlan.None);
        plan.Due(12 * Second + TroublePlan.Settled, isWhole: true).ShouldBe(1);
    }

    [Fact]
    public void What_has_been_due_for_longest_comes_first()
    {
        var plan = new TroublePlan(3 * Second, 2 * Second, 4 * Second);
        TimeSpan now = 10 * Second;
        List<int> came = [];
        while (came.Count < 6)
        {
            int kind = plan.Due(now, isWhole: true);
            if (kind != TroublePlan.None)
                came.Add(kind);
            now += Second;
        }

        came.ShouldBe([1, 0, 2, 1, 0, 2]);
    }
}
