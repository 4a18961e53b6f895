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

    /// <summary>What follows from the targets.</summary>
    protected Ability AbilitiesOfTargets =>
        Array.TrueForAll(Targets, target => target.Capabilities.StateObjects) ? Ability.Paths : Ability.None;

    /// <summary>The targets, as the stack has them.</summary>
    protected WatchedTarget[] Targets { get; private set; } = [];

    /// <summary>Whether the adapter was pulled out: then peers may be reset.</summary>
    public bool IsRemoved { get; private set; }

    /// <summary>Says something of a connection in the target's place.</summary>
    public void Say(TcpOffloadEvent said) => Array.Find(Targets, target => target.Serves(said.Connection))!.Say(said);

    /// <summary>Pulls every adapter out.</summary>
    public Task RemoveAsync()
    {
        IsRemoved = true;
        return Task.WhenAll(Targets.Select(target => target.DisposeAsync().AsTask()));
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

    /// <summary>How many adapters the driver under test is to stand over.</summary>
    protected static int AdaptersOf(ConformanceSubject subject, StagePlan plan) =>
        Math.Max(plan.Adapters, subject.Adapters);

    /// <summary>The drivers of the stack.</summary>
    protected void Build(
        StackBuilder stack, ConformanceSubject subject, StagePlan plan, IReadOnlyList<IOffloadTarget> references)
    {
        Targets = [.. references.Select(reference =>
            new WatchedTarget(subject.Target?.Invoke(reference) ?? reference, Watch))];
        string[] taps = [.. Targets.Select((target, index) => $"below{index}")];
        for (int index = 0; index < taps.Length; index++)
        {
            int adapter = index;
            stack.Miniport($"nic{index}", Targets[index])
                .Intermediate(taps[index], $"nic{index}", () => new Tap(Watch, Place.Below)
                {
                    Adapter = adapter,
                    Before = plan.Below,
                });
        }
        subject.Build(stack, Driver, taps);
        stack.Intermediate("above", Driver, () => new Tap(Watch, Place.Above))
            .Intermediate("beside", Driver, () => new Tap(Watch, Place.Above))
            .Binding(Binding, over: "above").Binding(OtherBinding, over: "beside");
    }
}
