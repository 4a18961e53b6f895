using ChimneyActors.Buffers;
using ChimneyActors.Ndis;
using ChimneyActors.Protocols;
using ChimneyActors.Supervision;
using ChimneyActors.Supervision.Lifecycle;

namespace ChimneyActors.Embedding;

/// <summary>Carries out what is wanted of adapters and bindings, step by step: the part of NDIS that pauses, restarts,
/// binds and halts.</summary>
/// <remarks>No actor, and outlives the one whose thread it works on. Each step may be tried again at any time: it looks
/// what there is and does what is missing.</remarks>
internal sealed partial class Conductor(DriverStack stack, Action<Edge> revive)
{
    private readonly List<LifeOperation> _waiting = [];
    private readonly List<LifeOperation> _running = [];
    private long _questions;

    /// <summary>Whether something is under way.</summary>
    public bool IsBusy => _waiting.Count + _running.Count > 0;

    private LifeBoard Board => stack.Life;

    /// <summary>A driver has done its part.</summary>
    public void Hear(LifeEventComplete answer)
    {
        foreach (LifeOperation operation in _running)
            if (operation.Question == answer.Serial)
                operation.Answer ??= answer.Status;
    }

    /// <summary>Whoever it worked for has died: what drivers answered may have been told to nobody, so they are asked
    /// again.</summary>
    public void Resume()
    {
        foreach (LifeOperation operation in _running)
            if (operation.Answer is null)
                operation.Asked = default;
    }

    /// <summary>Does whatever can be done now.</summary>
    public void Look()
    {
        Board.Looking();
        while (Board.TryTake(out LifeOperation? asked))
        {
            asked!.Since = stack.Now;
            _waiting.Add(asked);
        }
        while (BeginNext() | GoOn())
        {
        }
        Board.IsWatched = IsBusy;
        foreach (LifeOperation operation in _running.Concat(_waiting).ToArray())
            if (!operation.IsAnswered && IsOver(operation.Since, operation.Deadline))
                operation.End(NdisStatus.Pending);
    }

    /// <summary>The stack is over: whoever waits is told so.</summary>
    public void Abandon()
    {
        while (Board.TryTake(out LifeOperation? asked))
            asked!.End(NdisStatus.RequestAborted);
        foreach (LifeOperation operation in _running.Concat(_waiting).ToArray())
            operation.End(NdisStatus.RequestAborted);
    }

    /// <summary>One at a time on whatever they both touch, in the order of asking (LIFE-18).</summary>
    private bool BeginNext()
    {
        if (_waiting.Count == 0)
            return false;
        var touched = _running.SelectMany(operation => operation.Touches()).ToHashSet();
        bool any = false;
        foreach (LifeOperation next in _waiting.ToArray())
        {
            HashSet<object> wants = next.Touches();
            if (!wants.Overlaps(touched))
            {
                next.Begin();
                _waiting.Remove(next);
                _running.Add(next);
                any = true;
            }
            touched.UnionWith(wants);
        }
        return any;
    }

    private bool GoOn()
    {
        bool any = false;
        foreach (LifeOperation operation in _running.ToArray())
        {
            while (!operation.IsOver && (IsMoot(operation) || Take(operation)))
            {
                operation.GoOn();
                any = true;
            }
            if (operation.IsOver)
            {
                _running.Remove(operation);
                operation.End(operation.Outcome);
                any = true;
            }
            else
                Watch(operation);
        }
        return any;
    }

    /// <summary>What it was asked for is not plugged in any more.</summary>
    private static bool IsMoot(LifeOperation operation)
    {
        bool isMoot = operation.Instance is { } then && operation.Adapter!.Current != then
            && operation.Kind is not (LifeOperationKind.Initialize or LifeOperationKind.Remove);
        if (isMoot)
            operation.Outcome = NdisStatus.NotAccepted;
        return isMoot;
    }

