using ChimneyActors.Buffers;
using ChimneyActors.Ndis;
using ChimneyActors.Supervision;
using ChimneyActors.Supervision.Lifecycle;

namespace ChimneyActors.Embedding;

/// <summary>The face of an adapter of a running stack, a miniport's or the virtual one of an intermediate driver: goes
/// through its life.</summary>
/// <remarks>
/// Operations on what belongs together come one after the other, in the order of the calls. Each is answered at its
/// end, or at its deadline with who still holds what; it goes on all the same, and asking again waits for the same
/// thing. One that there is nothing to do for succeeds at once. Connections that an operation takes back are told so
/// (<see cref="OffloadedConnection.UploadWanted"/>), and what came back is kept for
/// <see cref="OffloadedConnection.UploadAsync"/>; <see cref="ResilientConnection"/> offloads them again as soon as it
/// can. Source: miniport-adapter-states-and-operations.md, pausing-a-driver-stack.md.
/// </remarks>
public sealed partial class Adapter
{
    private readonly Chimney _chimney;
    private readonly AdapterNode _node;

    internal Adapter(Chimney chimney, AdapterNode node)
    {
        _chimney = chimney;
        _node = node;
    }

    /// <summary>Its name in the stack.</summary>
    public string Name => _node.Name;

    /// <summary>Whether an intermediate driver makes it up.</summary>
    public bool IsVirtual => _node.IsVirtual;

    /// <summary>Where it is in its life.</summary>
    public AdapterState State => _node.State;

    /// <summary>Why it is halted; null while it is not.</summary>
    public HaltAction? Halted => _node.State == AdapterState.Halted ? _node.Current.Why : null;

    /// <summary>Pauses it: the bindings above first, then the intermediate drivers from the top to the bottom, itself
    /// last. Its connections go back to their hosts alive.</summary>
    /// <param name="deadline">When to answer who still holds what; null for chimney.life.deadline.</param>
    public Task<LifeResult> PauseAsync(TimeSpan? deadline = null) => RunAsync(LifeOperationKind.Pause, deadline);

    /// <summary>Restarts it, and what is above from the bottom to the top.</summary>
    /// <param name="deadline">When to answer that it is still going on; null for chimney.life.deadline.</param>
    /// <returns>RESOURCES or FAILURE if it could not, and is paused again.</returns>
    public Task<LifeResult> RestartAsync(TimeSpan? deadline = null) => RunAsync(LifeOperationKind.Restart, deadline);

    /// <summary>Ends it in good order: pauses it, unbinds what is above, halts it and disposes of its
    /// target.</summary>
    /// <param name="deadline">When to answer who still holds what; null for chimney.life.deadline.</param>
    public Task<LifeResult> HaltAsync(TimeSpan? deadline = null) => RunAsync(LifeOperationKind.Halt, deadline);

    /// <summary>It was pulled out. What its target can still give back, live sockets of the kernel target for instance,
    /// goes back to the hosts; everything else ends as aborted. From the call on it takes nothing.</summary>
    /// <param name="deadline">When to answer who still holds what; null for chimney.life.deadline.</param>
    /// <exception cref="InvalidOperationException">It is a virtual adapter; <see cref="HaltAsync"/> ends
    /// that.</exception>
    public Task<LifeResult> RemoveAsync(TimeSpan? deadline = null)
    {
        if (IsVirtual)
            throw new InvalidOperationException($"'{Name}' is a virtual adapter: there is nothing to pull out.");
        _node.Current.Remove(HaltAction.DeviceSurpriseRemoved);
        return RunAsync(LifeOperationKind.Remove, deadline);
    }

    /// <summary>It comes, for the first time or again, with a fresh target: initialises it, binds what is above,
    /// restarts all. It need not wait for what the host still has of the last one.</summary>
    /// <param name="deadline">When to answer that it is still going on; null for chimney.life.deadline.</param>
    /// <returns>RESOURCES or FAILURE if it could not.</returns>
    /// <exception cref="InvalidOperationException">It was given as one target, and that is used up.</exception>
    public Task<LifeResult> InitializeAsync(TimeSpan? deadline = null)
    {
        bool isOver = _node.Current.IsRemoved || _node.State == AdapterState.Halted;
        if (isOver && !_node.CanInitialize)
            throw new InvalidOperationException(
                $"'{Name}' was given as one target, which is used up; give a function that makes one: "
                + $"Miniport(\"{Name}\", () => ...).");
        return RunAsync(LifeOperationKind.Initialize, deadline);
    }

    /// <summary>Resets it: what is offloaded stays, as far as its target keeps it, and meanwhile nothing is asked of
    /// it. It hangs, or somebody thinks so.</summary>
    /// <param name="deadline">When to answer that it is still going on; null for chimney.life.deadline.</param>
    /// <returns>SUCCESS, SOFT_ERRORS, or HARD_ERRORS: then it is given up, and its connections go back to their
    /// hosts.</returns>
    /// <exception cref="InvalidOperationException">It is a virtual adapter, which has no reset.</exception>
    public Task<LifeResult> ResetAsync(TimeSpan? deadline = null)
    {
        if (IsVirtual)
            throw new InvalidOperationException($"'{Name}' is a virtual adapter: it has no reset of its own.");
        return RunAsync(LifeOperationKind.Reset, deadline);
    }

    private async Task<LifeResult> RunAsync(LifeOperationKind kind, TimeSpan? deadline)
    {
        DriverStack stack = _chimney.Stack;
        LifeOperation operation = _chimney.Begin(new LifeOperation(
            kind, _node, null, deadline ?? stack.Settings.LifeDeadline, stack.TaskOptions));
        return await LifeResult.OfAsync(_chimney, operation).ConfigureAwait(false);
    }
}

/// <summary>How an operation on an adapter or a binding went.</summary>
/// <param name="Status">SUCCESS: it has ended. PENDING: it goes on. RESOURCES or FAILURE: a restart or an initialise
/// did not succeed. NOT_ACCEPTED: what it was meant for has gone meanwhile. REQUEST_ABORTED: the stack has
/// ended.</param>
/// <param name="WaitsFor">What it waits for, in words; null if it has ended.</param>
/// <param name="Held">What is still out, and who holds it: requests on their way, and data that the host was
/// lent.</param>
public sealed record LifeResult(NdisStatus Status, string? WaitsFor, IReadOnlyList<RequestView> Held)
{
    /// <summary>Whether it has ended well.</summary>
    public bool IsDone => Status == NdisStatus.Success;

    internal static async Task<LifeResult> OfAsync(Chimney chimney, LifeOperation operation)
    {
        NdisStatus status = await operation.Done.ConfigureAwait(false);
        return status == NdisStatus.Pending
            ? new LifeResult(status, operation.Describe(), chimney.ViewHeld(operation))
            : new LifeResult(status, null, []);
    }
}
