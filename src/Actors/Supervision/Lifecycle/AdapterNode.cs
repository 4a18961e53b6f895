using System.Net.Sockets;
using ChimneyActors.Buffers;
using ChimneyActors.Ndis;
using ChimneyActors.Supervision.Trees;

namespace ChimneyActors.Supervision.Lifecycle;

/// <summary>One adapter of a stack by its name: a miniport's, or the virtual one that an intermediate driver shows
/// above. Outlives the actors, and what is plugged in.</summary>
internal sealed class AdapterNode
{
    private readonly Func<IOffloadTarget>? _make;
    private AdapterInstance _current;
    private bool _isUsed;
    private int _isDown;
    private int _connections;

    /// <summary>The adapter of a miniport.</summary>
    /// <param name="driver">The miniport.</param>
    /// <param name="first">The target it begins with; null: the factory makes it.</param>
    /// <param name="make">Makes a fresh target each time it is initialised; null: there is only the first.</param>
    public AdapterNode(Edge driver, IOffloadTarget? first, Func<IOffloadTarget>? make)
    {
        Driver = driver;
        _make = make;
        _current = new AdapterInstance(this, first);
        Plugged.Add(_current);
    }

    /// <summary>The virtual adapter of an intermediate driver.</summary>
    public AdapterNode(Edge driver)
    {
        Driver = driver;
        IsVirtual = true;
        _current = new AdapterInstance(this, null);
    }

    /// <summary>The driver in front of it.</summary>
    public Edge Driver { get; }

    /// <summary>Its name in the stack.</summary>
    public string Name => Driver.Name;

    /// <summary>Whether an intermediate driver makes it up: it has no reset and no hang check of its own.</summary>
    public bool IsVirtual { get; }

    /// <summary>Whether it takes neighbors and paths now; a virtual one if all below do.</summary>
    public bool TakesStateObjects => IsVirtual
        ? Lowers.TrueForAll(lower => lower.Lower.TakesStateObjects)
        : Current.Target is { Capabilities.StateObjects: true };

    /// <summary>Is told of each step in the life of what is or was plugged in; null for nobody.</summary>
    public Action<AdapterInstance, AdapterEvent>? OnMoved { get; set; }

    /// <summary>What outlives its miniport's actor; null for a virtual adapter.</summary>
    public MiniportDesk? Desk { get; set; }

    /// <summary>Who is bound to it.</summary>
    public List<BindingNode> Uppers { get; } = [];

    /// <summary>What its driver is bound to below; none for a miniport.</summary>
    public List<BindingNode> Lowers { get; } = [];

    /// <summary>What is plugged in now, or was last.</summary>
    public AdapterInstance Current => Volatile.Read(ref _current);

    /// <summary>Its state now.</summary>
    public AdapterState State => Current.State;

    /// <summary>What has a target that was not let go of. The conductor's own.</summary>
    public List<AdapterInstance> Plugged { get; } = [];

    /// <summary>What it has said to everybody above it.</summary>
    public StatusLog Said { get; } = new();

    /// <summary>What the host wants of its TCP; a virtual adapter's is that of what is below it.</summary>
    public TcpConnectionOffloadParameters? Parameters { get; set; }

    /// <summary>What it can do; of a virtual adapter, what is below it can do.</summary>
    public OffloadCapabilities Capabilities => IsVirtual
        ? OffloadCapabilities.Of(Lowers.Where(lower => lower.State != BindingState.Unbound)
            .Select(lower => lower.Lower.Capabilities))
        : Current.Capabilities ?? OffloadCapabilities.None;

    /// <summary>What of that is enabled.</summary>
    public OffloadCapabilities Configuration => IsVirtual
        ? OffloadCapabilities.Of(Lowers.Where(lower => lower.State != BindingState.Unbound)
            .Select(lower => lower.Lower.Configuration))
        : Capabilities.With(Current.Enabled);

    /// <summary>The miniports' adapters that are reached through it: itself, if it is one.</summary>
    public IEnumerable<AdapterNode> Physical =>
        IsVirtual ? Lowers.SelectMany(lower => lower.Lower.Physical).Distinct() : [this];

