using ChimneyActors.Supervision;

namespace ChimneyActors.Unit.Supervision;

public sealed class SeededCrashPlanSpecs
{
    [Fact]
    public void The_same_seed_crashes_the_same_steps()
    {
        Series(new SeededCrashPlan(5, 0.1)).ShouldBe(Series(new SeededCrashPlan(5, 0.1)));
        Series(new SeededCrashPlan(5, 0.1)).ShouldNotBe(Series(new SeededCrashPlan(6, 0.1)));
    }

    [Fact]
    public void About_as_many_messages_crash_as_the_rate_says() =>
        Series(new SeededCrashPlan(1, 0.03)).Length.ShouldBeInRange(250, 350);

    [Fact]
    public void Only_the_named_drivers_crash_and_connections_have_one_name()
    {
        var plan = new SeededCrashPlan(1, 1, "connection");
        for (int i = 0; i < 100; i++)
        {
            plan.At("mux0", CrashStep.Before);
            Crashes(plan, $"connection-{i}.1", CrashStep.After);
        }
        plan.Crashes.Keys.ShouldBe(["connection"]);
        plan.Crashes["connection"].ShouldBe(plan.Count);
    }

    [Fact]
    public void A_crash_says_who_where_and_which()
    {
        var plan = new SeededCrashPlan(1, 1);
        InjectedCrashException? crash = null;
        while (crash is null)
            crash = Crashes(plan, "mux0", CrashStep.Between);
        (crash.Id, crash.Driver, crash.Step).ShouldBe((1, "mux0", CrashStep.Between));
        plan.Stop();
        for (int i = 0; i < 100; i++)
            plan.At("mux0", CrashStep.Before);
    }

    private static int[] Series(SeededCrashPlan plan) =>
        [.. Enumerable.Range(0, 30_000).Where(_ => Crashes(plan, "mux0", CrashStep.Before) is not null)];

    private static InjectedCrashException? Crashes(SeededCrashPlan plan, string driver, CrashStep step)
    {
        try
        {
            plan.At(driver, step);
            return null;
        }
        catch (InjectedCrashException crash)
        {
            return crash;
        }
    }
}