    /// <summary>Takes the step, or what is missing of it.</summary>
    /// <returns>Whether it is done.</returns>
    private bool Take(LifeOperation operation) => operation.Step.Kind switch
    {
        LifeStepKind.PauseBinding => PauseBinding(operation, operation.Step.Binding!),
        LifeStepKind.PauseAdapter => PauseAdapter(operation, InstanceOf(operation)),
        LifeStepKind.CloseBinding => CloseBinding(operation, operation.Step.Binding!),
        LifeStepKind.HaltAdapter => HaltAdapter(operation, InstanceOf(operation)),
        LifeStepKind.InitializeAdapter => InitializeAdapter(operation, operation.Step.Adapter!),
        LifeStepKind.OpenBinding => OpenBinding(operation, operation.Step.Binding!),
        LifeStepKind.RestartAdapter => RestartAdapter(operation, InstanceOf(operation)),
        LifeStepKind.RestartBinding => RestartBinding(operation, operation.Step.Binding!),
        LifeStepKind.SeverConnections => Sever(operation, operation.Instance!),
        LifeStepKind.Negotiate => Negotiate(operation),
        LifeStepKind.HoldBinding => Hold(operation, isHeld: true),
        LifeStepKind.ReleaseBinding => Hold(operation, isHeld: false),
        _ => TakeOfAdapter(operation, InstanceOf(operation)),
    };

    private static AdapterInstance InstanceOf(LifeOperation operation)
    {
        AdapterNode adapter = operation.Step.Adapter!;
        bool isThen = adapter == operation.Adapter && operation.Kind != LifeOperationKind.Initialize;
        return isThen ? operation.Instance! : adapter.Current;
    }

    private bool PauseBinding(LifeOperation operation, BindingNode binding)
    {
        binding.TryMove(BindingEvent.Pause);
        if (binding.State != BindingState.Pausing)
            return true;
        bool isAsked = Ask(operation) is not null;
        bool isHome = TakeBack(binding, operation.Kind == LifeOperationKind.Remove);
        return isAsked && isHome && binding.TryMove(BindingEvent.PauseComplete);
    }

    private bool PauseAdapter(LifeOperation operation, AdapterInstance adapter)
    {
        adapter.TryMove(AdapterEvent.Pause);
        if (adapter.State != AdapterState.Pausing)
            return true;
        bool isHome = !stack.Handles.All().Any(entry => !entry.Ended && IsOn(entry, adapter))
            && (adapter.IsRemoved || !IsLent(adapter));
        return isHome && (Ask(operation) is not null || adapter.IsRemoved)
            && adapter.TryMove(AdapterEvent.PauseComplete);
    }

    /// <summary>A protocol waits for its own control requests; it hears its adapter until it is closed (LIFE-10,
    /// LIFE-11).</summary>
    private bool CloseBinding(LifeOperation operation, BindingNode binding)
    {
        binding.TryMove(BindingEvent.Unbind);
        return binding.State != BindingState.Closing
            || (Ask(operation) is not null && !IsAsking(binding) && binding.TryMove(BindingEvent.UnbindComplete));
    }

    private bool IsAsking(BindingNode binding) => stack.Oids.Keys.Any(
        request => (request.ProtocolReserved as OidPost)?.Binding == binding.Driver);

    /// <summary>Nothing of it is out any more but, of one that was pulled out, what the host still has (LIFE-06,
    /// LIFE-07).</summary>
    private bool HaltAdapter(LifeOperation operation, AdapterInstance adapter)
    {
        adapter.HasLeft |= adapter.IsRemoved;
        if (adapter.State != AdapterState.Paused)
            return true;
        adapter.Why = operation.Why(adapter);
        if (IsLent(adapter) || IsAsked(adapter) || Ask(operation) is null || !adapter.Dispose().IsCompleted)
            return false;
        adapter.Adapter.Plugged.Remove(adapter);
        return adapter.TryMove(AdapterEvent.Halt);
    }

    /// <summary>Whether control requests wait at it, or its target is at one that somebody else has answered: of that a
    /// dead driver's successor knows nothing. One that it hangs over holds nothing up.</summary>
    private bool IsAsked(AdapterInstance adapter) => adapter.Oids.Waiting.First is not null
        || (!adapter.IsRemoved && adapter.Oids.Since is not 0 and var since
            && !IsOver(since, stack.Settings.HangDeadline));