    /// <summary>Says something to everybody above (STS-07).</summary>
    public void Indicate(NdisStatus status, object? information)
    {
        IndicateStatus said = Said.Add(Name, status, information);
        foreach (BindingNode upper in Uppers)
            upper.Driver.Tell(said, null);
    }

    /// <summary>Whether its driver has used up its restarts, and nobody answers.</summary>
    public bool IsDown
    {
        get => Volatile.Read(ref _isDown) != 0;
        set => Volatile.Write(ref _isDown, value ? 1 : 0);
    }

    /// <summary>Whether a new connection can go from here on down: everything on one way is at work, and alive.
    /// </summary>
    public bool IsThere => Driver.Current is not null && !Current.IsRemoved && AdapterLifecycle.TakesConnections(State)
        && (!IsVirtual || Lowers.Exists(lower => lower.IsThere));

    /// <summary>Whether a control request from above can get to a miniport's adapter: on the way, and there, is nobody
    /// that stays down, and every binding is open.</summary>
    public bool CanBeAsked(AdapterNode physical) => !IsDown && (this == physical || Lowers.Exists(lower =>
        BindingLifecycle.AsksOids(lower.State) && lower.Lower.CanBeAsked(physical)));

    /// <summary>How many connections are on it; on all that it stands over, if it is a virtual one.</summary>
    public int Connections =>
        IsVirtual ? Lowers.Sum(lower => lower.Lower.Connections) : Volatile.Read(ref _connections);

    /// <summary>A connection begins here.</summary>
    public void CountIn() => Interlocked.Increment(ref _connections);

    /// <summary>One has ended.</summary>
    public void CountOut() => Interlocked.Decrement(ref _connections);

    /// <summary>Whether it can be initialised: what was given as one target only once.</summary>
    public bool CanInitialize => IsVirtual || !_isUsed || _make is not null;

    /// <summary>Plugs in what is to be initialised. A virtual adapter is always the same one.</summary>
    public AdapterInstance PlugIn()
    {
        if (IsVirtual)
            return Current;
        if (_isUsed || Current.Target is null)
        {
            var fresh = new AdapterInstance(this, _make!());
            Plugged.Add(fresh);
            Volatile.Write(ref _current, fresh);
        }
        _isUsed = true;
        return Current;
    }
}

/// <summary>What is plugged in at an adapter: one target, from its initialise to its halt.</summary>
internal sealed class AdapterInstance(AdapterNode adapter, IOffloadTarget? target)
{
    private readonly Lock _lock = new();
    private Route[] _routes = [];
    private int _state = (int)AdapterState.Halted;
    private int _removed;
    private int _toldRemoved;
    private int _offloadIsPaused;
    private int _isResetting;
    private AdapterCalls? _calls;
    private Task? _disposed;
    private TcpTaskOffload? _remaining;

    /// <summary>Where.</summary>
    public AdapterNode Adapter => adapter;

    /// <summary>The NIC; null for a virtual adapter.</summary>
    public IOffloadTarget? Target => target;

    /// <summary>Where it is in its life.</summary>
    public AdapterState State => (AdapterState)Volatile.Read(ref _state);

    /// <summary>Whether it was pulled out, or given up: what is left is only to be brought home.</summary>
    public bool IsRemoved => Volatile.Read(ref _removed) != 0;

    /// <summary>Whether it was pulled out, and nobody is bound to it any more: another one may come in its place. The
    /// conductor's own.</summary>
    public bool HasLeft { get; set; }

    /// <summary>Why it is halted, or will be.</summary>
    public HaltAction Why { get; set; } = HaltAction.DeviceDisabled;

    /// <summary>How the target's own part of a pause, restart or reset goes, and how it speaks up.</summary>
    public AdapterCalls Calls => _calls ??= new AdapterCalls(this);

    /// <summary>Its control requests.</summary>
    public OidQueue Oids { get; } = new();

    /// <summary>What it can do, as the host was told last.</summary>
    public OffloadCapabilities? Capabilities { get; set; }

    /// <summary>What of it the host has enabled; nothing before it says so.</summary>
    public TcpTaskOffload Enabled { get; set; } = new(IPv4: false, IPv6: false);

    /// <summary>What can be enabled of it.</summary>
    public TcpTaskOffload Can() =>
        new(Capabilities?.SupportIPv4 == true, Capabilities?.SupportIPv6 == true);

