using Akka.Actor;
using Akka.Event;
using ChimneyActors.Buffers;
using ChimneyActors.Intermediates;
using ChimneyActors.Miniports;
using ChimneyActors.Protocols;
using ChimneyActors.Supervision;

namespace ChimneyActors.Embedding;

/// <summary>Root of a stack: starts its drivers, and starts them anew when they died.</summary>
internal sealed class ChimneyActor(DriverStack stack, IReadOnlyCollection<DriverPlan> plans) : UntypedActor, IWithTimers
{
    private readonly Dictionary<IActorRef, Slot> _running = [];
    private IActorRef? _watch;

    public ITimerScheduler Timers { get; set; } = null!;

    protected override SupervisorStrategy SupervisorStrategy() => FailurePolicy.Strategy;

    protected override void PreStart()
    {
        var byName = plans.ToDictionary(plan => plan.Name);
        foreach (DriverPlan plan in plans.OrderBy(plan => plan.Kind))
            if (plan.Kind == DriverKind.Miniport)
                AddMiniport(plan);
            else if (plan.Kind == DriverKind.Binding)
                AddBinding(plan, byName[plan.Over!].Edge);
            else
                Start(new Slot(plan.Edge, Budget(), MakeProps(plan, byName[plan.Over!].Edge))
                {
                    OnDown = () => GiveUpThrough(plan.Edge),
                });
        StartWatch();
    }

    protected override void OnReceive(object message)
    {
        switch (message)
        {
            case Terminated dead when _running.Remove(dead.ActorRef, out Slot? slot): StartAnew(slot); break;
            case Terminated dead when dead.ActorRef.Equals(_watch) && !stack.Stopping: StartWatch(); break;
            case Slot due: Start(due); break;
            case IsReady: Sender.Tell(message); break;
            default: Unhandled(message); break;
        }
    }

    /// <summary>Without a watch, who waits for a target that forgot him would wait for ever: it has no
    /// budget.</summary>
    private void StartWatch() =>
        _watch = Context.Watch(Context.ActorOf(Props.Create(() => new HangWatchActor(stack)), "hang-watch"));

    private void AddMiniport(DriverPlan plan)
    {
        Edge[] shelves =
        [
            .. Enumerable.Range(0, stack.Settings.Shelves).Select(number => new Edge($"{plan.Name}-shelf-{number}")),
        ];
        foreach (Edge shelf in shelves)
            Start(new Slot(shelf, Budget(),
                holder => Props.Create(() => new ShelfActor(stack, shelf, holder, plan.Target!, plan.Name)))
            {
                IsVital = true,
            });
        Start(new Slot(plan.Edge, Budget(),
            holder => Props.Create(() => new MiniportActor(stack, plan.Edge, holder, shelves))));
    }

    private void AddBinding(DriverPlan plan, Edge lower)
    {
        var queue = new BindingQueue(stack, plan.Edge);
        stack.AtEnd.Enqueue(() => queue.Refuse(null, NdisStatus.RequestAborted));
        Start(new Slot(plan.Edge, Budget(),
            holder => Props.Create(() => new BindingActor(stack, plan.Edge, holder, lower, queue)))
        {
            // The connections are well: they go back to the host.
            OnDown = () =>
            {
                queue.Refuse(null, NdisStatus.UploadInProgress);
                queue.PassOn();
                foreach (ConnectionEntry entry in stack.Handles.All())
                    if (entry.Top == plan.Edge && entry.ProtocolContext is BindingConnection connection)
                        connection.BindingIsDown();
            },
        });
    }

    /// <summary>What is offloaded through a driver that stays down can be taken back, and nothing else: its hosts are
    /// told, or one that only waits for data would wait for ever.</summary>
    private void GiveUpThrough(Edge driver)
    {
        foreach (ConnectionEntry entry in stack.Handles.All())
            if (entry.IsThrough(driver))
                stack.Custodian.AskBack(entry);
    }

    private Func<HolderId, Props> MakeProps(DriverPlan plan, Edge lower)
    {
        if (plan.Driver is { } make)
            return holder => Props.Create(() => new HostedIntermediateActor(stack, plan.Edge, holder, lower, make));
        if (plan.Habit == BrokenHabit.None)
            return holder => Props.Create(() => new IntermediateActor(stack, plan.Edge, holder, lower));
        var habit = new BadHabit(plan.Habit == BrokenHabit.Drops, plan.OneIn);
        return holder => Props.Create(() => new BrokenIntermediateActor(stack, plan.Edge, holder, lower, habit));
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
    }
}

/// <summary>Asks the root whether its drivers run; answered with itself.</summary>
internal sealed class IsReady : INoSerializationVerificationNeeded
{
    public static readonly IsReady Instance = new();
}
