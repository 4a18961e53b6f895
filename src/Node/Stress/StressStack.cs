using System.Collections.Concurrent;
using Akka.Actor;
using Akka.Configuration;
using ChimneyActors.Buffers;
using ChimneyActors.Embedding;
using ChimneyActors.Supervision;
using ChimneyActors.Targets;
using ChimneyActors.Targets.Kernel;

namespace ChimneyActors.Node.Stress;

/// <summary>The stack under stress, with its faults.</summary>
internal sealed class StressStack : IAsyncDisposable
{
    /// <summary>About how many messages drivers handle for one request and its echo: three drivers and the connection,
    /// each on the way down and up; and what comes back in between, which travels in larger pieces.</summary>
    private const int MessagesOfRequest = 8;

    // Restarts are the rule here; and a lost completion must be missed soon. What else is set stands above this.
    private const string Settings =
        """
        akka {
          loglevel = OFF
          stdout-loglevel = OFF
          log-dead-letters = off
          coordinated-shutdown { run-by-clr-shutdown-hook = off, exit-clr = off }
        }
        chimney {
          hang-watch { interval = 250 ms, deadline = 1 s, sever-deadline = 10 s }
        }
        """;

    // Where drivers die by the rate of requests, no budget lasts. A run of healing keeps to the usual one.
    private const string NoBudget =
        "chimney.restart { restarts-max = 1000000, backoff-min = 0 ms, backoff-max = 0 ms }";

    private readonly ActorSystem _system;
    private readonly ConcurrentQueue<Violation> _violations = new();

    private StressStack(ActorSystem system, StressOptions options)
    {
        _system = system;
        Faults = new FaultPlan(options.Seed, options.Faults);
        Crashes = new SeededCrashPlan(options.Seed, options.Crashes / MessagesOfRequest);
        Deaths = new DeathPlan(options, TimeProvider.System, [.. Names, "filter0", "mux0", "nic0"]);
    }

    /// <summary>The stack.</summary>
    public Chimney Chimney { get; private set; } = null!;

    /// <summary>What goes wrong at the target.</summary>
    public FaultPlan Faults { get; }

    /// <summary>Who crashes.</summary>
    public SeededCrashPlan Crashes { get; }

    /// <summary>Who dies, in a run of healing.</summary>
    public DeathPlan Deaths { get; }

    /// <summary>Unlawful moves that nobody made on purpose.</summary>
    public IReadOnlyCollection<Violation> Violations => _violations;

    /// <summary>The bindings, to be used in turn.</summary>
    public Binding[] Bindings { get; private set; } = [];

    /// <summary>Starts it.</summary>
    public static async Task<StressStack> StartAsync(StressOptions options)
    {
        var system = ActorSystem.Create("stress", ConfigurationFactory.ParseString(
            options.Deaths > 0 ? Settings : $"{Settings}\n{NoBudget}"));
        var stack = new StressStack(system, options);
        stack.Chimney = await Chimney.StartAsync(system, builder => stack.Build(builder, options))
            .ConfigureAwait(false);
        stack.Bindings = [.. Names.Select(stack.Chimney.Binding)];
        return stack;
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await Chimney.DisposeAsync().ConfigureAwait(false);
        await _system.Terminate().ConfigureAwait(false);
    }

    private static readonly string[] Names = ["tcpip0", "tcpip1", "tcpip2"];

    private void Build(StackBuilder builder, StressOptions options)
    {
        // Sessions are opened while old ones are still being closed.
        int connections = Math.Max(options.Connections, options.Idle);
        // Two threads however few cores there are: what only goes wrong between them should go wrong here.
        var settings = new KernelTargetSettings { ConnectionsMax = (connections * 2) + 1000, LoopsMax = 2 };
        var kernel = new KernelTarget(settings);
        builder.Miniport("nic0", options.Faults > 0 ? new FaultyTarget(kernel, Faults) : kernel)
            .Intermediate("mux0", over: "nic0");
        string lower = "mux0";
        if (options.Broken != BrokenHabit.None)
            builder.BrokenIntermediate(lower = "broken0", over: "mux0", options.Broken, options.BrokenOneIn);
        builder.Intermediate("filter0", over: lower)
            .Binding(Names[0], over: "filter0")
            .Binding(Names[1], over: "filter0")
            .Binding(Names[2], over: lower)
            .Verify(violation => _violations.Enqueue(violation), options.Faults > 0 ? Faults.IsInjected : null);
        if (options.Deaths > 0)
            builder.Crashes(Deaths);
        else if (options.Crashes > 0)
            builder.Crashes(Crashes);
    }
}
