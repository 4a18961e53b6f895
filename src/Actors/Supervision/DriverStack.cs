using System.Collections.Concurrent;
using Akka.Actor;
using ChimneyActors.Buffers;
using ChimneyActors.Ndis;
using ChimneyActors.Supervision.Lifecycle;
using ChimneyActors.Supervision.Trees;

namespace ChimneyActors.Supervision;

/// <summary>Limits and times of a stack; every one comes from hocon/reference.conf.</summary>
internal sealed record StackSettings
{
    public required int SendsMax { get; init; }

    public required int ReceivesMax { get; init; }

    public required int ForwardsMax { get; init; }

    public required int IndicationsMax { get; init; }

    public required int IndicationBytes { get; init; }

    public required int ContextsMax { get; init; }

    public required int Shelves { get; init; }

    public required int RestartsMax { get; init; }

    public required TimeSpan RestartWindow { get; init; }

    public required TimeSpan BackoffMin { get; init; }

    public required TimeSpan BackoffMax { get; init; }

    public required TimeSpan HangDeadline { get; init; }

    public required TimeSpan HangInterval { get; init; }

    public required TimeSpan SeverDeadline { get; init; }

    public required TimeSpan ReachableTime { get; init; }

    public required TimeSpan NeighborDelay { get; init; }

    public required TimeSpan StopTimeout { get; init; }

    public required TimeSpan LifeInterval { get; init; }

    public required TimeSpan LifeDeadline { get; init; }

    public required TimeSpan LifeLimit { get; init; }

    public required bool StopsBreakers { get; init; }

    public required int BreachesMax { get; init; }

    public required TimeSpan RequestAgeMax { get; init; }

    public required TcpConnectionOffloadParameters Parameters { get; init; }

    public required string Dispatcher { get; init; }

    public required bool ContinueOnTargetThread { get; init; }
}

/// <summary>What all drivers of one stack share, and what outlives each of them.</summary>
internal sealed class DriverStack
{
    private int _stopping;

    public DriverStack(string name, StackSettings settings, TimeProvider clock)
    {
        Name = name;
        Settings = settings;
        Clock = clock;
        Sends = new NetBufferListPool("sends", settings.SendsMax, 0, Ledger);
        Receives = new NetBufferListPool("receives", settings.ReceivesMax, 0, Ledger);
        Forwards = new NetBufferListPool("forwards", settings.ForwardsMax, 0, Ledger);
        Disconnects = new NetBufferListPool("disconnects", 0, 0, Ledger);
        Indications = new NetBufferListPool(
            "indications", settings.IndicationsMax, settings.IndicationBytes, Ledger);
        Custodian = new Custodian(this);
    }

    public string Name { get; }

    public StackSettings Settings { get; }

    public TimeProvider Clock { get; }

    public Ledger Ledger { get; } = new();

    public HandleTable Handles { get; } = new();

    /// <summary>Which connections depend on which path, and paths on which neighbor.</summary>
    public StateLinks Links { get; } = new();

    /// <summary>Who waits for drivers that are between two lives.</summary>
    public EmptyPlaces EmptyPlaces { get; } = new();

    public Custodian Custodian { get; }

    /// <summary>Its adapters and bindings.</summary>
    public LifeBoard Life { get; } = new();

    public NetBufferListPool Sends { get; }

    public NetBufferListPool Receives { get; }

    public NetBufferListPool Forwards { get; }

    /// <summary>Grows by two with every connection: one graceful and one abortive disconnect never wait for
    /// room.</summary>
    public NetBufferListPool Disconnects { get; }

    public NetBufferListPool Indications { get; }

    /// <summary>Blocks of state operations that are on their way, for the auditor.</summary>
    public ConcurrentDictionary<OffloadBlock, byte> Blocks { get; } = new();

    /// <summary>Control requests that are on their way, for the auditor.</summary>
    public ConcurrentDictionary<OidBlock, byte> Oids { get; } = new();

    /// <summary>The holder of received data while the host has it: lent data outlives the binding that lent
    /// it.</summary>
    public HolderId Lender { get; } = HolderId.Next();

