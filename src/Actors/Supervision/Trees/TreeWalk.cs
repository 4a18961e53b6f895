using ChimneyActors.Buffers;
using ChimneyActors.Ndis;

namespace ChimneyActors.Supervision.Trees;

/// <summary>In which order the blocks of a tree are carried out, and what each comes to. Pure: no actor, no
/// clock.</summary>
/// <remarks>
/// Initiate: depth first, then breadth (INIT-02); what depends on an object waits until that was taken, and is not
/// tried if it was not (INIT-08). Connections do not wait for their siblings. Terminate: what depends on an object ends
/// before it (TERM-22). Everything else at once.
/// </remarks>
internal sealed class TreeWalk
{
    private readonly List<TreeStep> _steps = [];    // in the order in which they may begin
    private readonly OffloadOperation _operation;
    private int _first;     // all before are begun

    /// <summary>Begins.</summary>
    /// <param name="root">A well-formed tree.</param>
    /// <param name="operation">What it is for.</param>
    public TreeWalk(OffloadBlock root, OffloadOperation operation)
    {
        _operation = operation;
        Add(root, null);
    }

    /// <summary>Steps that were begun and are not over.</summary>
    public int Open { get; private set; }

    /// <summary>Whether every block has come to something.</summary>
    public bool IsOver => Open == 0 && _first == _steps.Count;

    /// <summary>The next block that something is to be asked of; null if none can be now.</summary>
    public TreeStep? Next()
    {
        while (_first < _steps.Count && _steps[_first].IsBegun)
            _first++;
        for (int index = _first; index < _steps.Count; index++)
        {
            TreeStep step = _steps[index];
            if (step.IsBegun)
                continue;
            if (_operation == OffloadOperation.Initiate && step.Above is { IsOpen: true })
                return null;
            if (_operation == OffloadOperation.Terminate && step.Below.Exists(below => !below.IsOver))
                continue;
            if (_operation == OffloadOperation.Initiate && step.Above is { IsLost: true })
                End(step, BlockTree.StatusUnasked(step.Block));
            else if (step.Block.Role == BlockRole.Placeholder)
                End(step, NdisStatus.Success);
            else
                return step;
        }
        while (_first < _steps.Count && _steps[_first].IsBegun)
            _first++;
        return null;
    }

    /// <summary>Something is asked.</summary>
    public void Begin(TreeStep step)
    {
        step.IsBegun = true;
        Open++;
    }

    /// <summary>It was answered.</summary>
    public void Answer(TreeStep step, NdisStatus status)
    {
        Open--;
        step.Outcome = status;
    }

    /// <summary>It is not asked at all.</summary>
    public static void End(TreeStep step, NdisStatus status)
    {
        step.IsBegun = true;
        step.Outcome = status;
    }

    /// <summary>Nothing more is asked.</summary>
    public void GiveUp()
    {
        foreach (TreeStep step in _steps.Where(step => !step.IsBegun))
        {
            End(step, BlockTree.StatusUnasked(step.Block));
            step.Block.BroughtHome = true;
        }
        _first = _steps.Count;
    }

    /// <summary>The status of every block, written into each but the root.</summary>
    /// <returns>That of the root.</returns>
    public NdisStatus Seal(OffloadBlock root)
    {
        NdisStatus ofRoot = NdisStatus.Failure;
        foreach (TreeStep step in _steps)
            if (step.Block == root)
                ofRoot = StatusOf(step);
            else
                step.Block.TrySettle(StatusOf(step));
        return ofRoot;
    }

    private NdisStatus StatusOf(TreeStep step)
    {
        if (_operation != OffloadOperation.Initiate)
            return step.Outcome;
        int offloaded = step.Below.Count(below => BlockTree.IsOffloaded(StatusOf(below)));
        return BlockTree.Initiated(step.Block.Role, step.Outcome, step.Below.Count, offloaded);
    }

    private void Add(OffloadBlock first, TreeStep? above)
    {
        for (OffloadBlock? block = first; block is not null; block = block.NextBlock)
        {
            var step = new TreeStep(block, above);
            above?.Below.Add(step);
            if (_operation != OffloadOperation.Terminate)
                _steps.Add(step);
            if (block.DependentBlockList is { } below)
                Add(below, step);
            if (_operation == OffloadOperation.Terminate)
                _steps.Add(step);
        }
    }
}

/// <summary>One block of a tree on its way over the lanes.</summary>
/// <param name="block">The block.</param>
/// <param name="above">What it depends on in this tree; null for nothing.</param>
internal sealed class TreeStep(OffloadBlock block, TreeStep? above)
{
    /// <summary>The host's block.</summary>
    public OffloadBlock Block => block;

    /// <summary>What it depends on.</summary>
    public TreeStep? Above => above;

    /// <summary>What depends on it.</summary>
    public List<TreeStep> Below { get; } = [];

    /// <summary>Whether something was asked of it, or never will be.</summary>
    public bool IsBegun { get; set; }

    /// <summary>What it came to; Pending before that.</summary>
    public NdisStatus Outcome { get; set; } = NdisStatus.Pending;

    /// <summary>Whether it is being carried out.</summary>
    public bool IsOpen => IsBegun && !IsOver;

    /// <summary>Whether it has come to something.</summary>
    public bool IsOver => Outcome != NdisStatus.Pending;

    /// <summary>Whether its object is not there.</summary>
    public bool IsLost => Outcome is not (NdisStatus.Success or NdisStatus.Pending);
}
