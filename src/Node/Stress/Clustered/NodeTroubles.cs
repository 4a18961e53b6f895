namespace ChimneyActors.Node.Stress.Clustered;

/// <summary>What is done to the nodes on purpose: one thing at a time, and only to a cluster that is whole, so that
/// what survives is always the larger part.</summary>
internal sealed class NodeTroubles
{
    private static readonly TimeSpan Shortest = TimeSpan.FromMilliseconds(300);
    private readonly ClusterNodeState[] _nodes;
    private readonly Random _random;
    private readonly TroublePlan _plan;
    private readonly Action<ClusterNodeState>[] _kinds;
    private ClusterNodeState? _victim;
    private Action? _mend;
    private TimeSpan _mendAt;
    private TimeSpan _now;

    public NodeTroubles(ClusterStressOptions options, ClusterNodeState[] nodes)
    {
        _nodes = nodes;
        _random = new Random(options.Seed);
        _plan = new TroublePlan(options.KillEvery, options.StopEvery, options.PartitionEvery);
        _kinds = [Kill, Stop, Cut];
    }

    /// <summary>When which node was killed, in milliseconds since 1970, by its address.</summary>
    public List<(string Address, long At)> Kills { get; } = [];

    /// <summary>Does what is due.</summary>
    /// <param name="now">Since the storm began.</param>
    /// <param name="isWhole">Whether every node is well.</param>
    public void Look(TimeSpan now, bool isWhole)
    {
        _now = now;
        if (_mend is not null && now >= _mendAt)
            Mend();
        int kind = _plan.Due(now, isWhole && _mend is null);
        if (kind == TroublePlan.None)
            return;
        _victim = _nodes[_random.Next(_nodes.Length)];
        _kinds[kind](_victim);
    }

    /// <summary>No more trouble: what is stopped goes on, what is cut is mended.</summary>
    public void End() => Mend();

    private void Kill(ClusterNodeState node)
    {
        node.Killed++;
        Kills.Add((node.Current.Address!, DateTimeOffset.UtcNow.ToUnixTimeMilliseconds()));
        node.Current.Kill();
    }

    private void Stop(ClusterNodeState node)
    {
        NodeProcess process = node.Current;
        node.Stopped++;
        node.IsInTrouble = true;
        process.Stop();
        MendLater(process.Continue);
    }

    private void Cut(ClusterNodeState node)
    {
        node.Cut++;
        node.IsInTrouble = true;
        NodeProcess process = node.Current;
        process.Tell("cut");
        MendLater(() => process.Tell("mend"));
    }

    /// <summary>For a time that is sometimes shorter and sometimes longer than the cluster waits.</summary>
    private void MendLater(Action mend)
    {
        _mend = mend;
        _mendAt = _now + Shortest + TimeSpan.FromMilliseconds(_random.Next(8000));
    }

    private void Mend()
    {
        _mend?.Invoke();
        _mend = null;
        if (_victim is not null)
            _victim.IsInTrouble = false;
        _victim = null;
    }
}
