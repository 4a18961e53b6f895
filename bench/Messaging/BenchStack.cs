using System.Net.Sockets;
using Akka.Actor;
using Akka.Configuration;
using ChimneyActors.Bench.Measuring;
using ChimneyActors.Embedding;
using ChimneyActors.Supervision;

namespace ChimneyActors.Bench.Messaging;

/// <summary>A stack over an instant target, with its connections, in a system that rivals may live in too.</summary>
internal sealed class BenchStack : IAsyncDisposable
{
    // Deaths are the rule in some benchmarks: nobody is to be told, and nobody to wait before the next start.
    private const string Settings =
        """
        akka { loglevel = OFF, stdout-loglevel = OFF, log-dead-letters = off
          coordinated-shutdown { run-by-clr-shutdown-hook = off, exit-clr = off } }
        chimney { restart { restarts-max = 1000000, backoff-min = 0 ms, backoff-max = 0 ms }
          pools { sends-max = 1000000 } }
        """;

    // The target never looks at it, so one will do for all: connections here cost no descriptors.
    private readonly Socket _socket = new(SocketType.Stream, ProtocolType.Tcp);

    private BenchStack(ActorSystem system, Chimney chimney) => (System, Chimney) = (system, chimney);

    public ActorSystem System { get; }

    public Chimney Chimney { get; }

    public OffloadedConnection[] Connections { get; private set; } = [];

    /// <summary>The dispatcher of the stack if it is another one than the host's default; else null.</summary>
    public string? OwnDispatcher =>
        Chimney.Stack.Settings.Dispatcher is var path && path != "akka.actor.default-dispatcher" ? path : null;

    /// <summary>Starts it without connections.</summary>
    public static async Task<BenchStack> StartAsync(int layers, ICrashPlan? crashes = null)
    {
        var system = ActorSystem.Create("bench", ConfigurationFactory.ParseString(Settings));
        Chimney chimney = await Chimney.StartAsync(system, stack =>
        {
            string lower = "nic0";
            stack.Miniport(lower, new InstantTarget());
            for (int layer = 0; layer < layers; layer++)
            {
                string name = $"mux{layer}";
                stack.Intermediate(name, over: lower);
                lower = name;
            }
            stack.Binding("tcpip", over: lower);
            if (crashes is not null)
                stack.Crashes(crashes);
        }).ConfigureAwait(false);
        return new BenchStack(system, chimney);
    }

    /// <summary>Offloads so many connections.</summary>
    public async Task OpenAsync(int count)
    {
        Binding binding = Chimney.Binding("tcpip");
        var tasks = new Task<OffloadedConnection>[count];
        for (int i = 0; i < count; i++)
            tasks[i] = binding.OffloadAsync(_socket);
        Connections = await Task.WhenAll(tasks).ConfigureAwait(false);
    }

    /// <summary>Runs requests at one height, and says what one cost.</summary>
    /// <param name="name">Of the case.</param>
    /// <param name="lanes">Who sends them.</param>
    /// <param name="requests">How many chains in all.</param>
    /// <param name="chain">Buffer lists in each: the operation is one of them.</param>
    public static async Task<Sample> MeasureAsync(string name, Lane[] lanes, long requests, int chain = 1)
    {
        long rounds = Math.Max(1, requests / lanes.Length) * lanes.Length;
        var meter = Meter.Start();
        await Lane.RunAsync(lanes, rounds).ConfigureAwait(false);
        return meter.Stop(name, rounds * chain);
    }

    /// <summary>Ends everything. A ledger that does not balance spoils the benchmark.</summary>
    public async ValueTask DisposeAsync()
    {
        await Task.WhenAll(Connections.Select(one => one.DisposeAsync().AsTask())).ConfigureAwait(false);
        LedgerSnapshot ledger = Chimney.Ledger;
        await Chimney.DisposeAsync().ConfigureAwait(false);
        await System.Terminate().ConfigureAwait(false);
        _socket.Dispose();
        if (ledger is not { PoolBalanced: true, Outstanding: 0, Violations: 0 })
            throw new InvalidOperationException($"the ledger does not balance: {ledger}");
    }
}
