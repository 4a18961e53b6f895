using Akka.Actor;
using ChimneyActors.Buffers;
using ChimneyActors.Supervision;
using ChimneyActors.Unit.Support;

namespace ChimneyActors.Unit.Regressions;

/// <summary>A fresh driver looked around at PreStart, before its edge pointed at it: what was told in between found
/// nobody, and was not looked for again.</summary>
public sealed class OrphansBetweenTwoLivesSpecs : StackSpec
{
    [Fact]
    public async Task A_fresh_driver_looks_around_when_its_edge_points_at_it()
    {
        var seen = new TaskCompletionSource<bool>(TaskCreationOptions.RunContinuationsAsynchronously);
        var edge = new Edge("probe");
        HolderId holder = HolderId.Next();
        IActorRef driver = System.ActorOf(Props.Create(() => new Probe(Chimney.Stack, edge, holder, seen)));
        edge.PointAt(driver, holder);
        driver.Tell(InPlace.Instance);
        (await Within(seen.Task)).ShouldBeTrue();
    }

    private sealed class Probe(DriverStack stack, Edge edge, HolderId me, TaskCompletionSource<bool> seen)
        : DriverActor(stack, edge, me)
    {
        protected override void OnPlaced() => seen.TrySetResult(Edge.Current?.Holder == Me);

        protected override void Handle(object message)
        {
        }
    }
}
