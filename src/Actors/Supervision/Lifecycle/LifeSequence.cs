using ChimneyActors.Ndis;

namespace ChimneyActors.Supervision.Lifecycle;

/// <summary>What is done to one adapter or one binding.</summary>
internal enum LifeStepKind
{
    PauseBinding,
    PauseAdapter,
    CloseBinding,
    HaltAdapter,
    InitializeAdapter,
    OpenBinding,
    RestartAdapter,
    RestartBinding,
    SeverConnections,
    Negotiate,
    StopOffload,
    ResumeOffload,
    UploadAll,
    BeginReset,
    HoldBinding,
    ResetAdapter,
    ReleaseBinding,
    EndReset,
}

/// <summary>One step; the next one waits for it.</summary>
/// <param name="Kind">What.</param>
/// <param name="Adapter">To which adapter.</param>
/// <param name="Binding">Or to which binding; of a negotiation, by which one.</param>
internal readonly record struct LifeStep(LifeStepKind Kind, AdapterNode? Adapter, BindingNode? Binding)
{
    /// <summary>The driver that it concerns.</summary>
    public Edge Driver => Binding?.Driver ?? Adapter!.Driver;

    /// <summary>Whether that driver is gone for good.</summary>
    public bool IsDown => Binding?.IsDown ?? Adapter!.IsDown;

    /// <inheritdoc/>
    public override string ToString() => Adapter is not null && Binding is not null
        ? $"{Kind} {Binding.Driver.Name} with {Adapter.Name}"
        : $"{Kind} {Adapter?.Name ?? Binding?.ToString()}";
}

/// <summary>In which order a stack is paused, restarted, taken apart and put together. Pure.</summary>
/// <remarks>Source: pausing-a-driver-stack.md, restarting-a-driver-stack.md. An intermediate driver is paused virtual
/// adapter first, lower binding next, and restarted the other way (our reading). Who has another binding below that
/// works goes on working: only the binding to this adapter is paused.</remarks>
internal static class LifeSequence
{
    /// <summary>Bindings, intermediates from the top to the bottom, the adapter (LIFE-04).</summary>
    public static IEnumerable<LifeStep> Pause(AdapterNode adapter) =>
        [.. adapter.Uppers.SelectMany(Pause), Step(LifeStepKind.PauseAdapter, adapter)];

    /// <summary>A binding, and what stands on it.</summary>
    public static IEnumerable<LifeStep> Pause(BindingNode binding)
    {
        IEnumerable<LifeStep> above = binding.Owner is { } shown && !Others(binding).Any(IsAtWork) ? Pause(shown) : [];
        return [.. above, Step(LifeStepKind.PauseBinding, binding)];
    }

    /// <summary>The adapter, then upward, the protocols last (LIFE-04).</summary>
    public static IEnumerable<LifeStep> Restart(AdapterNode adapter) =>
        [Step(LifeStepKind.RestartAdapter, adapter), .. adapter.Uppers.SelectMany(Restart)];

    /// <summary>A binding, and what stands on it.</summary>
    public static IEnumerable<LifeStep> Restart(BindingNode binding)
    {
        IEnumerable<LifeStep> above = binding.Owner is { } shown ? Restart(shown) : [];
        return [Step(LifeStepKind.RestartBinding, binding), .. above];
    }

    /// <summary>Paused, then unbound from the top to the bottom, then halted.</summary>
    public static IEnumerable<LifeStep> Halt(AdapterNode adapter) =>
        [.. Pause(adapter), .. adapter.Uppers.SelectMany(Close), Step(LifeStepKind.HaltAdapter, adapter)];

    /// <summary>As a halt, behind the bringing home of what the removed adapter had.</summary>
    public static IEnumerable<LifeStep> Remove(AdapterNode adapter) =>
        [Step(LifeStepKind.SeverConnections, adapter), .. Halt(adapter)];

