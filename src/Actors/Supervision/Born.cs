using Akka.Actor;

namespace ChimneyActors.Supervision;

/// <summary>Props of an actor that a delegate makes. Props of an expression are taken apart by Akka anew for each
/// actor, each of its arguments compiled: that was half of the time of the seeded world.</summary>
internal static class Born
{
    /// <summary>The actor that a delegate makes.</summary>
    /// <param name="make">Called once for each actor.</param>
    public static Props By<TActor>(Func<TActor> make)
        where TActor : ActorBase => Props.CreateBy(new Maker<TActor>(make));

    private sealed class Maker<TActor>(Func<TActor> make) : IIndirectActorProducer
        where TActor : ActorBase
    {
        public Type ActorType => typeof(TActor);

        public ActorBase Produce() => make();

        public void Release(ActorBase actor)
        {
        }
    }
}
