using ChimneyActors.Buffers;
using ChimneyActors.Intermediates;
using ChimneyActors.Ndis;
using ChimneyActors.Supervision;
using ChimneyActors.Supervision.Lifecycle;

namespace ChimneyActors.Embedding;

/// <summary>Which drivers a stack has, and which stands over which.</summary>
public sealed class StackBuilder
{
    /// <summary>Most drivers over a miniport: seven intermediates and a binding.</summary>
    public const int LayersMax = 8;

    private readonly Dictionary<string, DriverPlan> _drivers = [];

    internal StackBuilder()
    {
    }

    internal IReadOnlyCollection<DriverPlan> Drivers => _drivers.Values;

    internal ICrashPlan? CrashPlan { get; private set; }

    internal Func<Violation, bool>? IsInjected { get; private set; }

    internal Action<Violation>? OnViolation { get; private set; }

    internal TimeProvider Clock { get; private set; } = TimeProvider.System;

    /// <summary>A miniport over a target. Once halted or pulled out, its adapter does not come back.</summary>
    public StackBuilder Miniport(string name, IOffloadTarget target) =>
        Add(new DriverPlan(name, DriverKind.Miniport, []) { Target = target });

    /// <summary>A miniport whose adapter may go and come back.</summary>
    /// <param name="name">Its name in the stack.</param>
    /// <param name="target">Makes the target, at the start and each time it is initialised anew.</param>
    public StackBuilder Miniport(string name, Func<IOffloadTarget> target) =>
        Add(new DriverPlan(name, DriverKind.Miniport, []) { MakeTarget = target });

    /// <summary>An intermediate driver that passes everything on; several drivers may stand over the same one.
    /// </summary>
    public StackBuilder Intermediate(string name, string over) => Intermediate(name, [over], new MuxChoice());

    /// <summary>The same over several drivers: a multiplexer. Each new connection goes to one of them in turn, and
    /// stays there.</summary>
    public StackBuilder Intermediate(string name, IReadOnlyList<string> over) =>
        Intermediate(name, over, new MuxChoice());

    /// <summary>The same with a choice of your own, or one of ours: <see cref="MuxChoice"/>,
    /// <see cref="TeamChoice"/>.</summary>
    /// <param name="name">Its name in the stack.</param>
    /// <param name="over">The drivers below, one at least.</param>
    /// <param name="choice">Which of them gets a new connection.</param>
    public StackBuilder Intermediate(string name, IReadOnlyList<string> over, LowerChoice choice)
    {
        ArgumentNullException.ThrowIfNull(choice);
        return Add(new DriverPlan(name, DriverKind.Intermediate, over) { Choice = choice });
    }

    /// <summary>An intermediate driver of your own.</summary>
    /// <param name="name">Its name in the stack.</param>
    /// <param name="over">The driver below.</param>
    /// <param name="driver">Makes one for each life of the driver.</param>
    public StackBuilder Intermediate(string name, string over, Func<IntermediateDriver> driver) =>
        Intermediate(name, [over], driver);

    /// <summary>An intermediate driver of your own over several drivers.</summary>
    /// <param name="name">Its name in the stack.</param>
    /// <param name="over">The drivers below, one at least.</param>
    /// <param name="driver">Makes one for each life of the driver.</param>
    /// <param name="choice">Which of them gets a new connection; null for each in turn.</param>
    public StackBuilder Intermediate(
        string name, IReadOnlyList<string> over, Func<IntermediateDriver> driver, LowerChoice? choice = null)
    {
        ArgumentNullException.ThrowIfNull(driver);
        return Add(new DriverPlan(name, DriverKind.Intermediate, over)
        {
            Driver = driver,
            Choice = choice ?? new MuxChoice(),
        });
    }

