namespace ChimneyActors.TestKit;

/// <summary>What a host does otherwise in a lively world: that much is under way all the time.</summary>
internal sealed partial class SeededHost
{
    private const int LivelyAttemptsMax = 60;
    private bool _wasRefused;

    /// <summary>Whether whoever was refused has reason to ask again; each time, but in a lively world.</summary>
    public Func<bool> MayAskAgain { get; init; } = () => true;

    private int Attempts => plan.IsLively ? LivelyAttemptsMax : plan.LifeMax > 0 ? LifeAttemptsMax : AttemptsMax;

    private bool KeepsLent => plan.IsLively && _budget > 0;

    /// <summary>Makes no more requests.</summary>
    public void WindDown() => _budget = 0;

    private void GatherOffload()
    {
        if (!_wasRefused || MayAskAgain())
            _choices.Add(Offload);
    }

    /// <summary>Whether it ends its stream now; late, for until then there is more.</summary>
    private bool Ends(int kind) => kind >= 92 && !_closing && (!plan.IsLively || random.Percent(70));

    /// <summary>Whether it ends it gracefully though it was about to abort: who has aborted is through.</summary>
    private bool ThinksBetter() => plan.IsLively && random.Percent(80);
}
