using System.Net.Sockets;
using Akka.Actor;
using Akka.Configuration;
using ChimneyActors.Buffers;
using ChimneyActors.Embedding;

namespace ChimneyActors.Unit.Support;

/// <summary>A whole stack over a scripted target. Every spec ends with the pools full and no violation.</summary>
[Trait("needs", "actors")]
public abstract class StackSpec : IAsyncLifetime
{
    internal const int Seconds = 30;

    internal ActorSystem System { get; private set; } = null!;

    /// <summary>What the spec sets besides the below, and above it.</summary>
    internal virtual string Settings => "";

    private static readonly Akka.Configuration.Config Quick = ConfigurationFactory.ParseString(
        """
        akka { loglevel = WARNING, stdout-loglevel = WARNING, coordinated-shutdown.run-by-clr-shutdown-hook = off }
        chimney.hang-watch { interval = 20 ms, deadline = 1 s, sever-deadline = 5 s }
        chimney.restart { restarts-max = 100000, backoff-min = 0 ms, backoff-max = 0 ms }
        """);

    internal ScriptedTarget Target { get; } = new();

    internal Chimney Chimney { get; private set; } = null!;

    /// <summary>Violations that the spec wants to see; any other fails it.</summary>
    internal VerifierCheck[] Expected { get; set; } = [];

    /// <summary>Lists whose memory is given up to an adapter that does not answer.</summary>
    internal int Quarantined { get; set; }

    /// <summary>Blocks that were at such an adapter.</summary>
    internal int QuarantinedBlocks { get; set; }

    public virtual async Task InitializeAsync()
    {
        System = ActorSystem.Create("spec", ConfigurationFactory.ParseString(Settings).WithFallback(Quick));
        Chimney = await Chimney.StartAsync(System, Build);
    }

    public virtual async Task DisposeAsync()
    {
        await Chimney.DisposeAsync();
        LedgerSnapshot ledger = Chimney.Ledger;
        await System.Terminate();
        ledger.Outstanding.ShouldBe(0);
        ledger.Quarantined.ShouldBe(Quarantined + QuarantinedBlocks);
        Chimney.Stack.Pools.Sum(pool => pool.Out).ShouldBe(Quarantined, "every list is back in its pool");
        Chimney.Stack.Blocks.ShouldBeEmpty();
        Chimney.Violations.Where(violation => !Expected.Contains(violation.Check)).ShouldBeEmpty();
        Expected.ShouldAllBe(check => Chimney.Violations.Any(violation => violation.Check == check));
    }

    internal ScriptedCrashes Crashes { get; } = new();

    internal virtual void Build(StackBuilder stack) => stack.Crashes(Crashes)
        .Miniport("nic0", Target)
        .Intermediate("mux0", over: "nic0")
        .Intermediate("mux1", over: "mux0")
        .Binding("tcpip", over: "mux1");

    internal Task<OffloadedConnection> OffloadAsync(IConnectionUser? user = null) => OffloadAsync(NewSocket(), user);

    /// <summary>A driver that is being replaced refuses for a moment (Failure); then it is tried again.</summary>
    internal async Task<OffloadedConnection> OffloadAsync(
        Socket socket, IConnectionUser? user, string binding = "tcpip")
    {
        var watch = global::System.Diagnostics.Stopwatch.StartNew();
        while (true)
            try
            {
                return await Within(Chimney.Binding(binding).OffloadAsync(socket, user));
            }
            catch (OffloadException failed)
                when (failed.Status == NdisStatus.Failure && watch.Elapsed.TotalSeconds < Seconds)
            {
                await Task.Yield();
            }
    }

    internal static Socket NewSocket() => new(SocketType.Stream, ProtocolType.Tcp);

    /// <summary>For what nobody is told of: looks again and again.</summary>
    internal static async Task Until(Func<bool> isSo)
    {
        var watch = global::System.Diagnostics.Stopwatch.StartNew();
        while (!isSo())
        {
            watch.Elapsed.TotalSeconds.ShouldBeLessThan(Seconds, "waited in vain");
            await Task.Yield();
        }
    }

    internal static Task<T> Within<T>(Task<T> task) => task.WaitAsync(TimeSpan.FromSeconds(Seconds));

    internal static Task Within(Task task) => task.WaitAsync(TimeSpan.FromSeconds(Seconds));

    internal async Task<T> Named<T>(string what, Task<T> task)
    {
        try
        {
            return await Within(task);
        }
        catch (TimeoutException)
        {
            throw new TimeoutException($"{what}: somebody waits in vain;{Outstanding()}");
        }
    }

    internal async Task Named(string what, Task task)
    {
        try
        {
            await Within(task);
        }
        catch (TimeoutException)
        {
            throw new TimeoutException($"{what}: somebody waits in vain;{Outstanding()}");
        }
    }

    private string Outstanding() => string.Concat(
        Chimney.DescribeOutstanding(20).Concat(Chimney.Violations.Select(violation => violation.ToString()))
            .Select(line => Environment.NewLine + line));
}
