using ChimneyActors.Buffers;
using ChimneyActors.Embedding;
using ChimneyActors.Ndis;

namespace ChimneyActors.Conformance.Stages;

/// <summary>What a stage can show or do beyond the connection itself.</summary>
[Flags]
internal enum Ability
{
    /// <summary>Nothing more.</summary>
    None = 0,

    /// <summary>Time is virtual: it passes when the case wants it.</summary>
    VirtualTime = 1,

    /// <summary>Every segment is seen, held back or made up.</summary>
    Wire = 2,

    /// <summary>The room of the target can be set.</summary>
    Room = 4,

    /// <summary>The target takes neighbors and paths.</summary>
    Paths = 8,

    /// <summary>The target takes control requests.</summary>
    Control = 16,

    /// <summary>Connections can be over IPv4 and over IPv6.</summary>
    BothFamilies = 32,

    /// <summary>What a socket of the kernel has counted can be seen.</summary>
    SocketCounts = 64,
}

/// <summary>A real stack under test: two bindings, a tap, the driver under test, a tap, the target under test, and
/// peers.</summary>
internal abstract class Stage : IDisposable
{
    /// <summary>The binding that cases use.</summary>
    public const string Binding = "tcpip";

    /// <summary>A second one, over another upper edge of the driver under test.</summary>
    public const string OtherBinding = "other";

    /// <summary>The driver under test.</summary>
    public const string Driver = "driver";

    /// <summary>The first miniport; the second is called nic1.</summary>
    public const string Miniport = "nic0";

    private readonly Lock _gate = new();
    private WatchedTarget[] _made = [];
    private int _peers;
    private bool _isUp;

    protected Stage() => Watch = new Watch(() => Now);

    /// <summary>What was seen.</summary>
    public Watch Watch { get; }

    /// <summary>The stack.</summary>
    public abstract Chimney Chimney { get; }

    /// <summary>Time since the beginning.</summary>
    public abstract TimeSpan Now { get; }

    /// <summary>What it can do.</summary>
    public abstract Ability Abilities { get; }

    /// <summary>What follows from the targets.</summary>
    protected Ability AbilitiesOfTargets =>
        (Array.TrueForAll(Targets, target => target.Capabilities.StateObjects) ? Ability.Paths : Ability.None)
        | (Array.TrueForAll(Targets, target => target.IsAdapter) ? Ability.Control : Ability.None);

    /// <summary>The targets, as the stack has them, those included that it has let go of.</summary>
    protected WatchedTarget[] Targets => Volatile.Read(ref _made);

    /// <summary>What is plugged in now, or was last, one at each adapter.</summary>
    public IEnumerable<WatchedTarget> Plugs =>
        Targets.GroupBy(target => target.Number).Select(made => made.Last()).OrderBy(target => target.Number);

    /// <summary>The adapters under the driver under test.</summary>
    public Adapter[] Adapters => [.. Plugs.Select(NicOf)];

    /// <summary>Requests that the driver under the driver under test keeps for as long as this says so; null for
    /// none.</summary>
    public Func<OffloadRequest, bool>? Keeps { get; set; }

    /// <summary>So many completed sends are gathered under the driver under test, and passed to it as one completion;
    /// 0 for as they come.</summary>
    public int Gathers { get; set; }

    /// <summary>Whether the drivers over the driver under test say that they make offloading impossible.</summary>
    public bool Bars { get; set; }

    /// <summary>The adapter of a plug.</summary>
    public Adapter NicOf(WatchedTarget plug) => Chimney.Adapter($"nic{plug.Number}");

    /// <summary>Where a connection is.</summary>
    public WatchedTarget PlugOf(OffloadHandle connection) =>
        Array.FindLast(Targets, target => target.Serves(connection))!;

    /// <summary>Whether the adapter was pulled out: then peers may be reset.</summary>
    public bool IsRemoved { get; private set; }

    /// <summary>Says something of a connection in the target's place.</summary>
    public void Say(TcpOffloadEvent said) => Array.Find(Targets, target => target.Serves(said.Connection))!.Say(said);

