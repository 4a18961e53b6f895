using Akka.Actor;

namespace ChimneyActors.Bench.Messaging;

/// <summary>The rival: actors that only pass one message down and up, the same number of hops. Nothing is kept, nothing
/// is checked, nothing is allocated: each lane uses its message again and again.</summary>
internal sealed class BareChain
{
    private readonly IActorRef _top;
    private readonly IActorRef[] _bottoms;

    /// <param name="system">Where the actors live.</param>
    /// <param name="layers">Actors between top and bottom.</param>
    /// <param name="bottoms">Actors that behave as <see cref="Bottom"/>.</param>
    /// <param name="dispatcher">Path of the dispatcher, or null for the default.</param>
    public BareChain(ActorSystem system, int layers, IActorRef[] bottoms, string? dispatcher = null)
    {
        _bottoms = bottoms;
        IActorRef? below = null;
        for (int layer = 0; layer <= layers; layer++)
        {
            IActorRef? next = below;
            below = system.ActorOf(On(dispatcher, Props.Create(() => new Middle(next))));
        }
        _top = below!;
    }

    /// <summary>So many actors for the bottom.</summary>
    public static IActorRef[] Bottoms(ActorSystem system, int count, string? dispatcher) =>
    [
        .. Enumerable.Range(0, count).Select(_ =>
            system.ActorOf(On(dispatcher, Props.Create(() => new Bottom())))),
    ];

    private static Props On(string? dispatcher, Props props) =>
        dispatcher is null ? props : props.WithDispatcher(dispatcher);

    /// <summary>As many lanes as are wanted, each with one message under way.</summary>
    /// <param name="window">How many lanes.</param>
    /// <param name="chain">How many buffers each message carries; every end looks at each of them.</param>
    public Lane[] Lanes(int window, int chain) =>
        [.. Enumerable.Range(0, window).Select(i => new BareLane(_top, _bottoms[i % _bottoms.Length], chain))];


    private sealed class BareLane : Lane
    {
        private readonly IActorRef _top;
        private readonly Message _message;

        public BareLane(IActorRef top, IActorRef bottom, int chain)
        {
            _top = top;
            _message = new Message(this, bottom, chain);
        }

        public override void Start() => _top.Tell(_message, ActorRefs.NoSender);
    }

    private sealed class Message(BareLane lane, IActorRef bottom, int chain)
    {
        public readonly IActorRef[] Way = new IActorRef[10];
        public readonly int[] Buffers = new int[chain];
        public int Depth;
        public bool IsAnswered;

        public IActorRef Bottom => bottom;

        public void Land()
        {
            foreach (ref int buffer in Buffers.AsSpan())
                buffer = 0;
            IsAnswered = false;
            if (lane.Next())
                lane.Start();
        }
    }

    private sealed class Middle(IActorRef? below) : UntypedActor
    {
        protected override void OnReceive(object message)
        {
            var one = (Message)message;
            if (!one.IsAnswered)
            {
                one.Way[one.Depth++] = Self;
                (below ?? one.Bottom).Tell(one, Self);
            }
            else if (--one.Depth == 0)
            {
                one.Land();
            }
            else
            {
                one.Way[one.Depth - 1].Tell(one, Self);
            }
        }
    }

    /// <summary>The last actor on the way down: answers each message by one more to itself.</summary>
    internal class Bottom : UntypedActor
    {
        protected override void OnReceive(object message)
        {
            var one = (Message)message;
            if (!one.IsAnswered)
            {
                foreach (ref int buffer in one.Buffers.AsSpan())
                    buffer = 1;
                one.IsAnswered = true;
                Self.Tell(one, Self);   // a target answers its connection so
            }
            else
            {
                one.Way[one.Depth - 1].Tell(one, Self);
            }
        }
    }
}
