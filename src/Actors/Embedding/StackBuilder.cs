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
        Add(new DriverPlan(name, DriverKind.Miniport, null) { Target = target });

    /// <summary>A miniport whose adapter may go and come back.</summary>
    /// <param name="name">Its name in the stack.</param>
    /// <param name="target">Makes the target, at the start and each time it is initialised anew.</param>
    public StackBuilder Miniport(string name, Func<IOffloadTarget> target) =>
        Add(new DriverPlan(name, DriverKind.Miniport, null) { MakeTarget = target });

    /// <summary>An intermediate driver; several drivers may stand over the same one.</summary>
    public StackBuilder Intermediate(string name, string over) =>
        Add(new DriverPlan(name, DriverKind.Intermediate, over));

    /// <summary>An intermediate driver of your own.</summary>
    /// <param name="name">Its name in the stack.</param>
    /// <param name="over">The driver below.</param>
    /// <param name="driver">Makes one for each life of the driver.</param>
    public StackBuilder Intermediate(string name, string over, Func<IntermediateDriver> driver)
    {
        ArgumentNullException.ThrowIfNull(driver);
        return Add(new DriverPlan(name, DriverKind.Intermediate, over) { Driver = driver });
    }

    /// <summary>An intermediate driver with a fault, to see that it is found: every so many messages it keeps one, or
    /// tells it twice.</summary>
    public StackBuilder BrokenIntermediate(string name, string over, BrokenHabit habit, int oneIn)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(oneIn);
        return Add(new DriverPlan(name, DriverKind.Intermediate, over) { Habit = habit, OneIn = oneIn });
    }

    /// <summary>A protocol binding.</summary>
    public StackBuilder Binding(string name, string over) => Add(new DriverPlan(name, DriverKind.Binding, over));

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
        {
            int layers = 1;
            for (DriverPlan at = driver; at.Over is not null; at = _drivers[at.Over], layers++)
                if (layers > LayersMax)
                    throw new ArgumentException($"More than {LayersMax} layers under '{driver.Name}'.");
        }
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
            if (driver.Over is not { } over)
                continue;
            driver.Binding = new BindingNode(driver.Edge, _drivers[over].Adapter!, driver.Adapter);
            life.Bindings.Add(driver.Binding);
        }
    }

    private StackBuilder Add(DriverPlan driver)
    {
        if (string.IsNullOrEmpty(driver.Name) || !driver.Name.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_'))
            throw new ArgumentException(
                $"Driver name '{driver.Name}': must be letters, digits, '-' and '_', at least one.");
        if (driver.Kind == DriverKind.Miniport
            ? driver.Target is null && driver.MakeTarget is null
            : driver.Over is null)
            throw new ArgumentException($"'{driver.Name}' must stand over a target or a driver.");
        if (driver.Over is not null && !_drivers.TryGetValue(driver.Over, out _))
            throw new ArgumentException($"'{driver.Name}' stands over '{driver.Over}', which is not in the stack yet.");
        if (driver.Over is not null && _drivers[driver.Over].Kind == DriverKind.Binding)
            throw new ArgumentException($"'{driver.Name}' stands over '{driver.Over}', which is a binding.");
        if (!_drivers.TryAdd(driver.Name, driver))
            throw new ArgumentException($"Two drivers are named '{driver.Name}'.");
        return this;
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
internal sealed record DriverPlan(string Name, DriverKind Kind, string? Over)
{
    public IOffloadTarget? Target { get; init; }

    public Func<IOffloadTarget>? MakeTarget { get; init; }

    public Func<IntermediateDriver>? Driver { get; init; }

    public BrokenHabit Habit { get; init; }

    public int OneIn { get; init; }

    public Edge Edge { get; } = new(Name);

    /// <summary>The adapter it shows above; null for a binding.</summary>
    public AdapterNode? Adapter { get; set; }

    /// <summary>Its binding below; null for a miniport.</summary>
    public BindingNode? Binding { get; set; }
}