    /// <summary>The state of a binding; null while the stack is only being made.</summary>
    public BindingState? StateOf(string? binding) => binding is null || !_isUp ? null : Chimney.Binding(binding).State;

    /// <summary>Pulls every adapter out.</summary>
    public Task RemoveAsync()
    {
        Forget();
        return Task.WhenAll(Targets.Select(target => target.DisposeAsync().AsTask()));
    }

    /// <summary>An adapter is about to go for good: from now on peers may be reset.</summary>
    public void Forget() => IsRemoved = true;

    /// <summary>Makes a connection that can be offloaded.</summary>
    public StagePeer Connect(LinePlan plan) => NewPeer(++_peers, plan);

    /// <summary>Waits for something that must happen.</summary>
    /// <returns>False if the patience of the stage was not enough.</returns>
    public abstract Task<bool> EndsAsync(Task happens);

    /// <summary>Lets everything happen that need not wait for the peer.</summary>
    public abstract Task SettleAsync(OffloadHandle connection);

    /// <summary>What was seen on its way into the target has come there: it looks at what its peer sends from here on
    /// behind that.</summary>
    public virtual Task ArrivesAsync(OffloadHandle connection) => Task.CompletedTask;

    /// <summary>Lets a moment pass, for what nobody tells of.</summary>
    public abstract Task AwhileAsync();

    /// <summary>Lets time pass; only with <see cref="Ability.VirtualTime"/>.</summary>
    public virtual Task PassAsync(TimeSpan time) => throw new NotSupportedException("Real time is not waited for.");

    /// <summary>Does something soon, outside of whoever asks for it.</summary>
    public abstract void Soon(Action what);

    /// <summary>Runs a case on this stage, to its end.</summary>
    public abstract void Run(Func<Task> play);

    /// <summary>Ends the stack, and everything below.</summary>
    public abstract void Dispose();

    protected abstract StagePeer NewPeer(int number, LinePlan plan);

    /// <summary>How many adapters the driver under test is to stand over.</summary>
    protected static int AdaptersOf(ConformanceSubject subject, StagePlan plan) =>
        Math.Max(plan.Adapters, subject.Adapters);

    /// <summary>The drivers of the stack.</summary>
    protected void Build(StackBuilder stack, ConformanceSubject subject, StagePlan plan, Func<IOffloadTarget> reference)
    {
        string[] taps = [.. Enumerable.Range(0, AdaptersOf(subject, plan)).Select(index => $"below{index}")];
        for (int index = 0; index < taps.Length; index++)
        {
            int number = index;
            // Made here, so that whoever cannot be made says so at once.
            WatchedTarget? first = Plug(subject, reference(), number);
            stack.Miniport($"nic{number}", () => Interlocked.Exchange(ref first, null)
                    ?? Plug(subject, reference(), number))
                .Intermediate(taps[number], $"nic{number}",
                    () => new Tap(this, Place.Below, number) { Before = plan.Below });
        }
        subject.Build(stack, Driver, taps);
        stack.ContextsMax(Driver, plan.ContextsMax)
            .Intermediate("above", Driver, () => new Tap(this, Place.Above, 0) { Binding = Binding })
            .Intermediate("beside", Driver, () => new Tap(this, Place.Above, 1) { Binding = OtherBinding })
            .Binding(Binding, over: "above").Binding(OtherBinding, over: "beside");
    }

    /// <summary>Writes down what the bindings hear; when the stack is there.</summary>
    protected void Listen()
    {
        _isUp = true;
        foreach ((int number, string name) in ((string[])[Binding, OtherBinding]).Index())
            Chimney.Binding(name).StatusIndicated += said => Watch.Said(Place.Host, said.Status, number, said);
    }

    private WatchedTarget Plug(ConformanceSubject subject, IOffloadTarget reference, int number)
    {
        var made = new WatchedTarget(subject.Target?.Invoke(reference) ?? reference, Watch, number);
        lock (_gate)
            _made = [.. _made, made];
        return made;
    }
}
