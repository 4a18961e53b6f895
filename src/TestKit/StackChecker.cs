using Akka.Actor;
using ChimneyActors.Buffers;
using ChimneyActors.Supervision;
using ChimneyActors.Supervision.Lifecycle;

namespace ChimneyActors.TestKit;

/// <summary>Measures what a stack as a whole does by its limits: how often drivers are started, which connections have
/// a name, how much room is reserved.</summary>
internal sealed class StackChecker(DriverStack stack, Action<string> broken)
{
    private readonly Dictionary<string, Queue<TimeSpan>> _deaths = [];
    private readonly List<OffloadHandle> _over = [];
    private TimeSpan? _lastDeath;
    private int _revivals;

    /// <summary>A driver dies. Who was started as often as it may be does not die again; but for the actor of a
    /// connection, and a shelf of them, there is no such number.</summary>
    public void Died(string driver, TimeSpan now)
    {
        _lastDeath = now;
        if (driver.StartsWith("connection-", StringComparison.Ordinal) || driver.Contains("-shelf-"))
            return;
        if (!_deaths.TryGetValue(driver, out Queue<TimeSpan>? deaths))
            _deaths[driver] = deaths = new Queue<TimeSpan>();
        while (deaths.TryPeek(out TimeSpan first) && now - first > stack.Settings.RestartWindow)
            deaths.Dequeue();
        deaths.Enqueue(now);
        if (deaths.Count > (stack.Settings.RestartsMax + 1) * (1 + _revivals))
            broken($"{driver} died {deaths.Count} times in a window that allows {stack.Settings.RestartsMax} starts");
    }

    /// <summary>Whether a driver has died since then.</summary>
    public bool HasDiedSince(TimeSpan then) => _lastDeath > then;

    /// <summary>Drivers that stay down may be started again, with a fresh budget, some time after this.</summary>
    public void Revived() => _revivals++;

    /// <summary>An offload ended. Its name finds nothing from now on, nor do those that ended before.</summary>
    public void Ended(OffloadHandle connection)
    {
        _over.Add(connection);
        foreach (OffloadHandle over in _over)
            if (stack.Handles.Find(over) is not null)
                broken($"connection {over} is over, and its name still finds one");
    }

    /// <summary>Every host is through, and the stack still runs: nothing of any connection is left.</summary>
    /// <param name="root">The actor that all others are under.</param>
    public void AtRest(IActorRef root)
    {
        foreach (AdapterNode adapter in stack.Life.Adapters)
            if (adapter.Connections is not 0 and int left)
                broken($"{adapter.Name} counts {left} connections, and there are none");
        if (FindConnection(root) is { } still)
            broken($"{still.Path.Name[..still.Path.Name.LastIndexOf('-')]} is over, and its actor still there");
        if (stack.Disconnects.ListsMax != 0 && stack.Ledger.Quarantined == 0)
            broken($"room for {stack.Disconnects.ListsMax} disconnects is reserved for nobody");
    }

    /// <summary>Connections are called c, their handle, and their holder: c0.1-4711.</summary>
    private static IActorRef? FindConnection(IActorRef actor)
    {
        if (actor.Path.Name is ['c', >= '0' and <= '9', ..])
            return actor;
        return actor is ActorRefWithCell cell ? cell.Children.Select(FindConnection).FirstOrDefault(c => c is not null)
            : null;
    }
}
