using Akka.Actor;
using ChimneyActors.Embedding;
using ChimneyActors.TestKit;

namespace ChimneyActors.World.Tests;

/// <summary>Whoever leads adapters through their life may die at any step: what is under way goes on.</summary>
public sealed class ConductorDeathSpecs
{
    private const int Seeds = 40;
    private const int KillsMax = 6;

    [Fact]
    public void An_operation_ends_however_often_its_conductor_dies()
    {
        for (int seed = 1; seed <= Seeds; seed++)
        {
            using var world = new SeededActorSystem(seed);
            Chimney chimney = world.Start(stack => stack
                .Miniport("nic0", () => new InMemoryTarget(world)).Intermediate("mux0", over: "nic0")
                .Binding("tcpip", over: "mux0"));
            Adapter nic = chimney.Adapter("nic0");
            Func<TimeSpan?, Task<LifeResult>>[] steps =
                [nic.PauseAsync, nic.RestartAsync, nic.RemoveAsync, nic.InitializeAsync];
            foreach (Func<TimeSpan?, Task<LifeResult>> step in steps)
            {
                for (int kills = world.Draw(KillsMax); kills > 0; kills--)
                    KillLater(world, world.Draw(40));

                LifeResult went = world.Run(() => step(null));

                went.IsDone.ShouldBeTrue($"seed {seed}: {step.Method.Name}: {went.WaitsFor}");
            }
            world.Stop(chimney);
            chimney.AssertLedgerBalanced();
        }
    }

    private static void KillLater(SeededActorSystem world, int turns) => world.Schedule("kill", () =>
    {
        if (turns > 0)
            KillLater(world, turns - 1);
        else
            world.System.ActorSelection("/user/*/life").Tell(Kill.Instance);
    });
}
