using ChimneyActors.Embedding;
using ChimneyActors.Ndis;
using ChimneyActors.TestKit;

namespace ChimneyActors.World.Tests;

/// <summary>A removal concerns what was plugged in when it was asked for, whatever was asked before and
/// meanwhile.</summary>
public sealed class RemovalOrderSpecs
{
    private const int Seeds = 10;

    [Fact]
    public void What_was_asked_to_come_before_the_removal_goes_with_it() => InEach(chimney =>
    {
        Adapter nic = chimney.Adapter("nic0");
        return Task.WhenAll(nic.ResetAsync(), nic.InitializeAsync(), nic.RemoveAsync());
    }, AdapterState.Halted, BindingState.Unbound);

    [Fact]
    public void A_second_removal_of_the_same_leaves_alone_what_came_in_its_place() => InEach(chimney =>
    {
        Adapter nic = chimney.Adapter("nic0");
        return Task.WhenAll(nic.RemoveAsync(), nic.InitializeAsync(), nic.RemoveAsync());
    }, AdapterState.Running, BindingState.Running);

    private static void InEach(
        Func<Chimney, Task<LifeResult[]>> lead, AdapterState adapter, BindingState binding)
    {
        for (int seed = 1; seed <= Seeds; seed++)
        {
            using var world = new SeededActorSystem(seed);
            Chimney chimney = world.Start(stack => stack
                .Miniport("nic0", () => new InMemoryTarget(world)).Intermediate("mux0", over: "nic0")
                .Binding("tcpip", over: "mux0"));

            LifeResult[] went = world.Run(() => lead(chimney));

            went.ShouldAllBe(result => result.IsDone);
            chimney.Adapter("nic0").State.ShouldBe(adapter, $"seed {seed}");
            chimney.Adapter("mux0").State.ShouldBe(adapter, $"seed {seed}");
            chimney.Binding("tcpip").State.ShouldBe(binding, $"seed {seed}");
            world.Stop(chimney);
            chimney.AssertLedgerBalanced();
        }
    }
}
