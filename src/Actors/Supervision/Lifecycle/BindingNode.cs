using ChimneyActors.Ndis;

namespace ChimneyActors.Supervision.Lifecycle;

/// <summary>One binding: a protocol's, or the lower edge of an intermediate driver. Outlives the actors.</summary>
internal sealed class BindingNode
{
    private int _state = (int)BindingState.Unbound;
    private int _isDown;
    private int _offloadIsPaused;
    private int _isHeld;
    private int _isBarred;
    private long _heard;

    /// <summary>A binding.</summary>
    /// <param name="driver">Who is bound.</param>
    /// <param name="lower">To what.</param>
    /// <param name="owner">The virtual adapter that the same driver shows above; null for a protocol.</param>
    public BindingNode(Edge driver, AdapterNode lower, AdapterNode? owner)
    {
        Driver = driver;
        Lower = lower;
        Owner = owner;
        lower.Uppers.Add(this);
        owner?.Lowers.Add(this);
    }

    /// <summary>Who is bound.</summary>
    public Edge Driver { get; }

    /// <summary>To what.</summary>
    public AdapterNode Lower { get; }

    /// <summary>The virtual adapter that the same driver shows above; null for a protocol.</summary>
    public AdapterNode? Owner { get; }

    /// <summary>Where it is in its life.</summary>
    public BindingState State => (BindingState)Volatile.Read(ref _state);

    /// <summary>Whether it is to be bound when its adapter comes; not after an unbind that somebody asked
    /// for.</summary>
    public bool IsWanted { get; set; } = true;

    /// <summary>Is told of each step of its life; null for nobody.</summary>
    public Action<BindingEvent>? OnMoved { get; set; }

    /// <summary>Whether its driver has used up its restarts, and nobody answers.</summary>
    public bool IsDown
    {
        get => Owner?.IsDown ?? Volatile.Read(ref _isDown) != 0;
        set => Volatile.Write(ref _isDown, value ? 1 : 0);
    }

    /// <summary>Whether the adapter wants nothing new (STS-01).</summary>
    public bool OffloadIsPaused
    {
        get => Volatile.Read(ref _offloadIsPaused) != 0;
        set => Volatile.Write(ref _offloadIsPaused, value ? 1 : 0);
    }

    /// <summary>Whether the adapter is being reset: nothing is to go down (LIFE-09).</summary>
    public bool IsHeld
    {
        get => Volatile.Read(ref _isHeld) != 0;
        set => Volatile.Write(ref _isHeld, value ? 1 : 0);
    }

    /// <summary>Whether a driver between makes offloading impossible (IM-23).</summary>
    public bool IsBarred
    {
        get => Volatile.Read(ref _isBarred) != 0;
        set => Volatile.Write(ref _isBarred, value ? 1 : 0);
    }

    /// <summary>Is told of each status that the adapter indicates; for whoever uses a protocol's binding.</summary>
    public Action<IndicateStatus>? Hears { get; set; }

    /// <summary>Whether connections may be offloaded through it now.</summary>
    public bool MayOffload =>
        BindingLifecycle.Offloads(State) && !OffloadIsPaused && !IsBarred && Lower.Configuration.IsCapable;

    /// <summary>What the adapter has said that was not heard here; by its driver alone, which says so when it has
    /// heard it.</summary>
    public IndicateStatus? NextStatus => Lower.Said.After(_heard);

    /// <summary>It was heard.</summary>
    public void Heard(IndicateStatus said) => _heard = said.Number;

    /// <summary>What was said before the binding is of no concern.</summary>
    public void HearFromNow() => _heard = Lower.Said.Last;

    /// <summary>Whether a new connection can go through it, and from its adapter on down: everything on one way is at
    /// work.</summary>
    public bool IsThere => MayOffload && Lower.IsThere;

    /// <summary>Something happens to it. False: it may not, now.</summary>
    public bool TryMove(BindingEvent what)
    {
        if (BindingLifecycle.Next(State, what) is not { } next)
            return false;
        Volatile.Write(ref _state, (int)next);
        OnMoved?.Invoke(what);
        return true;
    }

    /// <inheritdoc/>
    public override string ToString() => $"{Driver.Name} over {Lower.Name}";
}