    /// <summary>What will be enabled when its host has taken back what uses the rest; null while nothing is being
    /// disabled (TERM-26).</summary>
    public TcpTaskOffload? Remaining
    {
        get => Volatile.Read(ref _remaining);
        set
        {
            Volatile.Write(ref _remaining, value);
            Interlocked.MemoryBarrier();        // who looks at connections afterwards sees all that were let through
        }
    }

    /// <summary>Whether connections of this socket's address family are enabled, and stay so.</summary>
    public bool Takes(Socket? socket)
    {
        Interlocked.MemoryBarrier();            // the connection can be found on this adapter by now
        return Enabled.Names(socket) && Remaining?.Names(socket) != false;
    }

    /// <summary>Only this is enabled from now on (CAP-13). False: it cannot.</summary>
    public bool TryEnable(TcpTaskOffload? tasks)
    {
        TcpTaskOffload can = Can();
        if (tasks is null || (tasks.IPv4 && !can.IPv4) || (tasks.IPv6 && !can.IPv6))
            return false;
        Enabled = tasks;
        return true;
    }

    /// <summary>Whether it wants nothing new (STS-01).</summary>
    public bool OffloadIsPaused
    {
        get => Volatile.Read(ref _offloadIsPaused) != 0;
        set => Volatile.Write(ref _offloadIsPaused, value ? 1 : 0);
    }

    /// <summary>Whether a reset is asked for or under way: another one is superfluous.</summary>
    public bool TryBeginReset() => Interlocked.Exchange(ref _isResetting, 1) == 0;

    /// <summary>The reset is over.</summary>
    public void EndReset() => Volatile.Write(ref _isResetting, 0);

    /// <summary>Something happens to it. False: it may not, now.</summary>
    public bool TryMove(AdapterEvent what)
    {
        AdapterState now = State;
        bool moved = AdapterLifecycle.Next(now, what) is { } next
            && Interlocked.CompareExchange(ref _state, (int)next, (int)now) == (int)now;
        if (moved)
            adapter.OnMoved?.Invoke(this, what);
        return moved;
    }

    /// <summary>It is pulled out. False: it was before.</summary>
    public bool Remove(HaltAction why)
    {
        if (Interlocked.Exchange(ref _removed, 1) != 0)
            return false;
        Why = why;
        return true;
    }

    /// <summary>Tells the target, once, that it was pulled out.</summary>
    /// <returns>What it threw.</returns>
    public Exception? TellRemoved()
    {
        if (Interlocked.Exchange(ref _toldRemoved, 1) != 0)
            return null;
        try
        {
            (target as IOffloadAdapter)?.SurpriseRemoved();
            return null;
        }
        catch (Exception exception)
        {
            return exception;
        }
    }

    /// <summary>It could not be initialised: the next time another one is tried.</summary>
    public void Fail()
    {
        Why = HaltAction.DeviceInitializationFailed;
        _ = Dispose();
        adapter.Plugged.Remove(this);
    }

    /// <summary>Who asks over it: one object for all connections of a protocol, so that each of them need keep only
    /// that.</summary>
    public Route RouteOf(Edge? protocol)
    {
        foreach (Route route in Volatile.Read(ref _routes))
            if (route.Protocol == protocol)
                return route;
        lock (_lock)
        {
            if (Array.Find(_routes, route => route.Protocol == protocol) is { } known)
                return known;
            var made = new Route(this, protocol);
            Volatile.Write(ref _routes, [.. _routes, made]);
            return made;
        }
    }

    /// <summary>Lets go of the target, once.</summary>
    /// <returns>Ends when it has let go.</returns>
    public Task Dispose() => _disposed ??= target switch
    {
        IAsyncDisposable later => later.DisposeAsync().AsTask(),
        IDisposable now => DisposeNow(now),
        _ => Task.CompletedTask,
    };

    private static Task DisposeNow(IDisposable target)
    {
        target.Dispose();
        return Task.CompletedTask;
    }
}

/// <summary>From which protocol to which plugged-in adapter requests go.</summary>
/// <param name="Instance">What is plugged in at the lower end.</param>
/// <param name="Protocol">The protocol at the upper end.</param>
internal sealed record Route(AdapterInstance Instance, Edge? Protocol);
