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

    /// <summary>The miniport.</summary>
    public const string Miniport = "nic0";

    private int _peers;

    protected Stage() => Watch = new Watch(() => Now);

    /// <summary>What was seen.</summary>
    public Watch Watch { get; }

    /// <summary>The stack.</summary>
    public abstract Chimney Chimney { get; }

    /// <summary>Time since the beginning.</summary>
    public abstract TimeSpan Now { get; }

    /// <summary>What it can do.</summary>
    public abstract Ability Abilities { get; }

    /// <summary>The target, as the stack has it.</summary>
    protected WatchedTarget Target { get; private set; } = null!;

    /// <summary>Whether the adapter was pulled out: then peers may be reset.</summary>
    public bool IsRemoved { get; private set; }

    /// <summary>Says something of a connection in the target's place.</summary>
    public void Say(TcpOffloadEvent said) => Target.Say(said);

    /// <summary>Pulls the adapter out.</summary>
    public Task RemoveAsync()
    {
        IsRemoved = true;
        return Target.DisposeAsync().AsTask();
    }

    /// <summary>Makes a connection that can be offloaded.</summary>
    public StagePeer Connect(LinePlan plan) => NewPeer(++_peers, plan);

    /// <summary>Waits for something that must happen.</summary>
    /// <returns>False if the patience of the stage was not enough.</returns>
    public abstract Task<bool> EndsAsync(Task happens);

    /// <summary>Lets everything happen that need not wait for the peer.</summary>
    public abstract Task SettleAsync(OffloadHandle connection);

    /// <summary>Lets time pass; only with <see cref="Ability.VirtualTime"/>.</summary>
    public virtual Task PassAsync(TimeSpan time) => throw new NotSupportedException("Real time is not waited for.");

    /// <summary>Does something soon, outside of whoever asks for it.</summary>
    public abstract void Soon(Action what);

    /// <summary>Runs a case on this stage, to its end.</summary>
    public abstract void Run(Func<Task> play);

    /// <summary>Ends the stack, and everything below.</summary>
    public abstract void Dispose();

    protected abstract StagePeer NewPeer(int number, LinePlan plan);

    /// <summary>The drivers of the stack.</summary>
    protected void Build(StackBuilder stack, ConformanceSubject subject, IOffloadTarget reference)
    {
        Target = new WatchedTarget(subject.Target?.Invoke(reference) ?? reference, Watch);
        stack.Miniport(Miniport, Target).Intermediate("below", Miniport, () => new Tap(Watch, Place.Below));
        if (subject.Driver is { } driver)
            stack.Intermediate(Driver, "below", driver);
        else
            stack.Intermediate(Driver, over: "below");
        stack.Intermediate("above", Driver, () => new Tap(Watch, Place.Above))
            .Intermediate("beside", Driver, () => new Tap(Watch, Place.Above))
            .Binding(Binding, over: "above").Binding(OtherBinding, over: "beside");
    }
}
