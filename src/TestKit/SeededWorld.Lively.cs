namespace ChimneyActors.TestKit;

/// <summary>What is otherwise in a lively world: every step in the life of an adapter is to meet requests at every
/// point of their way.</summary>
internal sealed partial class SeededWorld
{
    private const int LingersMax = 3;

    /// <summary>What connections have in hand stays there for a while, and so does a disconnect, of which there are
    /// few.</summary>
    private int Linger(int pick, int ready, int all)
    {
        for (int left = LingersMax; _plan.IsLively && left > 0 && pick < ready && _system.Loop.MayLinger(pick); left--)
            pick = _schedule.Below(all);
        return pick;
    }

    /// <summary>What waits for time meets the next step in the life of an adapter first.</summary>
    private bool ActInsteadOfTime(SeededLife life)
    {
        if (!_schedule.Percent(50))
            return false;
        _waits = false;
        _round = 0;
        life.Act();
        return true;
    }

    /// <summary>Whether it is worth while to offload over a binding where that was refused.</summary>
    private bool MayAskAgain(string binding) => !_plan.IsLively || _life is null or { IsDone: true }
        || IsThere(binding);

    private bool IsThere(string binding) => _chimney.Stack.Life.Bindings.Exists(node =>
        node.Driver is { Current: not null } driver && driver.Name == binding && node.IsThere);

    private void WindDown()
    {
        if (_plan.IsLively)
            foreach (SeededHost host in _hosts)
                host.WindDown();
    }
}
