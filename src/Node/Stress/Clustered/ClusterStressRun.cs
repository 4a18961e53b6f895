using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using ChimneyActors.Node.Verbs;

namespace ChimneyActors.Node.Stress.Clustered;

/// <summary>Starts node processes on loopback, lets their clients drive load through each other's adapters, kills,
/// stops and cuts them, and gathers one verdict.</summary>
internal sealed class ClusterStressRun : IDisposable
{
    private const int ConnectionsOfLife = 10_000;
    private static readonly TimeSpan Tick = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan StartLimit = TimeSpan.FromSeconds(90);
    private static readonly TimeSpan FinishLimit = TimeSpan.FromSeconds(150);
    private readonly ClusterStressOptions _options;
    private readonly PeerServer _peer;
    private readonly SessionJudge _judge;
    private readonly ClusterNodeState[] _nodes;
    private readonly List<string> _broken = [];
    private readonly Stopwatch _watch = new();
    private readonly NodeTroubles _troubles;
    private int _lives;
    private bool _isFinishing;

    private ClusterStressRun(ClusterStressOptions options)
    {
        _options = options;
        _peer = new PeerServer(options.Seed);
        _judge = new SessionJudge(_peer);
        int[] ports = FreePorts(options.Nodes);
        _nodes = [.. ports.Select((port, number) => new ClusterNodeState(number, port))];
        _troubles = new NodeTroubles(options, _nodes);
    }

    /// <summary>Runs to the end, prints the verdict.</summary>
    public static async Task<ExitCode> RunAsync(ClusterStressOptions options)
    {
        using var run = new ClusterStressRun(options);
        try
        {
            await run.StormAsync().ConfigureAwait(false);
        }
        finally
        {
            await run._peer.DisposeAsync().ConfigureAwait(false);
        }

        return new ClusterStressReport(options, run._nodes, run._judge, run._troubles, run._peer, run._broken)
            .Finish(run._watch.Elapsed);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (NodeProcess life in _nodes.SelectMany(node => node.Lives))
            life.Dispose();
    }

    private async Task StormAsync()
    {
        foreach (ClusterNodeState node in _nodes)
            Start(node);
        if (!await UntilAsync(AllAreWell, StartLimit).ConfigureAwait(false))
        {
            _broken.Add($"the cluster was not there within {StartLimit.TotalSeconds:0} s: {Describe()}");
            return;
        }

        _watch.Start();
        using var progress = new ClusterStressProgress(_options, _nodes, _judge, _troubles, _watch);
        while (_watch.Elapsed < _options.Duration)
        {
            _troubles.Look(_watch.Elapsed, AllAreWell());
            StartTheFallen();
            await Task.Delay(Tick).ConfigureAwait(false);
        }

        _watch.Stop();
        _troubles.End();
        await FinishAsync().ConfigureAwait(false);
    }

    /// <summary>Lets all come back to their feet and do something, then asks them to finish, and waits for their
    /// verdicts.</summary>
    private async Task FinishAsync()
    {
        if (!await UntilAsync(() => AllAreWell() && _nodes.All(node => node.Current.Counts is { Completed: > 0 }),
            StartLimit).ConfigureAwait(false))
            _broken.Add($"not every node came back: {Describe()}");
        _isFinishing = true;
        foreach (ClusterNodeState node in _nodes)
            node.Current.Tell("finish");
        if (!await UntilAsync(() => _nodes.All(node => node.Current.Verdict is not null && _judge.IsDone),
            FinishLimit).ConfigureAwait(false))
            _broken.Add($"not every node came to its end: {Describe()}");
        foreach (ClusterNodeState node in _nodes)
            node.Current.Close();
        await Task.WhenAny(Task.WhenAll(_nodes.Select(node => node.Current.Ended)), Task.Delay(FinishLimit))
            .ConfigureAwait(false);
    }

    private bool AllAreWell() => _nodes.All(node => node.IsWell(_options.Nodes));

    private async Task<bool> UntilAsync(Func<bool> condition, TimeSpan limit)
    {
        long begin = Stopwatch.GetTimestamp();
        while (!condition())
        {
            if (Stopwatch.GetElapsedTime(begin) > limit)
                return false;
            StartTheFallen();
            await Task.Delay(Tick).ConfigureAwait(false);
        }

        return true;
    }

    /// <summary>What a supervisor does: a process that has ended is started again.</summary>
    private void StartTheFallen()
    {
        foreach (ClusterNodeState node in _nodes)
        {
            if (!node.Current.Ended.IsCompleted || _isFinishing)
                continue;
            if (!node.Current.WasKilled)
                node.Removed++;
            node.IsInTrouble = false;
            Start(node);
        }
    }

    private void Start(ClusterNodeState node)
    {
        // The first of the list may begin a cluster alone; who does so beside a cluster that lives would split it.
        int[] others = [.. _nodes.Where(one => one != node).Select(one => one.Port)];
        bool canJoin = _nodes.Any(one => one != node && one.CanBeJoined);
        int[] join = canJoin ? [.. others, node.Port] : [node.Port, .. others];
        node.Begin(NodeProcess.Start(new StressNodeOptions
        {
            Seed = _options.Seed,
            Port = node.Port,
            Join = join,
            PeerPort = _peer.Port,
            First = ConnectionsOfLife * _lives++,
            Connections = _options.Connections,
            Size = _options.Size,
            Window = _options.Window,
        }, node.Lives.Count, Hear));
    }

    private void Hear(NodeProcess process, NodeEvent happened)
    {
        if (happened is SessionOver over)
            _ = _judge.JudgeAsync(over);
    }

    private string Describe() => string.Join("; ", _nodes.Select(node => string.Create(CultureInfo.InvariantCulture,
        $"node {node.Number}, life {node.Current.Life}, {(node.Current.Ended.IsCompleted ? "ended" : "running")}, "
        + $"{node.Current.Counts?.ToString() ?? "silent"}, {string.Join(" | ", node.Current.Errors.Take(3))}")));

    /// <summary>Ports below those that the kernel gives to connections: else one of these could take a node's port
    /// while it is down.</summary>
    private static int[] FreePorts(int count)
    {
        const int from = 20_000;
        const int span = 10_000;
        var ports = new HashSet<int>();
        while (ports.Count < count)
        {
            int port = from + Random.Shared.Next(span);
            using Socket socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            try
            {
                socket.Bind(new IPEndPoint(IPAddress.Loopback, port));
                ports.Add(port);
            }
            catch (SocketException)
            {
                // Taken; another.
            }
        }

        return [.. ports];
    }
}
