using Akka.Actor;
using Akka.Event;
using ChimneyActors.Buffers;
using ChimneyActors.Ndis;
using ChimneyActors.Supervision;
using ChimneyActors.Supervision.Lifecycle;

namespace ChimneyActors.Embedding;

/// <summary>A stack of drivers inside somebody's actor system.</summary>
/// <remarks>A guest: everything lives under one actor, settings are added below the host's own, and the stack ends
/// with the host's coordinated shutdown, before the host's actors do. However it ends, no caller is left
/// waiting.</remarks>
public sealed class Chimney : IAsyncDisposable
{
    private static readonly TimeSpan StartMax = TimeSpan.FromSeconds(30);
    private static int _count;
    private readonly ActorSystem _system;
    private readonly DriverStack _stack;
    private readonly IActorRef _root;
    private readonly DeadLetterTap _tap;
    private readonly Dictionary<string, Binding> _bindings;
    private readonly Dictionary<string, Adapter> _adapters;
    private readonly Task<NdisStatus>[] _ready;
    private readonly Edge[] _drivers;
    private readonly Lock _stopLock = new();
    private Task? _stopped;
    private EndOfHost? _endOfHost;

    private Chimney(ActorSystem system, DriverStack stack, StackBuilder plan)
    {
        _system = system;
        _stack = stack;
        _bindings = plan.Drivers.Where(driver => driver.Kind == DriverKind.Binding)
            .ToDictionary(driver => driver.Name, driver => new Binding(this, driver.Bindings[0]));
        _adapters = stack.Life.Adapters.ToDictionary(node => node.Name, node => new Adapter(this, node));
        _drivers = [.. plan.Drivers.Select(driver => driver.Edge)];
        _ready = [.. stack.Life.Adapters.Where(node => !node.IsVirtual).Select(node => Begin(
            new LifeOperation(LifeOperationKind.Initialize, node, null, StartMax, stack.TaskOptions)).Done)];
        var extended = (ExtendedActorSystem)system;
        _tap = new DeadLetterTap(stack, extended.Guardian.Path / stack.Name, extended.Provider);
        system.EventStream.Subscribe(_tap, typeof(AllDeadLetters));
        _root = system.ActorOf(Born.By(() => new ChimneyActor(stack, plan.Drivers)), stack.Name);
    }

    /// <summary>The balance now.</summary>
    public LedgerSnapshot Ledger => new(
        _stack.Ledger.Posted, _stack.Ledger.Completed, _stack.Ledger.Orphaned, _stack.Ledger.BroughtHome,
        _stack.Ledger.Quarantined, _stack.Ledger.Violations, _stack.Ledger.DriverDeaths, _stack.IsBalanced);

    /// <summary>The first thousand violations.</summary>
    public IReadOnlyCollection<Violation> Violations => _stack.Ledger.Reports;

    /// <summary>How many connections are offloaded.</summary>
    public int Connections => _stack.Handles.Count;

    /// <summary>How many neighbors and paths are offloaded.</summary>
    public int StateObjects => _stack.Handles.Objects;

    internal DriverStack Stack => _stack;

    /// <summary>What is out in this moment, with its holder and the moves that brought it there; for a report of a
    /// hang. A snapshot while others work: a line may be about a journey that has just ended.</summary>
    /// <param name="max">Most lines.</param>
    public IReadOnlyList<string> DescribeOutstanding(int max)
    {
        IEnumerable<Parcel> lists = _stack.Pools.SelectMany(pool => pool.Audit())
            .Where(list => list.Custody.State != CustodyState.Free);
        return [.. _stack.Blocks.Keys.Concat(lists).Take(max)
                .Select(parcel => $"{parcel.Describe()}; held by {HolderOf(parcel)}"),
            .. _stack.Handles.All().Take(max).Select(entry => entry.Describe())];
    }

    /// <summary>The connections now. A snapshot while others work.</summary>
    /// <param name="max">Most of them.</param>
    public IReadOnlyList<ConnectionView> ViewConnections(int max) =>
        [.. new StackViewer(_stack, _drivers).Connections().Take(max)];

    /// <summary>The requests in flight now, with their holder and what they wait for. A snapshot while others work:
    /// most are over when it is read; those that are in a second one too are worth a look.</summary>
    /// <param name="max">Most of them.</param>
    public IReadOnlyList<RequestView> ViewRequests(int max) =>
        [.. new StackViewer(_stack, _drivers).Requests().Take(max)];

