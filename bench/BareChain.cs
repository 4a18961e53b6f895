using Akka.Actor;

namespace ChimneyActors.Bench;

/// <summary>The rival: actors that only pass one message down and up, the same number of hops, nothing kept.</summary>
internal sealed class BareChain
{
    private readonly IActorRef _top;

    public BareChain(ActorSystem system, int layers)
    {
        IActorRef bottom = system.ActorOf(Props.Create(() => new Bottom()));
        for (int i = 0; i < layers; i++)
        {
            IActorRef below = bottom;
            bottom = system.ActorOf(Props.Create(() => new Middle(below)));
        }
        IActorRef last = bottom;
        _top = system.ActorOf(Props.Create(() => new Middle(last)));
    }

    public void Post(Action done) => _top.Tell(new Parcel(done));

    private sealed class Parcel(Action done)
    {
        public readonly IActorRef[] Way = new IActorRef[10];
        public int Depth;

        public void Land() => done();
    }

    private sealed class Middle(IActorRef below) : UntypedActor
    {
        protected override void OnReceive(object message)
        {
            var parcel = (Parcel)message;
            bool up = parcel.Depth > 0 && ReferenceEquals(parcel.Way[parcel.Depth - 1], Self);
            if (!up)
            {
                parcel.Way[parcel.Depth++] = Self;
                below.Tell(parcel);
            }
            else if (--parcel.Depth == 0)
            {
                parcel.Land();
            }
            else
            {
                parcel.Way[parcel.Depth - 1].Tell(parcel);
            }
        }
    }

    private sealed class Bottom : UntypedActor
    {
        protected override void OnReceive(object message)
        {
            var parcel = (Parcel)message;
            // The target answers its connection by one more message, as in the stack.
            if (!ReferenceEquals(Sender, Self))
                Self.Tell(parcel, Self);
            else
                parcel.Way[parcel.Depth - 1].Tell(parcel);
        }
    }
}