    /// <summary>Initialised, bound from the bottom to the top, restarted; a virtual one is bound below
    /// before.</summary>
    public static IEnumerable<LifeStep> Initialize(AdapterNode adapter) =>
    [
        .. adapter.Lowers.Select(lower => Step(LifeStepKind.OpenBinding, lower)), .. Open(adapter),
        .. Negotiate(adapter),
        .. adapter.Lowers.Select(lower => Step(LifeStepKind.RestartBinding, lower)), .. Restart(adapter),
    ];

    /// <summary>A binding goes, and what stands on it.</summary>
    public static IEnumerable<LifeStep> Unbind(BindingNode binding) => [.. Pause(binding), .. Close(binding)];

    /// <summary>A binding comes, and what stands on it.</summary>
    public static IEnumerable<LifeStep> Bind(BindingNode binding) =>
        [.. Open(binding), .. ProtocolsOn(binding).SelectMany(Negotiate), .. Restart(binding)];

    /// <summary>Offloading goes on, with what the adapter can do now (STS-03).</summary>
    public static IEnumerable<LifeStep> Resume(AdapterNode adapter) =>
        [Step(LifeStepKind.ResumeOffload, adapter), .. Negotiate(adapter)];

    /// <summary>Who asks nothing but over this adapter holds it until the reset is over, from the top to the bottom
    /// (LIFE-09).</summary>
    public static IEnumerable<LifeStep> Reset(AdapterNode adapter)
    {
        BindingNode[] held = [.. Pause(adapter).Select(step => step.Binding).OfType<BindingNode>()];
        return
        [
            Step(LifeStepKind.BeginReset, adapter), .. held.Select(binding => Step(LifeStepKind.HoldBinding, binding)),
            Step(LifeStepKind.ResetAdapter, adapter),
            .. held.Reverse().Select(binding => Step(LifeStepKind.ReleaseBinding, binding)),
            Step(LifeStepKind.EndReset, adapter),
        ];
    }

    /// <summary>Every protocol above says what it wants of the adapters below (CAP-09).</summary>
    private static IEnumerable<LifeStep> Negotiate(AdapterNode adapter) =>
        from protocol in adapter.Uppers.SelectMany(ProtocolsOn)
        from physical in adapter.Physical
        select new LifeStep(LifeStepKind.Negotiate, physical, protocol);

    private static IEnumerable<LifeStep> Negotiate(BindingNode protocol) => protocol.Lower.Physical
        .Select(physical => new LifeStep(LifeStepKind.Negotiate, physical, protocol));

    private static IEnumerable<BindingNode> ProtocolsOn(BindingNode binding) =>
        binding.Owner?.Uppers.SelectMany(ProtocolsOn) ?? [binding];

    private static IEnumerable<LifeStep> Open(AdapterNode adapter) =>
    [
        Step(LifeStepKind.InitializeAdapter, adapter),
        .. adapter.Uppers.Where(upper => upper.IsWanted).SelectMany(Open),
    ];

    private static IEnumerable<LifeStep> Open(BindingNode binding)
    {
        IEnumerable<LifeStep> above = binding.Owner is { } shown ? Open(shown) : [];
        return [Step(LifeStepKind.OpenBinding, binding), .. above];
    }

    private static IEnumerable<LifeStep> Close(BindingNode binding)
    {
        IEnumerable<LifeStep> above = binding.Owner is { } shown && !Others(binding).Any(IsBound)
            ? [.. shown.Uppers.SelectMany(Close), Step(LifeStepKind.HaltAdapter, shown)]
            : [];
        return [.. above, Step(LifeStepKind.CloseBinding, binding)];
    }

    private static IEnumerable<BindingNode> Others(BindingNode binding) =>
        binding.Owner!.Lowers.Where(other => other != binding);

    private static bool IsAtWork(BindingNode binding) =>
        binding.State is BindingState.Running or BindingState.Restarting;

    private static bool IsBound(BindingNode binding) =>
        binding.State is not (BindingState.Unbound or BindingState.Closing);

    private static LifeStep Step(LifeStepKind kind, AdapterNode adapter) => new(kind, adapter, null);

    private static LifeStep Step(LifeStepKind kind, BindingNode binding) => new(kind, null, binding);
}
