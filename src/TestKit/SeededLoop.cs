using System.Globalization;
using System.Runtime.CompilerServices;
using Akka.Actor;
using Akka.Dispatch;
using ChimneyActors.Buffers;
using ChimneyActors.Ndis;
using ChimneyActors.Supervision;

namespace ChimneyActors.TestKit;

/// <summary>What can run now. Free, it runs at once on the thread pool, so that a system can start; taken, it waits to
/// be picked.</summary>
internal sealed class SeededLoop
{
    private readonly List<(long Order, string Name, IRunnable Run)> _ready = [];
    private readonly Dictionary<long, int> _serials = [];
    private int _running;
    private int _owner;
    private long _base;
    private string? _stranger;
    private bool _isAbandoned;

    /// <summary>How many actors have something to do.</summary>
    public int Count => _ready.Count;

    /// <summary>Whether nothing runs on the thread pool any more.</summary>
    public bool IsQuiet => Volatile.Read(ref _running) == 0;

    /// <summary>Whom another thread told something, which spoils the seed; null if none did.</summary>
    public string? Stranger => Volatile.Read(ref _stranger);

    /// <summary>From now on everything runs on this thread, when it is picked.</summary>
    public void Take() => Volatile.Write(ref _owner, Environment.CurrentManagedThreadId);

    /// <summary>From now on everything runs on the thread pool again.</summary>
    public void Free()
    {
        Volatile.Write(ref _owner, 0);
        foreach ((_, _, IRunnable run) in _ready)
            Add(run);
        _ready.Clear();
    }

    /// <summary>From now on nothing runs any more.</summary>
    public void Abandon()
    {
        _isAbandoned = true;
        _ready.Clear();
    }

    /// <summary>Actors are named after holder ids; those of this seed begin here.</summary>
    public void BeginSeed(long firstHolder)
    {
        _base = firstHolder;
        _serials.Clear();
    }

    /// <summary>Queues.</summary>
    /// <exception cref="InvalidOperationException">Another thread has something to do in the seeded world.</exception>
    public void Add(IRunnable run)
    {
        if (_isAbandoned)
            return;
        int owner = Volatile.Read(ref _owner);
        if (owner == 0)
        {
            Interlocked.Increment(ref _running);
            ThreadPool.UnsafeQueueUserWorkItem(RunFree, run, preferLocal: false);
            return;
        }
        if (owner != Environment.CurrentManagedThreadId)
        {
            Volatile.Write(ref _stranger, run is Mailbox told ? PathOf(told) : run.GetType().Name);
            throw new InvalidOperationException("A foreign thread told something to an actor of the seeded world.");
        }
        (long order, string name) = NameOf(run);
        // By name and not by arrival: the order of children inside Akka depends on hashes.
        int at = _ready.Count;
        while (at > 0 && Compare(_ready[at - 1], order, name) > 0)
            at--;
        _ready.Insert(at, (order, name, run));
    }

    /// <summary>Whether one is the actor of a connection, or is about to pass on a disconnect.</summary>
    public bool MayLinger(int index) => _ready[index].Name is ['c', >= '0' and <= '9', ..]
        || (_ready[index].Run is Mailbox { MessageQueue: IPeekable queue } && queue.TryPeek(out object? next)
            && next is TcpOffloadDisconnect or TcpOffloadDisconnectComplete);

    /// <summary>What one would handle next, for the trace.</summary>
    public string NextOf(int index) => _ready[index].Run switch
    {
        Mailbox { MessageQueue: IPeekable queue } when queue.TryPeek(out object? next) => NameOfMessage(next),
        Mailbox => "(system)",
        _ => "(task)",
    };

    /// <summary>Runs one.</summary>
    /// <returns>Which actor of the seed it was; 0 for one of the system.</returns>
    public (long Order, string Name) Run(int index)
    {
        (long order, string name, IRunnable run) = _ready[index];
        _ready.RemoveAt(index);
        run.Run();
        return (order, name);
    }

    private static string NameOfMessage(object message) => message switch
    {
        OffloadRequest { Flight: { } flight } => Name(message, flight),
        OffloadCompletion { Flight: { } flight } => Name(message, flight),
        TcpOffloadEvent said => FormattableString.Invariant(
            $"TcpOffloadEvent {said.Connection} {said.Type} {said.Information}"),
        _ => message.GetType().Name,
    };

    private static string Name(object message, Flight flight) => FormattableString.Invariant(
        $"{message.GetType().Name} {flight.Count} {flight.Head.Operation}, {flight.Head.Status}");

    private static int Compare((long Order, string Name, IRunnable Run) other, long order, string name)
    {
        int byOrder = other.Order.CompareTo(order);
        return byOrder != 0 ? byOrder : string.CompareOrdinal(other.Name, name);
    }

    private (long Order, string Name) NameOf(IRunnable run)
    {
        if (run is SeededEvent happening)
            return (0, happening.Name);
        if (run is not Mailbox mailbox)
            return (0, run.GetType().Name);
        ActorPath? path = ActorOf(mailbox)?.Self.Path;
        if (path is not null && IsOfHost(path))
            return (0, path.ToStringWithoutAddress());
        string name = path?.Name ?? "";
        int dash = name.LastIndexOf('-');
        if (dash > 0 && long.TryParse(name.AsSpan(dash + 1), NumberStyles.None, CultureInfo.InvariantCulture,
            out long number))
        {
            name = name[..dash];
            if (number >= _base)
                return (SerialOf(number), name);
        }
        return (0, name.StartsWith("chimney", StringComparison.Ordinal) ? "root" : name);
    }

    /// <summary>Whether it is an actor of the host's own, and not under a stack, /user/chimney4711.</summary>
    private static bool IsOfHost(ActorPath path)
    {
        while (path.Depth > 2)
            path = path.Parent;
        if (path.Depth < 2 || path.Parent.Name != "user")
            return false;
        ReadOnlySpan<char> name = path.Name;
        return !name.StartsWith("chimney") || name[^1..].ContainsAnyExceptInRange('0', '9');
    }

    private static string PathOf(Mailbox mailbox) => ActorOf(mailbox)?.Self.Path.ToStringWithoutAddress() ?? "";

    /// <summary>Holder ids are the process's; in a seed they count from 1, as actors begin.</summary>
    private int SerialOf(long holder)
    {
        if (!_serials.TryGetValue(holder, out int serial))
            _serials[holder] = serial = _serials.Count + 1;
        return serial;
    }

    private void RunFree(IRunnable run)
    {
        try
        {
            run.Run();
        }
        finally
        {
            Interlocked.Decrement(ref _running);
        }
    }

    [UnsafeAccessor(UnsafeAccessorKind.Method, Name = "get_Actor")]
    private static extern ActorCell? ActorOf(Mailbox mailbox);
}
