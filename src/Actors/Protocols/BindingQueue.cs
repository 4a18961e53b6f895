using ChimneyActors.Buffers;
using ChimneyActors.Supervision;

namespace ChimneyActors.Protocols;

/// <summary>Posts that wait for room in a pool. Outlives the binding's actor.</summary>
/// <remarks>Four lanes, each in order: sends with the graceful disconnects behind them, posted receives, abortive
/// disconnects, and forwarded segments. Receives wait for the peer, so nothing else may wait behind them; sends may
/// wait for an acknowledgement that is in a forwarded segment; an abort frees what others wait for.</remarks>
internal sealed class BindingQueue
{
    private readonly LinkedList<Post>[] _lanes = [[], [], [], []];
    private readonly Waiter[] _waiters;

    public BindingQueue(DriverStack stack, Edge binding)
    {
        NetBufferListPool[] pools = [stack.Sends, stack.Receives, stack.Disconnects, stack.Forwards];
        _waiters = [.. pools.Select(pool => new Waiter(binding, pool))];
        Tally = stack.Ledger.AddTally();
    }

    /// <summary>Where the binding counts, whichever actor it is now.</summary>
    public Tally Tally { get; }

    /// <summary>Told to the binding when a pool has room again.</summary>
    public static readonly object RoomMessage = new PoolHasRoom();

    /// <summary>What waits for the end of a reset.</summary>
    public HeldCommands Held { get; } = new();

    /// <summary>How many lanes there are.</summary>
    public int Lanes => _lanes.Length;

    /// <summary>Whether nobody waits at all.</summary>
    public bool IsEmpty => _lanes.All(lane => lane.Count == 0);

    /// <summary>The lane a post belongs to.</summary>
    public static int LaneOf(Post post) => post.Operation switch
    {
        OffloadOperation.Receive => 1,
        OffloadOperation.Forward => 3,
        _ => post.IsUrgent ? 2 : 0,
    };

    /// <summary>The longest waiting of a lane; null if nobody waits: else later posts wait behind.</summary>
    public Post? First(int lane) => _lanes[lane].First?.Value;

    /// <summary>A chain of so many lists for this operation, or of as many as there are: then the pool will speak up
    /// when it has one again.</summary>
    public NetBufferList? Rent(OffloadOperation operation, int wanted) => (operation switch
    {
        OffloadOperation.Send => _waiters[0],
        OffloadOperation.Receive => _waiters[1],
        OffloadOperation.Forward => _waiters[3],
        _ => _waiters[2],
    }).Rent(wanted);

    /// <summary>Waits behind the others of its lane.</summary>
    public void Add(Post post)
    {
        for (Post? member = post; member is not null; member = member.Next)
            member.IsSafe = true;
        _lanes[LaneOf(post)].AddLast(post);
    }

    /// <summary>What has closed up in the streams; null while nothing was ever cancelled.</summary>
    public ClosedGaps? Gaps { get; private set; }

    /// <summary>Takes a send out that still waits: nobody below knows of it. Done before it is answered, and in one
    /// step: whoever dies afterwards leaves streams without holes.</summary>
    /// <returns>False: it does not wait here.</returns>
    public bool TryCancel(Post send)
    {
        LinkedList<Post> lane = _lanes[LaneOf(send)];
        if (send.Next is not null || lane.Find(send) is not { } node)
            return false;
        var behind = new List<Post>();
        for (LinkedListNode<Post>? next = node.Next; next is not null; next = next.Next)
            behind.Add(next.Value);
        lane.Remove(node);
        (Gaps ??= new ClosedGaps()).Close(send, behind);
        return true;
    }

    /// <summary>The first has found room: the rest of its chain is the first now. Called before a list that carries it
    /// departs: a post that is both here and on its journey would travel twice if the binding died between.</summary>
    public void Advance(int lane, Post? rest)
    {
        if (rest is null)
            _lanes[lane].RemoveFirst();
        else
            _lanes[lane].First!.Value = rest;
    }

    /// <summary>Room that is not wanted here goes on to whoever else waits for it.</summary>
    public void PassOn()
    {
        foreach (Waiter waiter in _waiters)
            waiter.PassOn();
    }

    /// <summary>Answers everything of a connection, or of all, that waits; what is posted later comes after
    /// it.</summary>
    public void Refuse(BindingConnection? connection, NdisStatus status)
    {
        if (connection is null)
            Held.Refuse();
        foreach (LinkedList<Post> lane in _lanes)
            for (LinkedListNode<Post>? node = lane.First; node is not null;)
            {
                LinkedListNode<Post>? next = node.Next;
                if (connection is null || node.Value.Connection == connection)
                {
                    lane.Remove(node);
                    for (Post? member = node.Value; member is not null; member = member.Next)
                        member.Refuse(status);
                }
                node = next;
            }
    }

    /// <summary>Waits for one pool, at most once at a time.</summary>
    private sealed class Waiter(Edge binding, NetBufferListPool pool) : IPoolWaiter
    {
        private int _asked;

        public NetBufferList? Rent(int wanted)
        {
            NetBufferList? chain = pool.Rent(wanted, null, out int rented);
            return rented == wanted ? chain : Join(chain, AskFor(wanted - rented));
        }

        private NetBufferList? AskFor(int missing)
        {
            // Marked before asking: the pool may speak up before Rent has returned.
            bool ask = Interlocked.Exchange(ref _asked, 1) == 0;
            NetBufferList? chain = pool.Rent(missing, ask ? this : null, out int rented);
            if (rented == missing && ask)
                Volatile.Write(ref _asked, 0);
            return chain;
        }

        private static NetBufferList? Join(NetBufferList? chain, NetBufferList? rest)
        {
            Parcel? last = chain;
            while (last?.Next is { } next)
                last = next;
            if (last is null)
                return rest;
            last.Next = rest;
            return chain;
        }

        public void PassOn() => pool.PassOn();

        public void RoomAgain()
        {
            Volatile.Write(ref _asked, 0);
            // Between two lives the fresh binding looks by itself; the room must not be kept from others meanwhile.
            if (!binding.Tell(RoomMessage, null))
                pool.PassOn();
        }
    }
}

/// <summary>To a binding: look at your queue again.</summary>
internal sealed class PoolHasRoom : Akka.Actor.INoSerializationVerificationNeeded
{
}
