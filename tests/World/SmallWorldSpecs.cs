using ChimneyActors.TestKit;

namespace ChimneyActors.World.Tests;

/// <summary>The small worlds in which a failure is looked for again, and which must find none where there is
/// none.</summary>
public sealed class SmallWorldSpecs
{
    private const int Plans = 20;
    private const int WorldsEach = 20;

    [Fact]
    public void A_small_world_keeps_every_promise_whatever_large_one_it_is_like()
    {
        using var simulation = new Simulation();
        long deaths = 0;
        for (int seed = 1; seed <= Plans; seed++)
        {
            SimulationRecord large = simulation.Record(seed);
            var worlds = new SmallWorlds(large.Choices[(int)ChoiceRow.Plan]);
            for (int number = 1; number <= WorldsEach; number++)
            {
                SimulationResult small = simulation.Run(
                    large, worlds.Draw((seed * WorldsEach) + number), Simulation.EventsMax, Simulation.StepsMax).Result;
                small.Violations.ShouldBeEmpty($"like seed {seed}, number {number}");
                deaths += small.ActorsCrashed;
            }
        }
        deaths.ShouldBeGreaterThan(Plans, "a world without trouble proves nothing");
    }

    [Fact]
    public void A_trait_is_left_out_of_a_plan_without_moving_the_others()
    {
        int[] all = [.. Enumerable.Range(0, (int)PlanPlace.End).Select(place => place == (int)PlanPlace.Pools ? 0 : 1)];
        int[] without = [.. all];
        without[(int)PlanPlace.Crashes] = 0;

        var plan = new WorldPlan(Choices.Play([without])[ChoiceRow.Plan]);

        plan.CrashRate.ShouldBe(0);
        var whole = new WorldPlan(Choices.Play([all])[ChoiceRow.Plan]);
        whole.CrashRate.ShouldBeGreaterThan(0);
        (plan.FaultRate, plan.StopsEarly, plan.SendsMax, plan.Shelves, plan.VanishesAt, plan.MiscountPercent)
            .ShouldBe((whole.FaultRate, whole.StopsEarly, whole.SendsMax, whole.Shelves, whole.VanishesAt,
                whole.MiscountPercent));
    }
}