    /// <summary>An intermediate driver with a fault, to see that it is found: every so many messages it keeps one, or
    /// tells it twice.</summary>
    public StackBuilder BrokenIntermediate(string name, string over, BrokenHabit habit, int oneIn)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(oneIn);
        return Add(new DriverPlan(name, DriverKind.Intermediate, [over]) { Habit = habit, OneIn = oneIn });
    }

    /// <summary>Limits the contexts of one intermediate driver, whatever <c>chimney.intermediate.contexts-max</c> says
    /// of all.</summary>
    /// <param name="name">One of the stack already.</param>
    /// <param name="contextsMax">Requests that it can have under way, 1 to 1,000,000; 0 for no limit. A list that finds
    /// none comes back with REQUEST_UPLOAD, the others of its chain with UPLOAD_REQUESTED: then upload, and send
    /// yourself, as <see cref="HostStack"/> does. An initiate fails with RESOURCES.</param>
    public StackBuilder ContextsMax(string name, int contextsMax)
    {
        if (!_drivers.TryGetValue(name, out DriverPlan? driver) || driver.Kind != DriverKind.Intermediate)
            throw new ArgumentException($"'{name}' is no intermediate driver of the stack.", nameof(name));
        if (contextsMax is < 0 or > 1_000_000)
            throw new ArgumentOutOfRangeException(nameof(contextsMax), contextsMax,
                $"The contexts of '{name}': 0 for no limit, or 1 to 1000000.");
        driver.ContextsMax = contextsMax;
        return this;
    }

    /// <summary>A protocol binding.</summary>
    public StackBuilder Binding(string name, string over) => Add(new DriverPlan(name, DriverKind.Binding, [over]));

    /// <summary>Crashes drivers on purpose.</summary>
    public StackBuilder Crashes(ICrashPlan plan)
    {
        CrashPlan = plan;
        return this;
    }

    /// <summary>Tells of unlawful moves.</summary>
    /// <param name="onViolation">Called from any thread for each one that counts.</param>
    /// <param name="isInjected">Says whether one was made on purpose; such a one does not count.</param>
    public StackBuilder Verify(Action<Violation>? onViolation, Func<Violation, bool>? isInjected = null)
    {
        OnViolation = onViolation;
        IsInjected = isInjected;
        return this;
    }

    /// <summary>Time from elsewhere than the machine.</summary>
    public StackBuilder Time(TimeProvider clock)
    {
        Clock = clock;
        return this;
    }

    /// <summary>Checks the plan as a whole.</summary>
    internal void Check()
    {
        if (!_drivers.Values.Any(driver => driver.Kind == DriverKind.Binding))
            throw new ArgumentException("A stack needs at least one binding.");
        foreach (DriverPlan driver in _drivers.Values)
            if (driver.Layers > LayersMax)
                throw new ArgumentException($"More than {LayersMax} layers under '{driver.Name}'.");
    }

    /// <summary>Draws up the adapters and bindings of the plan, from the bottom up.</summary>
    internal void Link(LifeBoard life)
    {
        foreach (DriverPlan driver in _drivers.Values)
        {
            if (driver.Kind == DriverKind.Miniport)
                driver.Adapter = new AdapterNode(driver.Edge, driver.Target, driver.MakeTarget);
            else if (driver.Kind == DriverKind.Intermediate)
                driver.Adapter = new AdapterNode(driver.Edge);
            if (driver.Adapter is { } adapter)
                life.Adapters.Add(adapter);
            driver.Bindings = [.. driver.Over.Select(over =>
                new BindingNode(driver.Edge, _drivers[over].Adapter!, driver.Adapter))];
            life.Bindings.AddRange(driver.Bindings);
        }
    }

    private StackBuilder Add(DriverPlan driver)
    {
        if (string.IsNullOrEmpty(driver.Name) || !driver.Name.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_'))
            throw new ArgumentException(
                $"Driver name '{driver.Name}': must be letters, digits, '-' and '_', at least one.");
        bool isMiniport = driver.Kind == DriverKind.Miniport;
        if (isMiniport ? driver.Target is null && driver.MakeTarget is null : driver.Over is not { Count: > 0 })
            throw new ArgumentException($"'{driver.Name}' must stand over a target or a driver.");
        foreach (string over in driver.Over)
            CheckOver(driver, over);
        if (driver.Choice is MuxChoice mux && mux.Objection(driver.Over) is { } nobody)
            throw new ArgumentException($"'{driver.Name}' has a route to '{nobody}', over which it does not stand.");
        if (!_drivers.TryAdd(driver.Name, driver))
            throw new ArgumentException($"Two drivers are named '{driver.Name}'.");
        driver.Layers = isMiniport ? 0 : 1 + driver.Over.Max(over => _drivers[over].Layers);
        return this;
    }

    private void CheckOver(DriverPlan driver, string over)
    {
        if (over is null)
            throw new ArgumentException($"'{driver.Name}' must stand over a target or a driver.");
        if (!_drivers.TryGetValue(over, out DriverPlan? lower))
            throw new ArgumentException($"'{driver.Name}' stands over '{over}', which is not in the stack yet.");
        if (lower.Kind == DriverKind.Binding)
            throw new ArgumentException($"'{driver.Name}' stands over '{over}', which is a binding.");
        if (driver.Over.Count(other => other == over) > 1)
            throw new ArgumentException($"'{driver.Name}' stands over '{over}' twice.");
    }
}

/// <summary>What a broken intermediate does wrong.</summary>
public enum BrokenHabit
{
    /// <summary>Nothing.</summary>
    None,

    /// <summary>Keeps a message.</summary>
    Drops,

    /// <summary>Tells a message twice.</summary>
    Doubles,
}

internal enum DriverKind
{
    Miniport,
    Intermediate,
    Binding,
}

/// <summary>One driver of the plan.</summary>
internal sealed record DriverPlan(string Name, DriverKind Kind, IReadOnlyList<string> Over)
{
    public IOffloadTarget? Target { get; init; }

    public Func<IOffloadTarget>? MakeTarget { get; init; }

    public Func<IntermediateDriver>? Driver { get; init; }

    public LowerChoice? Choice { get; init; }

    public BrokenHabit Habit { get; init; }

    public int OneIn { get; init; }

    /// <summary>Most contexts of an intermediate driver; null for what holds for all.</summary>
    public int? ContextsMax { get; set; }

    /// <summary>From here down to the farthest miniport, which does not count.</summary>
    public int Layers { get; set; }

    public Edge Edge { get; } = new(Name);

    /// <summary>The adapter it shows above; null for a binding.</summary>
    public AdapterNode? Adapter { get; set; }

    /// <summary>Its bindings below, in the order of <see cref="Over"/>; none of a miniport.</summary>
    public BindingNode[] Bindings { get; set; } = [];
}