    private bool InitializeAdapter(LifeOperation operation, AdapterNode adapter)
    {
        // Once it has begun it is brought to its end, though what is below it goes meanwhile.
        if (operation.Question == 0 && (!NeedsInitialize(adapter) || !Begin(operation, adapter)))
            return true;
        if (Ask(operation) is not { } outcome)
            return false;
        bool good = outcome == NdisStatus.Success;
        adapter.Current.TryMove(good ? AdapterEvent.InitializeComplete : AdapterEvent.InitializeFailed);
        if (good)
            adapter.Current.Capabilities = adapter.Current.Target?.Capabilities ?? adapter.Capabilities;
        else
            adapter.Current.Fail();
        return Note(operation, outcome);
    }

    private static bool NeedsInitialize(AdapterNode adapter) =>
        (adapter.State == AdapterState.Halted || adapter.Current.HasLeft)
        && !(adapter.IsVirtual && adapter.Lowers.TrueForAll(lower => lower.State == BindingState.Unbound));

    private bool Begin(LifeOperation operation, AdapterNode adapter)
    {
        Revive(adapter);
        try
        {
            AdapterInstance fresh = adapter.PlugIn();
            fresh.Calls.Stack = stack;
            adapter.Parameters ??= stack.Settings.Parameters;
            return fresh.TryMove(AdapterEvent.Initialize);
        }
        catch (Exception exception)
        {
            stack.OnUserError?.Invoke(exception);
            return !Note(operation, NdisStatus.Failure);
        }
    }

    private bool OpenBinding(LifeOperation operation, BindingNode binding)
    {
        if (binding.State == BindingState.Unbound && AdapterLifecycle.TakesOids(binding.Lower.State))
        {
            if (binding.Owner is { } shown)
                Revive(shown);
            else if (binding.IsDown)
            {
                binding.IsDown = false;
                revive(binding.Driver);
            }
            binding.OffloadIsPaused = binding.Lower.Physical.All(adapter => adapter.Current.OffloadIsPaused);
            binding.IsHeld = false;
            binding.TryMove(BindingEvent.Bind);
        }
        return binding.State != BindingState.Opening
            || (Ask(operation) is not null && binding.TryMove(BindingEvent.BindComplete));
    }

    private bool RestartAdapter(LifeOperation operation, AdapterInstance adapter)
    {
        bool hasWay = !adapter.Adapter.IsVirtual
            || adapter.Adapter.Lowers.Exists(lower => lower.State == BindingState.Running);
        if (hasWay && !adapter.IsRemoved)
            adapter.TryMove(AdapterEvent.Restart);
        if (adapter.State != AdapterState.Restarting)
            return true;
        if ((adapter.IsRemoved ? NdisStatus.NotAccepted : Ask(operation)) is not { } outcome)
            return false;
        adapter.TryMove(outcome == NdisStatus.Success ? AdapterEvent.RestartComplete : AdapterEvent.RestartFailed);
        return Note(operation, outcome);
    }

    private bool RestartBinding(LifeOperation operation, BindingNode binding)
    {
        if (binding.Lower.State == AdapterState.Running)
            binding.TryMove(BindingEvent.Restart);
        return binding.State != BindingState.Restarting
            || (Ask(operation) is not null && binding.TryMove(BindingEvent.RestartComplete));
    }

    /// <summary>Takes the connections of an adapter that was pulled out away from it: their actors end, it is told to
    /// let go, and what is left waits for its host (EVT-24).</summary>
    private bool Sever(LifeOperation operation, AdapterInstance adapter)
    {
        if (adapter.TellRemoved() is { } failed)
            stack.OnUserError?.Invoke(failed);
        bool any = Ask(operation) is null;
        foreach (ConnectionEntry entry in stack.Handles.All())
        {
            if (entry.Ended || entry.Remains is not null || !IsOn(entry, adapter))
                continue;
            any = true;
            if (entry.SeverSince == 0)
                entry.Edge.Tell(AdapterGone.Instance, null);
        }
        return !any;
    }

