using System.Globalization;
using Akka.Actor;
using Akka.Configuration;
using Akka.Remote;
using ChimneyActors.Cluster;
using ChimneyActors.Embedding;
using ChimneyActors.Node.Clustering;
using ChimneyActors.Node.Settings;
using ChimneyActors.Node.Verbs;
using ChimneyActors.Targets.Kernel;
using AkkaCluster = Akka.Cluster.Cluster;
using ClusterSettings = ChimneyActors.Cluster.ClusterSettings;
using MemberStatus = Akka.Cluster.MemberStatus;

namespace ChimneyActors.Node.Stress.Clustered;

/// <summary>One node process of a clustered stress run: a host, an adapter, and clients. It does what its input says,
/// tells on its output how it stands, and ends with its input.</summary>
internal sealed class StressNodeRun : IAsyncDisposable
{
    private static readonly TimeSpan TellEvery = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    // The cutter between nodes; and a completion that is lost is missed soon.
    private const string Settings =
        """
        akka {
          loglevel = ERROR
          stdout-loglevel = OFF
          loggers = ["ChimneyActors.Node.Logging.SerilogLoggerActor, chimney"]
          log-dead-letters = off
          coordinated-shutdown { run-by-clr-shutdown-hook = off, exit-clr = off }
          cluster {
            roles = [host, offload]
            log-info = off
          }
          remote {
            adapters.cutter = "ChimneyActors.Node.Stress.Clustered.CutterProvider,chimney"
            dot-netty.tcp.applied-adapters = ["cutter"]
          }
        }
        chimney {
          hang-watch { interval = 250 ms, deadline = 1 s, sever-deadline = 10 s }
          cluster { hello-interval = 200 ms }
        }
        """;

    private readonly StressNodeOptions _options;
    private readonly NodeTally _tally = new();
    private readonly ActorSystem _system;
    private readonly KernelTarget _sockets = new();
    private readonly ClusterTarget _target;
    private readonly CancellationTokenSource _finishing = new();
    private ClusterAdapter _adapter = null!;
    private Chimney _chimney = null!;
    private ClusterClient[] _clients = [];

    private StressNodeRun(StressNodeOptions options, ActorSystem system)
    {
        (_options, _system) = (options, system);
        _target = new ClusterTarget(system);
    }

    /// <summary>Runs it.</summary>
    public static async Task<ExitCode> RunAsync(StressNodeOptions options, Config more)
    {
        Config own = ConfigurationFactory.ParseString(string.Create(
            CultureInfo.InvariantCulture, $"akka.remote.dot-netty.tcp.port = {options.Port}"));
        Config config = own.WithFallback(more).WithFallback(ConfigurationFactory.ParseString(Settings))
            .WithFallback(ActorConfiguration.LoadFile(null, "hocon/cluster.conf"))
            .WithFallback(ClusterSettings.Reference()).WithFallback(ChimneySettings.Reference());
        var run = new StressNodeRun(options, ActorSystem.Create(ClusterMember.SystemName, config));
        await using (run.ConfigureAwait(false))
            return await run.RunAsync().ConfigureAwait(false);
    }

    /// <summary>The process ends next; whoever is offloaded is aborted.</summary>
    public async ValueTask DisposeAsync()
    {
        Task stop = _chimney is null ? Task.CompletedTask : _chimney.DisposeAsync().AsTask();
        await Task.WhenAny(stop, Task.Delay(TimeSpan.FromSeconds(10))).ConfigureAwait(false);
        _finishing.Dispose();
    }

    private AkkaCluster Cluster => AkkaCluster.Get(_system);