    /// <summary>The adapters now, those of miniports first, from the bottom up.</summary>
    public IReadOnlyList<AdapterView> ViewAdapters() =>
        [.. _stack.Life.Adapters.OrderBy(node => node.IsVirtual).Select(AdapterView.Of)];

    private string HolderOf(Parcel parcel)
    {
        HolderId holder = parcel.Custody.Holder;
        if (holder == _stack.Lender)
            return "the host";
        if (holder == HolderId.Custodian)
            return "the custodian";
        Edge? driver = _drivers.Concat(_stack.Handles.All().Select(entry => entry.Edge))
            .FirstOrDefault(edge => edge.Current?.Holder == holder);
        string name = driver?.Name ?? "an actor that is gone";
        bool atTarget = parcel.ParkedIn is not null && driver is not null && !_drivers.Contains(driver);
        return atTarget ? $"{name}, at the target" : name;
    }

    /// <summary>Starts a stack. It owns its targets: one that is disposable is disposed of when the stack
    /// ends.</summary>
    /// <param name="system">The host's system.</param>
    /// <param name="build">Names the drivers, from the bottom up.</param>
    /// <exception cref="ChimneySettingsException">A setting is not lawful.</exception>
    public static async Task<Chimney> StartAsync(ActorSystem system, Action<StackBuilder> build)
    {
        var plan = new StackBuilder();
        build(plan);
        plan.Check();
        system.Settings.InjectTopLevelFallback(ChimneySettings.Reference());
        ChimneySettings settings = ChimneySettings.From(system.Settings.Config);
        if (!system.Dispatchers.HasDispatcher(settings.Stack.Dispatcher))
            throw new ChimneySettingsException($"setting chimney.dispatcher = '{settings.Stack.Dispatcher}': "
                + "must be the path of a dispatcher in the host's configuration");
        Chimney chimney = Raise(system, plan, settings.Stack);
        await chimney.BeginAsync().ConfigureAwait(false);
        string task = $"stop-{chimney._stack.Name}";
        var end = new EndOfHost(chimney);
        chimney._endOfHost = end;
        CoordinatedShutdown.Get(system).AddTask(CoordinatedShutdown.PhaseServiceStop, task, async () =>
        {
            await end.StopAsync().ConfigureAwait(false);
            return Akka.Done.Instance;
        });
        // After a hard termination nobody runs tasks: then the end of the system is the signal.
        _ = system.WhenTerminated.ContinueWith(_ => end.StopAsync(), TaskScheduler.Default);
        return chimney;
    }

    /// <summary>Makes a stack whose drivers start when the system's dispatchers run them.</summary>
    internal static Chimney Raise(ActorSystem system, StackBuilder plan, StackSettings settings)
    {
        int number = Interlocked.Increment(ref _count);
        var stack = new DriverStack($"chimney{number}", settings, plan.Clock) { Crashes = plan.CrashPlan };
        ILoggingAdapter log = Logging.GetLogger(system, stack.Name);
        stack.Ledger.IsInjected = plan.IsInjected;
        var discipline = new Discipline(stack, stopped => log.Error("{0}", stopped));
        stack.Ledger.OnViolation = violation =>
        {
            log.Error("{0}", violation);
            discipline.Hear(violation);
            plan.OnViolation?.Invoke(violation);
        };
        stack.OnDeath = (driver, exception) =>
            log.Warning("Driver {0} died and is replaced: {1}", driver, exception.Message);
        stack.OnUserError = exception => log.Error(exception, "A user's callback threw; it was ignored");
        plan.Link(stack.Life);
        return new Chimney(system, stack, plan);
    }

    /// <summary>Ends a stack whose actors run on the caller's thread.</summary>
    /// <param name="runUntilQuiet">Runs them until nothing moves any more.</param>
    /// <param name="hard">Whether the actors end first and the stack hears of it afterwards, as when the host's system
    /// is terminated.</param>
    /// <returns>Whether every actor is gone.</returns>
    internal bool Raze(Action runUntilQuiet, bool hard = false)
    {
        if (hard)
        {
            ((IInternalActorRef)_root).Stop();
            runUntilQuiet();
        }
        ShutDown();
        _root.Tell(PoisonPill.Instance, ActorRefs.NoSender);
        runUntilQuiet();
        Audit();
        _system.EventStream.Unsubscribe(_tap);
        return ((ExtendedActorSystem)_system).Guardian.GetChild([_stack.Name]).IsNobody();
    }

    /// <summary>A binding by name.</summary>
    /// <exception cref="KeyNotFoundException">There is none of that name.</exception>
    public Binding Binding(string name) => _bindings.TryGetValue(name, out Binding? binding)
        ? binding
        : throw new KeyNotFoundException($"No binding '{name}'; there are: {string.Join(", ", _bindings.Keys)}.");