    /// <summary>Crashes on purpose; null except in stress and tests.</summary>
    public ICrashPlan? Crashes { get; set; }

    /// <summary>Tells of a driver's death.</summary>
    public Action<string, Exception>? OnDeath { get; set; }

    /// <summary>Tells of a user's callback that threw.</summary>
    public Action<Exception>? OnUserError { get; set; }

    /// <summary>Ends its task in a later turn of a seeded world, where nothing may leave the one thread; null
    /// otherwise.</summary>
    public Func<Task>? NextTurn { get; set; }

    /// <summary>Users go on where they like; in a seeded world at once, on its thread.</summary>
    public TaskCreationOptions TaskOptions =>
        NextTurn is null ? TaskCreationOptions.RunContinuationsAsynchronously : TaskCreationOptions.None;

    /// <summary>Wants something done to an adapter or a binding that nobody waits for.</summary>
    public void Want(
        LifeOperationKind kind, AdapterNode? adapter, BindingNode? binding = null,
        HaltAction reason = HaltAction.DeviceDisabled) =>
        Life.Ask(new LifeOperation(kind, adapter, binding, TimeSpan.Zero, TaskOptions) { Reason = reason });

    /// <summary>Whether the stack is being stopped: what comes home now is aborted, not uploaded.</summary>
    public bool Stopping => Volatile.Read(ref _stopping) != 0;

    /// <summary>Ticks of the stack's clock; never 0.</summary>
    public long Now => Clock.GetTimestamp() | 1;

    /// <summary>Whether the stack is over: nobody listens any more, not even to dead letters.</summary>
    public bool Stopped => Volatile.Read(ref _stopping) > 1;

    /// <summary>What is to be answered when the last actor is gone.</summary>
    public ConcurrentQueue<Action> AtEnd { get; } = new();

    /// <summary>All pools.</summary>
    public IEnumerable<NetBufferListPool> Pools => [Sends, Receives, Forwards, Disconnects, Indications];

    /// <summary>Whether nothing is out.</summary>
    public bool IsBalanced => Pools.All(pool => pool.Out == 0) && Blocks.IsEmpty && Oids.IsEmpty;

    public void BeginStop() => Interlocked.CompareExchange(ref _stopping, 1, 0);

    public void EndStop() => Volatile.Write(ref _stopping, 2);

    /// <summary>A state operation is finished: what follows from it holds even if it is still on its way to the host,
    /// and whoever carries it dies.</summary>
    public void Settle(ConnectionEntry entry, OffloadBlock block)
    {
        entry.Settle(block);
        bool links = block.Operation is OffloadOperation.Initiate or OffloadOperation.Update
            && block.Status == NdisStatus.Success;
        if (links && !block.Parent.IsNone && Handles.Find(block.Parent) is { } parent)
            Links.Link(entry, parent);
    }

    /// <summary>An offload is over: its name finds nothing any more (TERM-29).</summary>
    /// <returns>What it depended on; null for nothing.</returns>
    public ConnectionEntry? Forget(ConnectionEntry entry)
    {
        entry.Ended = true;
        Handles.Remove(entry);
        if (entry.Layer == OffloadLayer.Tcp)
            Disconnects.Reserve(-2);
        return Links.Unlink(entry);
    }

    /// <summary>The pool of a data operation.</summary>
    public NetBufferListPool PoolOf(OffloadOperation operation) => operation switch
    {
        OffloadOperation.Send => Sends,
        OffloadOperation.Receive => Receives,
        OffloadOperation.Forward => Forwards,
        _ => Disconnects,
    };
}

/// <summary>Where in a handler a crash is injected.</summary>
public enum CrashStep
{
    /// <summary>Before the handler did anything.</summary>
    Before,

    /// <summary>Between two of its steps.</summary>
    Between,

    /// <summary>After its last step.</summary>
    After,
}

/// <summary>Crashes drivers on purpose, from a seed.</summary>
public interface ICrashPlan
{
    /// <summary>Throws if this is where the driver is to die.</summary>
    /// <param name="driver">The driver's name in the stack.</param>
    /// <param name="step">Where its handler is.</param>
    void At(string driver, CrashStep step);
}
