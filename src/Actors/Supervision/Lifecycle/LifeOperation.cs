using ChimneyActors.Buffers;
using ChimneyActors.Ndis;

namespace ChimneyActors.Supervision.Lifecycle;

/// <summary>What is wanted of an adapter or a binding.</summary>
internal enum LifeOperationKind
{
    Pause,
    Restart,
    Halt,
    Remove,
    Initialize,
    Unbind,
    Bind,
    Reset,
    OffloadPause,
    OffloadResume,
    UploadAll,
}

/// <summary>One operation, from the wish to its end. Outlives whoever carries it out.</summary>
/// <param name="kind">What is wanted.</param>
/// <param name="adapter">Of which adapter.</param>
/// <param name="binding">Or of which binding.</param>
/// <param name="deadline">When whoever asked is answered, whether it has ended or not.</param>
/// <param name="options">Of the task.</param>
internal sealed class LifeOperation(
    LifeOperationKind kind, AdapterNode? adapter, BindingNode? binding, TimeSpan deadline, TaskCreationOptions options)
{
    private readonly TaskCompletionSource<NdisStatus> _done = new(options);

    /// <summary>What is wanted.</summary>
    public LifeOperationKind Kind => kind;

    /// <summary>Of which adapter.</summary>
    public AdapterNode? Adapter => adapter;

    /// <summary>Of which binding.</summary>
    public BindingNode? Binding => binding;

    /// <summary>What was plugged in when it was asked for; only that is concerned.</summary>
    public AdapterInstance? Instance { get; } = adapter?.Current;

    /// <summary>The outcome; PENDING if the deadline came first, and then it goes on.</summary>
    public Task<NdisStatus> Done => _done.Task;

    /// <summary>Why, of a halt.</summary>
    public HaltAction Reason { get; init; } = HaltAction.DeviceDisabled;

    /// <summary>When it was asked for, in ticks of the stack's clock.</summary>
    public long Since { get; set; }

    /// <summary>How long whoever asked waits.</summary>
    public TimeSpan Deadline => deadline;

    /// <summary>Whether whoever asked has been answered.</summary>
    public bool IsAnswered => _done.Task.IsCompleted;

    /// <summary>What is to be done; null until it begins.</summary>
    public IReadOnlyList<LifeStep>? Steps { get; private set; }

    /// <summary>The step it is at.</summary>
    public int At { get; private set; }

    /// <summary>When its driver was asked, in ticks of the stack's clock: what a step waits for before that is nothing
    /// that the driver could do.</summary>
    public long AskedSince { get; set; }

    /// <summary>The question to the driver of the step; 0 before it.</summary>
    public long Question { get; set; }

    /// <summary>The life of the driver that was asked.</summary>
    public HolderId Asked { get; set; }

    /// <summary>Its answer; null before it.</summary>
    public NdisStatus? Answer { get; set; }

    /// <summary>When the question was answered in vain, in ticks of the stack's clock; null if it was not.</summary>
    public long? FailedAt { get; set; }

    /// <summary>Whether the watchdog has reported this step.</summary>
    public bool IsReported { get; set; }

    /// <summary>The first thing that failed.</summary>
    public NdisStatus Outcome { get; set; } = NdisStatus.Success;

    /// <summary>Whether every step was taken.</summary>
    public bool IsOver => Steps is not null && At >= Steps.Count;

    /// <summary>The step it is at.</summary>
    public LifeStep Step => Steps![At];

    /// <summary>What it waits for, in words.</summary>
    public string Describe() => Steps is null ? $"{kind}, which waits for its turn"
        : IsOver ? "nothing" : $"{Step}{(Question != 0 && Answer is null ? ", for the answer of the driver" : "")}";

    /// <summary>Begins.</summary>
    public void Begin()
    {
        Steps = [.. Plan()];
    }

    /// <summary>The step is done.</summary>
    public void GoOn()
    {
        At++;
        IsReported = false;
        FailedAt = null;
        AskAgain();
    }

    /// <summary>The answer, if there was one, is none.</summary>
    public void AskAgain()
    {
        Question = 0;
        Asked = default;
        Answer = null;
    }

    /// <summary>Why the adapter is halted by it.</summary>
    public HaltAction Why(AdapterInstance halted) => halted != Instance ? HaltAction.DeviceInstanceDeInitialized
        : halted.IsRemoved ? halted.Why : Reason;

    /// <summary>Answers whoever asked; only the first time counts.</summary>
    public void End(NdisStatus outcome) => _done.TrySetResult(outcome);

    /// <summary>Everything that it may touch from where it is: what no other operation may touch at the same time
    /// (LIFE-18).</summary>
    public HashSet<object> Touches() =>
        [.. (Steps is null ? Plan() : Steps.Skip(At)).SelectMany(TouchedBy)];

    private IEnumerable<LifeStep> Plan() => kind switch
    {
        LifeOperationKind.Pause => LifeSequence.Pause(adapter!),
        LifeOperationKind.Restart => LifeSequence.Restart(adapter!),
        LifeOperationKind.Halt => LifeSequence.Halt(adapter!),
        // Of what has another one in its place nothing is left to be paused or closed.
        LifeOperationKind.Remove when Instance != adapter!.Current =>
            [new LifeStep(LifeStepKind.HaltAdapter, adapter, null)],
        LifeOperationKind.Remove => LifeSequence.Remove(adapter),
        LifeOperationKind.Initialize => LifeSequence.Initialize(adapter!),
        LifeOperationKind.Unbind => LifeSequence.Unbind(binding!),
        LifeOperationKind.Bind => LifeSequence.Bind(binding!),
        LifeOperationKind.Reset => LifeSequence.Reset(adapter!),
        LifeOperationKind.OffloadPause => [new LifeStep(LifeStepKind.StopOffload, adapter, null)],
        LifeOperationKind.OffloadResume => LifeSequence.Resume(adapter!),
        _ => [new LifeStep(LifeStepKind.UploadAll, adapter, null)],
    };

    /// <summary>The halt of what was pulled out concerns nobody but itself: what is plugged in next need not wait for
    /// it. While an adapter is being paused or halted nobody binds to it or goes to work on it, though nothing is to be
    /// done to him.</summary>
    private IEnumerable<object> TouchedBy(LifeStep step) => step switch
    {
        { Binding: { } binding } => [binding],
        { Kind: LifeStepKind.UploadAll } => [step.Adapter!, Instance!, .. step.Adapter!.Uppers],
        { Kind: LifeStepKind.HaltAdapter } when step.Adapter == adapter && kind == LifeOperationKind.Remove =>
            [Instance!],
        _ => [.. TouchedBy(step.Adapter!), .. IsLeaving(step) ? step.Adapter!.Uppers : []],
    };

    private IEnumerable<object> TouchedBy(AdapterNode stepped) =>
        stepped == adapter && kind != LifeOperationKind.Initialize ? [stepped, Instance!] : [stepped];

    private static bool IsLeaving(LifeStep step) =>
        step.Kind is LifeStepKind.PauseAdapter or LifeStepKind.HaltAdapter;
}
