using Akka.Actor;
using Akka.Event;
using ChimneyActors.Buffers;
using ChimneyActors.Intermediates;
using ChimneyActors.Miniports;
using ChimneyActors.Ndis;
using ChimneyActors.Protocols;
using ChimneyActors.Supervision;
using ChimneyActors.Supervision.Lifecycle;
using ChimneyActors.Supervision.Trees;

namespace ChimneyActors.Embedding;

/// <summary>Root of a stack: starts its drivers, and starts them anew when they died.</summary>
internal sealed class ChimneyActor(DriverStack stack, IReadOnlyCollection<DriverPlan> plans) : UntypedActor, IWithTimers
{
    private readonly Dictionary<IActorRef, Slot> _running = [];
    private readonly Dictionary<Edge, Slot> _down = [];
    private AgeWatch? _ages;        // outlives the watch that uses it
    private IActorRef? _watch;
    private IActorRef? _life;
    private Conductor _conductor = null!;

    public ITimerScheduler Timers { get; set; } = null!;

    protected override SupervisorStrategy SupervisorStrategy() => FailurePolicy.Strategy;

    protected override void PreStart()
    {
        foreach (DriverPlan plan in plans.OrderBy(plan => plan.Kind))
            if (plan.Kind == DriverKind.Miniport)
                AddMiniport(plan);
            else if (plan.Kind == DriverKind.Binding)
                AddBinding(plan);
            else
                Start(new Slot(plan.Edge, Budget(), MakeProps(plan, new Lowers(plan.Bindings, plan.Choice)))
                {
                    OnDown = () => GiveUp(plan),
                });
        if (stack.Settings.RequestAgeMax > TimeSpan.Zero)
            _ages = new AgeWatch(stack, [.. plans.Select(plan => plan.Edge)]);
        StartWatch();
        IActorRef self = Self;
        _conductor = new Conductor(stack, driver => self.Tell(new Revive(driver)));
        stack.AtEnd.Enqueue(_conductor.Abandon);
        StartLife();
    }

    protected override void OnReceive(object message)
    {
        switch (message)
        {
            case Terminated dead when _running.Remove(dead.ActorRef, out Slot? slot): StartAnew(slot); break;
            case Terminated dead when dead.ActorRef.Equals(_watch) && !stack.Stopping: StartWatch(); break;
            case Terminated dead when dead.ActorRef.Equals(_life) && !stack.Stopping: StartLife(); break;
            case Slot due: Start(due); break;
            case Revive revive when _down.Remove(revive.Driver, out Slot? slot): Start(slot.Fresh(Budget())); break;
            default: Unhandled(message); break;
        }
    }

    /// <summary>Without a watch, who waits for a target that forgot him would wait for ever: it has no
    /// budget.</summary>
    private void StartWatch() =>
        _watch = Context.Watch(Context.ActorOf(
            Born.By(() => new HangWatchActor(stack, _ages is null ? null : _ages.Look)), "hang-watch"));

    private void StartLife()
    {
        _life = Context.Watch(Context.ActorOf(
            Born.By(() => new LifeActor(stack, _conductor)).WithDispatcher(stack.Settings.Dispatcher), "life"));
        stack.Life.Conductor.PointAt(_life, HolderId.None);
        _life.Tell(LookAtLife.Instance);
    }

    private void AddMiniport(DriverPlan plan)
    {
        Edge[] shelves =
        [
            .. Enumerable.Range(0, stack.Settings.Shelves).Select(number => new Edge($"{plan.Name}-shelf-{number}")),
        ];
        foreach (Edge shelf in shelves)
            Start(new Slot(shelf, Budget(),
                holder => Born.By(() => new ShelfActor(stack, shelf, holder, plan.Adapter!)))
            {
                IsVital = true,
            });
        plan.Adapter!.Desk = new MiniportDesk(plan.Edge, stack.Ledger);
        Start(new Slot(plan.Edge, Budget(),
            holder => Born.By(() => new MiniportActor(stack, plan.Edge, holder, shelves, plan.Adapter!)))
        {
            OnDown = () => GiveUp(plan),
        });
    }

