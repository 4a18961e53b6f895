using System.Reflection;
using ChimneyActors.Embedding;
using ChimneyActors.Intermediates;
using ChimneyActors.Ndis;

namespace ChimneyActors.Conformance;

/// <summary>What is put to the test: our own drivers, or an intermediate driver or target of somebody else.</summary>
public sealed class ConformanceSubject
{
    private readonly Action<StackBuilder, string, IReadOnlyList<string>>? _build;

    private ConformanceSubject(string name, Action<StackBuilder, string, IReadOnlyList<string>>? build = null)
    {
        Name = name;
        _build = build;
    }

    /// <summary>The drivers of ChimneyActors itself.</summary>
    public static ConformanceSubject Ours { get; } = new("ChimneyActors");

    private static Dictionary<string, ConformanceSubject> Own { get; } = new()
    {
        ["mux"] = new ConformanceSubject("mux", (stack, name, over) => stack.Intermediate(name, over)) { Adapters = 2 },
        ["team"] = new ConformanceSubject("team", (stack, name, over) =>
            stack.Intermediate(name, over, new TeamChoice(TeamPolicy.LeastLoaded))) { Adapters = 2 },
        ["capture"] = OfDriver("capture", new Capture(Stream.Null, Stream.Null).NewDriver),
        // So little that requests wait, and so much that no case does for long.
        ["throttle"] = OfDriver("throttle", () => new ThrottleDriver(new ThrottleSettings
        {
            BytesPerSecond = 4_000_000,
            RequestsPerSecond = 500,
            Burst = TimeSpan.FromMilliseconds(5),
        })),
        ["filter"] = OfDriver("filter", FilterDriver.Of(new FilterSettings
        {
            Rules = [new FilterRule(false, null, new PortRange(1, 1), null)],
            ConnectionsPerPeerMax = 1_000,
        })),
    };

    /// <summary>For the report.</summary>
    public string Name { get; }

    internal Func<IntermediateDriver>? Driver { get; private init; }

    /// <summary>How many adapters it is to stand over in every case.</summary>
    internal int Adapters { get; private init; } = 1;

    /// <summary>Whether it is an intermediate driver, and breaches are laid at its door.</summary>
    internal bool IsDriver => Driver is not null || _build is not null;

    internal Func<IOffloadTarget, IOffloadTarget>? Target { get; private init; }

    /// <summary>Whether it speaks to sockets itself, so that only real ones will do.</summary>
    internal bool IsOfSockets { get; private init; }

    /// <summary>The names of our own intermediate drivers.</summary>
    public static IReadOnlyList<string> OwnDrivers => [.. Own.Keys];

    /// <summary>One of our own intermediate drivers, by name.</summary>
    /// <exception cref="ArgumentException">There is none of that name.</exception>
    public static ConformanceSubject OfOwnDriver(string name) => Own.TryGetValue(name, out ConformanceSubject? own)
        ? own
        : throw new ArgumentException($"There is no driver '{name}'; there are: {string.Join(", ", Own.Keys)}.");

    /// <summary>An intermediate driver: it stands between two drivers of the kit.</summary>
    /// <param name="name">For the report.</param>
    /// <param name="driver">Makes one for each life of the driver.</param>
    public static ConformanceSubject OfDriver(string name, Func<IntermediateDriver> driver) =>
        new(name) { Driver = driver };

    /// <summary>A target.</summary>
    /// <param name="name">For the report.</param>
    /// <param name="target">Makes one for each case. It is given the reference target of the run: a layer around a
    /// target works with it; one that has a TCP of its own, or speaks to the sockets itself, leaves it alone.</param>
    public static ConformanceSubject OfTarget(string name, Func<IOffloadTarget, IOffloadTarget> target) =>
        new(name) { Target = target };

    /// <summary>Puts the driver of the stage over its taps.</summary>
    internal void Build(StackBuilder stack, string name, IReadOnlyList<string> over)
    {
        if (_build is not null)
            _build(stack, name, over);
        else if (Driver is not null)
            stack.Intermediate(name, over, Driver);
        else
            stack.Intermediate(name, over);
    }

    /// <summary>Takes a driver or a target out of somebody's assembly.</summary>
    /// <param name="file">The assembly.</param>
    /// <param name="type">Full name of a public class: an <see cref="IntermediateDriver"/> with a constructor without
    /// parameters; or an <see cref="IOffloadTarget"/> with one, or with a constructor that takes the target to work
    /// with.</param>
    /// <exception cref="ArgumentException">There is no such file or class, or it cannot be made.</exception>
    public static ConformanceSubject Load(string file, string type)
    {
        Type found = Find(file, type);
        if (found.IsAbstract)
            throw new ArgumentException($"'{type}' is abstract.", nameof(type));
        ConstructorInfo? empty = found.GetConstructor([]);
        if (typeof(IntermediateDriver).IsAssignableFrom(found))
            return empty is null
                ? throw new ArgumentException($"'{type}' has no constructor without parameters.", nameof(type))
                : OfDriver(type, () => (IntermediateDriver)Make(empty));
        if (!typeof(IOffloadTarget).IsAssignableFrom(found))
            throw new ArgumentException(
                $"'{type}' is neither an {nameof(IntermediateDriver)} nor an {nameof(IOffloadTarget)}.", nameof(type));
        if (found.GetConstructor([typeof(IOffloadTarget)]) is { } around)
            return OfTarget(type, inner => (IOffloadTarget)Make(around, inner));
        return empty is null
            ? throw new ArgumentException(
                $"'{type}' has no constructor without parameters, nor one that takes a target.", nameof(type))
            : new ConformanceSubject(type) { Target = _ => (IOffloadTarget)Make(empty), IsOfSockets = true };
    }

    private static Type Find(string file, string type)
    {
        if (!File.Exists(file))
            throw new ArgumentException($"There is no file '{file}'.", nameof(file));
        try
        {
            Assembly assembly = Assembly.LoadFrom(Path.GetFullPath(file));
            return assembly.GetType(type)
                ?? throw new ArgumentException($"'{file}' has no class '{type}'.", nameof(type));
        }
        catch (BadImageFormatException)
        {
            throw new ArgumentException($"'{file}' is no assembly.", nameof(file));
        }
    }

    private static object Make(ConstructorInfo constructor, params object[] given)
    {
        try
        {
            return constructor.Invoke(given);
        }
        catch (TargetInvocationException thrown) when (thrown.InnerException is { } inner)
        {
            throw inner;
        }
    }
}
