using Akka.Actor;
using ChimneyActors.Buffers;
using ChimneyActors.Ndis;
using ChimneyActors.Supervision.Lifecycle;

namespace ChimneyActors.Supervision;

/// <summary>One life of a driver: the actor that serves now, and the holder id it holds parcels under.</summary>
internal sealed record Incarnation(IActorRef Ref, HolderId Holder);

/// <summary>Where a driver is now. Owned by its supervisor, used by its neighbours, named by contexts.</summary>
/// <remarks>An edge outlives the actors behind it: it is pointed at the fresh instance before that one
/// starts.</remarks>
internal sealed class Edge : ContextOwner
{
    private readonly OffloadHandle _connection;
    private object? _owner;     // a driver's name, or the route of a connection: these are many
    private Incarnation? _current;

    /// <summary>The edge of a driver.</summary>
    public Edge(string name) => _owner = name;

    /// <summary>The edge of a connection. Its name is made when somebody wants to read it: connections are
    /// many.</summary>
    public Edge(OffloadHandle connection) => _connection = connection;

    /// <inheritdoc/>
    public override string Name => _owner as string ?? $"connection-{_connection}";

    /// <summary>Of a connection: from where to where its requests go, from its initiate's arrival on.</summary>
    public Route? Route
    {
        get => _owner as Route;
        set => _owner = value;
    }

    /// <summary>The living instance, or null between two lives and after the last.</summary>
    public Incarnation? Current => Volatile.Read(ref _current);

    /// <summary>Points the edge at a fresh instance.</summary>
    public void PointAt(IActorRef actor, HolderId holder) =>
        Interlocked.Exchange(ref _current, new Incarnation(actor, holder));

    /// <summary>Takes the edge away from an instance that died; a younger one is left alone.</summary>
    public void Retire(HolderId dead)
    {
        Incarnation? now = Current;
        if (now is not null && now.Holder == dead)
            Interlocked.CompareExchange(ref _current, null, now);
    }

    /// <summary>Hands a chain over: wins custody for the neighbour, then tells it. Nothing stands between the
    /// two.</summary>
    /// <returns>What became of it; only <see cref="PassResult.Passed"/> means that the caller is rid of it.</returns>
    public PassResult Pass(OffloadMessage message, Flight flight, HolderId from, IActorRef? sender)
    {
        Incarnation? now = Current;
        if (now is null)
            return PassResult.NobodyThere;
        if (!flight.TryPass(from, now.Holder))
            return PassResult.NotYours;
        now.Ref.Tell(message, sender!);
        return PassResult.Passed;
    }

    /// <summary>Tells something that carries no custody. False: nobody there now.</summary>
    public bool Tell(object message, IActorRef? sender)
    {
        Incarnation? now = Current;
        if (now is null)
            return false;
        now.Ref.Tell(message, sender!);
        return true;
    }
}

/// <summary>What became of an attempt to hand a chain over.</summary>
internal enum PassResult
{
    /// <summary>The neighbour has it.</summary>
    Passed,

    /// <summary>The neighbour is between two lives, or gone: the custodian must carry it.</summary>
    NobodyThere,

    /// <summary>The caller did not hold it: it was relieved, or passes it a second time.</summary>
    NotYours,
}