    /// <summary>The host takes back what is offloaded through a binding (LIFE-05).</summary>
    /// <returns>Whether there is nothing left.</returns>
    private bool TakeBack(BindingNode binding, bool isRemoval)
    {
        bool any = false;
        foreach (ConnectionEntry entry in stack.Handles.All())
        {
            if (!entry.IsThrough(binding))
                continue;
            any = true;
            var connection = entry.ProtocolContext as BindingConnection;
            TcpUploadReason why = isRemoval ? TcpUploadReason.HardwareFailure : TcpUploadReason.UploadRequested;
            if (connection is null or { IsOffloaded: true, Leaving: false })
                stack.Custodian.AskBack(entry, why);
            if (connection is { IsOffloaded: true, Leaving: false })     // an initiate is waited for (INIT-16)
                connection.User.TakeBack(why);
        }
        if (any)
            GiveUpWaiting(binding);
        return !any;
    }

    /// <summary>An initiate that an adapter wants later (STS-02) would hold up whoever waits for it here until then. To
    /// which of several adapters it went nobody knows.</summary>
    private static void GiveUpWaiting(BindingNode binding)
    {
        foreach (AdapterNode adapter in (binding.Owner ?? binding.Lower).Physical)
            if (adapter.Current.OffloadIsPaused)
                adapter.Driver.Tell(new InitiatesInVain(binding.Driver), null);
    }

    /// <summary>Asks the driver of the step, once for each of its lives.</summary>
    /// <returns>Its answer; null while there is none.</returns>
    private NdisStatus? Ask(LifeOperation operation)
    {
        if (operation.Answer is { } answer)
            return answer;
        LifeStep step = operation.Step;
        if (step.IsDown)
            return NdisStatus.Success;
        if (operation.Question == 0)
            (operation.Question, operation.AskedSince) = (++_questions, stack.Now);
        if (step.Driver.Current is { } now && now.Holder != operation.Asked)
        {
            operation.Asked = now.Holder;
            AdapterInstance? instance = step.Adapter is null ? null : InstanceOf(operation);
            step.Driver.Tell(new LifeEvent(step, operation.Question, instance, Board.Conductor), null);
        }
        return null;
    }

    private void Revive(AdapterNode adapter)
    {
        if (!adapter.IsDown)
            return;
        adapter.IsDown = false;
        revive(adapter.Driver);
    }

    private static bool Note(LifeOperation operation, NdisStatus outcome)
    {
        if (operation.Outcome == NdisStatus.Success)
            operation.Outcome = outcome;
        return true;
    }

    /// <summary>V-20: who has not answered for too long is named; one that is down holds nothing up.</summary>
    private void Watch(LifeOperation operation)
    {
        bool isLate = operation is { IsReported: false, Question: not 0, Answer: null, Step.IsDown: false }
            && IsOver(operation.AskedSince, stack.Settings.LifeLimit);
        if (!isLate)
            return;
        operation.IsReported = true;
        stack.Ledger.Report(new Violation(VerifierCheck.StateWatchdog, operation.Step.Driver.Name, OffloadHandle.None,
            0, default, $"has not answered {operation.Step} for {stack.Settings.LifeLimit}"));
    }

    private bool IsOver(long since, TimeSpan limit) => stack.Clock.GetElapsedTime(since, stack.Now) >= limit;

    private static bool IsOn(ConnectionEntry entry, AdapterInstance adapter) => adapter.Adapter.IsVirtual
        ? entry.IsThrough(adapter.Adapter.Driver)
        : entry.Edge.Route?.Instance == adapter;

    /// <summary>Whether received data of an adapter is on its way to the host or back, or lent to it.</summary>
    private bool IsLent(AdapterInstance adapter) => !adapter.Adapter.IsVirtual && stack.Indications.Audit().Any(list =>
        list.Custody.State is not (CustodyState.Free or CustodyState.Rented or CustodyState.Quarantined)
        && (list.Frames.Owner as Edge)?.Route?.Instance == adapter);
}