    private async Task<ExitCode> RunAsync()
    {
        _chimney = await Chimney.StartAsync(_system, stack => stack
            .Miniport("nic0", _sockets).Intermediate("mux-adapter", over: "nic0")
            .Binding("adapter", over: "mux-adapter")
            .Miniport("cluster0", _target).Intermediate("mux0", over: "cluster0")
            .Binding("tcpip", over: "mux0")).ConfigureAwait(false);
        _adapter = ClusterAdapter.Start(_system, _chimney.Binding("adapter"), _sockets.ConnectAsync);
        _tally.Tell(new NodeStarted(Cluster.SelfAddress.ToString()));
        Cluster.JoinSeedNodes(_options.Join.Select(At));
        using var timer = new PeriodicTimer(TellEvery);
        Task telling = TellAsync(timer);
        Task commands = Task.Run(ObeyAsync);     // the console reads on the thread that asks it
        Task clients = RunClientsAsync();
        await Task.WhenAny(commands, clients, _system.WhenTerminated).ConfigureAwait(false);
        if (!clients.IsCompleted)
            return ExitCode.Environment;    // downed, or nobody to tell any more; the process ends here
        NodeVerdict verdict = await JudgeAsync().ConfigureAwait(false);
        _tally.Tell(Counts());
        _tally.Tell(verdict);
        await commands.ConfigureAwait(false);
        return ExitCode.Good;
    }

    private async Task RunClientsAsync()
    {
        _clients = [.. Enumerable.Range(_options.First, _options.Connections).Select(number =>
            new ClusterClient(_tally, _options, _target, _chimney.Binding("tcpip"), number))];
        Task all = Task.WhenAll(_clients.Select(client => Task.Run(() => client.RunAsync(_finishing.Token))));
        var finish = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using (_finishing.Token.Register(finish.SetResult).ConfigureAwait(false))
            await finish.Task.ConfigureAwait(false);
        await Task.WhenAny(all, Task.Delay(Patience)).ConfigureAwait(false);     // who hangs is named in the verdict
    }

    private async Task TellAsync(PeriodicTimer timer)
    {
        while (await timer.WaitForNextTickAsync().ConfigureAwait(false))
            _tally.Tell(Counts());
    }

    private NodeCounts Counts()
    {
        var state = Cluster.State;
        int members = state.Members.Count(one => one.Status == MemberStatus.Up && !state.Unreachable.Contains(one));
        return new NodeCounts(
            Cluster.SelfMember.Status == MemberStatus.Up, members, _target.Adapters.Count(one => one.IsOpen),
            _tally.Posted, _tally.Completed, _tally.Sessions, _tally.Aborted, _target.LateFenced + _adapter.LateFenced);
    }

    private async Task ObeyAsync()
    {
        while (await Console.In.ReadLineAsync().ConfigureAwait(false) is { } line)
        {
            switch (line)
            {
                case "cut" or "mend":
                    await CutAsync(line == "cut").ConfigureAwait(false);
                    break;
                case "finish":
                    await _finishing.CancelAsync().ConfigureAwait(false);
                    break;
            }
        }
    }

    private async Task CutAsync(bool isOn)
    {
        var remote = (IRemoteActorRefProvider)((ExtendedActorSystem)_system).Provider;
        await remote.Transport.ManagementCommand(new Cutter.Cut(isOn)).ConfigureAwait(false);
    }

    /// <summary>The last answers come before the last lists are back in their pools, and before others have let go of
    /// what they had here: waits until all is quiet.</summary>
    private async Task<NodeVerdict> JudgeAsync()
    {
        string[] unanswered = [.. _clients.SelectMany(client => client.Unanswered()).Take(20)];
        long end = Environment.TickCount64 + (long)Patience.TotalMilliseconds;
        while (Environment.TickCount64 < end && (!_chimney.Ledger.PoolBalanced || Left() > 0
            || _chimney.Ledger.Outstanding > 0))
            await Task.Delay(20).ConfigureAwait(false);
        LedgerSnapshot ledger = _chimney.Ledger;
        (long p50, long p99, _, _) = _tally.Latency();
        return new NodeVerdict(ledger.Outstanding, ledger.Orphaned, ledger.BroughtHome, ledger.Violations, Left(),
            ledger.PoolBalanced, [.. unanswered, .. Left() > 0 || !ledger.PoolBalanced
                ? _chimney.DescribeOutstanding(10)
                : []], p50, p99);
    }

    private int Left() => _chimney.Connections + _target.Connections + _adapter.Connections;

    private Address At(int port) => new(Cluster.SelfAddress.Protocol, ClusterMember.SystemName, "127.0.0.1", port);
}
