namespace ChimneyActors.Node.Stress.Clustered;

/// <summary>One node over all its lives, as the coordinator sees it.</summary>
internal sealed class ClusterNodeState(int number, int port)
{
    private readonly List<NodeProcess> _lives = [];

    /// <summary>From 0.</summary>
    public int Number => number;

    /// <summary>Its port in the cluster, in every life.</summary>
    public int Port => port;

    /// <summary>The present process.</summary>
    public NodeProcess Current => _lives[^1];

    /// <summary>All of them.</summary>
    public IReadOnlyList<NodeProcess> Lives => _lives;

    /// <summary>Times it was killed.</summary>
    public int Killed { get; set; }

    /// <summary>Times it was stopped for a while.</summary>
    public int Stopped { get; set; }

    /// <summary>Times it was cut off for a while.</summary>
    public int Cut { get; set; }

    /// <summary>Times it ended because its cluster had removed it.</summary>
    public int Removed { get; set; }

    /// <summary>Whether something is being done to it on purpose.</summary>
    public bool IsInTrouble { get; set; }

    /// <summary>Whether it is a member that sees all others, and has a link to each.</summary>
    public bool IsWell(int nodes) => !IsInTrouble && !Current.WasKilled && !Current.Ended.IsCompleted
        && Current.Counts is { IsUp: true } counts && counts.Members == nodes && counts.Adapters == nodes;

    /// <summary>Whether there is a cluster where it is: others can join it.</summary>
    public bool CanBeJoined =>
        _lives.Count > 0 && !Current.Ended.IsCompleted && (Current.MayBegin || Current.Counts is { IsUp: true });

    /// <summary>The sum of what its processes told last.</summary>
    public long Sum(Func<NodeCounts, long> of) => _lives.Sum(life => life.Counts is { } counts ? of(counts) : 0);

    /// <summary>A new process.</summary>
    public void Begin(NodeProcess process) => _lives.Add(process);
}