    private void AddBinding(DriverPlan plan)
    {
        var queue = new BindingQueue(stack, plan.Edge);
        stack.AtEnd.Enqueue(() => queue.Refuse(null, NdisStatus.RequestAborted));
        Start(new Slot(plan.Edge, Budget(),
            holder => Born.By(() => new BindingActor(stack, plan.Edge, holder, plan.Bindings[0], queue)))
        {
            // The connections are well: they go back to the host.
            OnDown = () =>
            {
                queue.Refuse(null, NdisStatus.UploadInProgress);
                queue.PassOn();
                foreach (ConnectionEntry entry in stack.Handles.All())
                    if (entry.Top == plan.Edge && entry.ProtocolContext is BindingConnection connection)
                        connection.AskBack(TcpUploadReason.HardwareFailure);
                GiveUp(plan);
            },
        });
    }

    /// <summary>A driver that stays down takes its adapter, or its binding, with it, and nothing else. What is
    /// offloaded through it goes back to its hosts: one that only waits for data would wait for ever.</summary>
    private void GiveUp(DriverPlan plan)
    {
        if (plan.Kind != DriverKind.Binding)
            foreach (ConnectionEntry entry in stack.Handles.All())
                if (entry.IsThrough(plan.Edge))
                    stack.Custodian.AskBack(entry, TcpUploadReason.HardwareFailure);
        if (plan.Adapter is { } adapter)
        {
            adapter.IsDown = true;
            stack.Want(LifeOperationKind.Halt, adapter, reason: HaltAction.DeviceFailed);
        }
        foreach (BindingNode binding in plan.Bindings)
        {
            binding.IsDown = true;
            stack.Want(LifeOperationKind.Unbind, null, binding);
        }
    }

    private Func<HolderId, Props> MakeProps(DriverPlan plan, Lowers lowers)
    {
        int contexts = plan.ContextsMax ?? stack.Settings.ContextsMax;
        if (plan.Driver is { } make)
            return holder => Born.By(() =>
                new HostedIntermediateActor(stack, plan.Edge, holder, lowers, contexts, make));
        if (plan.Habit == BrokenHabit.None)
            return holder => Born.By(() => new IntermediateActor(stack, plan.Edge, holder, lowers, contexts));
        var habit = new BadHabit(plan.Habit == BrokenHabit.Drops, plan.OneIn);
        return holder => Born.By(() => new BrokenIntermediateActor(stack, plan.Edge, holder, lowers, habit));
    }

    private void StartAnew(Slot slot)
    {
        if (stack.Stopping)
            return;
        TimeSpan now = stack.Clock.GetElapsedTime(0, stack.Now);
        TimeSpan? next = slot.Budget.NextStart(now);
        if (next is null && slot.IsVital)
            next = stack.Settings.BackoffMax;
        if (next is not { } delay)
        {
            Context.GetLogger().Error("Driver {0} has used up its restarts and stays down", slot.Edge.Name);
            _down[slot.Edge] = slot;
            slot.OnDown?.Invoke();
        }
        else if (delay == TimeSpan.Zero)
            Start(slot);
        else
            Timers.StartSingleTimer(slot.Edge.Name, slot, delay);
    }

    private void Start(Slot slot)
    {
        HolderId holder = HolderId.Next();
        IActorRef driver = Context.ActorOf(
            slot.Props(holder).WithMailbox(DriverActor.Mailbox).WithDispatcher(stack.Settings.Dispatcher),
            DeadLetterTap.ActorName(slot.Edge.Name, holder));
        _running.Add(driver, slot);
        Context.Watch(driver);
        slot.Edge.PointAt(driver, holder);
        driver.Tell(InPlace.Instance);
        stack.Life.Nudge();
    }

    private RestartBudget Budget() => new(
        stack.Settings.RestartsMax, stack.Settings.RestartWindow, stack.Settings.BackoffMin, stack.Settings.BackoffMax);

    private sealed record Slot(Edge Edge, RestartBudget Budget, Func<HolderId, Props> Props)
        : INoSerializationVerificationNeeded
    {
        /// <summary>Whether it may not stay down: without a shelf nobody would answer for the connections on
        /// it.</summary>
        public bool IsVital { get; init; }

        /// <summary>Answers those who wait for a driver that does not come back.</summary>
        public Action? OnDown { get; init; }

        /// <summary>The same, as if it had never died.</summary>
        public Slot Fresh(RestartBudget budget) => this with { Budget = budget };
    }
}