    /// <summary>An adapter by name: a miniport's, or the virtual one of an intermediate driver.</summary>
    /// <exception cref="KeyNotFoundException">There is none of that name.</exception>
    public Adapter Adapter(string name) => _adapters.TryGetValue(name, out Adapter? adapter)
        ? adapter
        : throw new KeyNotFoundException($"No adapter '{name}'; there are: {string.Join(", ", _adapters.Keys)}.");

    /// <summary>Wants something done to an adapter or a binding.</summary>
    internal LifeOperation Begin(LifeOperation operation)
    {
        _stack.Life.Ask(operation);
        if (_stack.Stopped)
            operation.End(NdisStatus.RequestAborted);
        return operation;
    }

    /// <summary>Who holds what of an adapter or a binding now.</summary>
    internal IReadOnlyList<RequestView> ViewHeld(LifeOperation operation) =>
        [.. new StackViewer(_stack, _drivers).Held(operation)];

    /// <summary>Ends the stack: what is still offloaded is aborted, every caller is answered.</summary>
    public async ValueTask DisposeAsync() => await StopAsync().ConfigureAwait(false);

    /// <summary>Waits until every adapter is at work.</summary>
    private async Task BeginAsync()
    {
        NdisStatus[] begun = await Task.WhenAll(_ready).ConfigureAwait(false);
        if (Array.TrueForAll(begun, status => status == NdisStatus.Success))
            return;
        await StopAsync().ConfigureAwait(false);
        IEnumerable<string> failed = _stack.Life.Adapters.Where(node => !node.IsVirtual)
            .Zip(begun, (node, status) => $"{node.Name}: {status}");
        throw new InvalidOperationException($"Not every adapter could be started ({string.Join(", ", failed)}).");
    }

    /// <summary>Whoever waits for an adapter is told that it is over.</summary>
    private void ShutDown()
    {
        _stack.BeginStop();
        foreach (AdapterNode adapter in _stack.Life.Adapters)
            adapter.Current.TryMove(AdapterEvent.Shutdown);
    }

    private Task StopAsync()
    {
        lock (_stopLock)
            return _stopped ??= StopOnceAsync();
    }

    private async Task StopOnceAsync()
    {
        ShutDown();
        await Task.WhenAny(StopRootAsync(), _system.WhenTerminated).ConfigureAwait(false);
        await SeveredAsync().ConfigureAwait(false);
        Audit();
        foreach (AdapterInstance plugged in _stack.Life.Adapters.SelectMany(adapter => adapter.Plugged))
            await plugged.Dispose().ConfigureAwait(false);
        _endOfHost?.Forget();
        _ = ForgetLaterAsync();
    }

    private void Audit()
    {
        Auditor.Finish(_stack);
        // From here on posts answer themselves.
        _stack.EndStop();
        Auditor.Finish(_stack);
    }

    /// <summary>Stays subscribed for a while: a thread that was emptying a dead mailbox when it lost its turn may have
    /// a post of somebody else in its hands, who was told before the end that it is on its way.</summary>
    private async Task ForgetLaterAsync()
    {
        await Task.Delay(_stack.Settings.StopTimeout).ConfigureAwait(false);
        _system.EventStream.Unsubscribe(_tap);
    }

    private async Task StopRootAsync()
    {
        try
        {
            await _root.GracefulStop(_stack.Settings.StopTimeout).ConfigureAwait(false);
        }
        catch (TaskCanceledException)
        {
            // An actor hangs in a handler; the audit answers for it.
        }
    }

    /// <summary>Waits for the targets to let go, for a while.</summary>
    private async Task SeveredAsync()
    {
        long start = _stack.Clock.GetTimestamp();
        using var tick = new PeriodicTimer(TimeSpan.FromMilliseconds(5));
        while (_stack.Handles.All().Any(entry => entry.SeverSince != 0)
            && _stack.Clock.GetElapsedTime(start) < _stack.Settings.StopTimeout)
            await tick.WaitForNextTickAsync().ConfigureAwait(false);
    }

    /// <summary>What the host's end calls. A host that starts and ends many stacks keeps this of each, and no more: its
    /// tasks cannot be taken back.</summary>
    private sealed class EndOfHost(Chimney chimney)
    {
        private Chimney? _chimney = chimney;

        public Task StopAsync() => Volatile.Read(ref _chimney)?.StopAsync() ?? Task.CompletedTask;

        public void Forget() => Volatile.Write(ref _chimney, null);
    }
}
