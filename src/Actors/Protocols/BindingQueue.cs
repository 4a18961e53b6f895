using ChimneyActors.Buffers;
using ChimneyActors.Supervision;

namespace ChimneyActors.Protocols;

/// <summary>Posts that wait for room in a pool, in order. Outlives the binding's actor.</summary>
internal sealed class BindingQueue(Edge binding) : IPoolWaiter
{
    private readonly LinkedList<Post> _waiting = [];
    private NetBufferListPool? _asked;

    /// <summary>Told to the binding when a pool has room again.</summary>
    public static readonly object RoomMessage = new PoolHasRoom();

    /// <summary>Whether somebody waits: then later posts wait behind.</summary>
    public bool IsEmpty => _waiting.Count == 0;

    /// <summary>The longest waiting.</summary>
    public Post First => _waiting.First!.Value;

    /// <summary>A list of the pool, or null: then the pool will speak up when it has one again.</summary>
    public NetBufferList? Rent(NetBufferListPool pool)
    {
        // Marked before asking: the pool may speak up before Rent has returned.
        bool ask = Interlocked.Exchange(ref _asked, pool) != pool;
        NetBufferList? list = pool.Rent(ask ? this : null);
        if (list is not null && ask)
            Interlocked.CompareExchange(ref _asked, null, pool);
        return list;
    }

    /// <summary>Waits behind the others.</summary>
    public void Add(Post post)
    {
        for (Post? member = post; member is not null; member = member.Next)
            member.IsSafe = true;
        _waiting.AddLast(post);
    }

    /// <summary>The first has found room.</summary>
    public void RemoveFirst() => _waiting.RemoveFirst();

    /// <summary>Answers everything of a connection, or of all, that waits; what is posted later comes after it.</summary>
    public void Refuse(BindingConnection? connection, NdisStatus status)
    {
        for (LinkedListNode<Post>? node = _waiting.First; node is not null;)
        {
            LinkedListNode<Post>? next = node.Next;
            if (connection is null || node.Value.Connection == connection)
            {
                _waiting.Remove(node);
                for (Post? member = node.Value; member is not null; member = member.Next)
                    member.Refuse(status);
            }
            node = next;
        }
    }

    /// <inheritdoc/>
    public void RoomAgain()
    {
        Volatile.Write(ref _asked, null);
        binding.Tell(RoomMessage, null);    // lost between two lives: the fresh binding looks by itself
    }
}

/// <summary>To a binding: look at your queue again.</summary>
internal sealed class PoolHasRoom : Akka.Actor.INoSerializationVerificationNeeded
{
}
