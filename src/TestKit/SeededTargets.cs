using System.Net.Sockets;
using ChimneyActors.Ndis;

namespace ChimneyActors.TestKit;

/// <summary>One target that queues, or several on one network.</summary>
internal sealed class SeededTargets : IWorldTarget
{
    private readonly Dictionary<Socket, SeededPeer> _peers;
    private readonly SeededTarget[] _all;
    private readonly List<SeededTarget> _old = [];      // whose place another has: some still let go of something
    private readonly Func<SeededTarget> _make;
    private readonly SeededRandom _random;
    private readonly List<SeededTarget> _able = [];

    /// <summary>Makes them.</summary>
    /// <param name="random">Says which of several is next.</param>
    /// <param name="count">How many.</param>
    /// <param name="make">Makes one; all share <paramref name="peers"/>, <see cref="Record"/> and
    /// <see cref="Miscounts"/>.</param>
    /// <param name="peers">Every connection there is.</param>
    public SeededTargets(
        SeededRandom random, int count, Func<SeededTarget> make, Dictionary<Socket, SeededPeer> peers)
    {
        _random = random;
        _make = make;
        _all = [.. Enumerable.Range(0, count).Select(_ => make())];
        _peers = peers;
    }

    /// <inheritdoc/>
    public IReadOnlyList<IOffloadTarget> Adapters => _all;

    /// <inheritdoc/>
    public bool CanStep => Array.Exists(_all, target => target.CanStep) || _old.Exists(target => target.CanStep);

    /// <inheritdoc/>
    public bool IsPatient => true;

    /// <inheritdoc/>
    public bool IsCalm
    {
        set
        {
            foreach (SeededTarget target in Everyone)
                target.IsCalm = value;
        }
    }

    /// <inheritdoc/>
    public int BadSevers => Everyone.Sum(target => target.BadSevers);

    /// <inheritdoc/>
    public Miscounts Miscounts => _all[0].Miscounts;

    /// <inheritdoc/>
    public string? Wrong => Everyone.Select(target => target.Wrong).FirstOrDefault(wrong => wrong is not null);

    /// <inheritdoc/>
    public TargetRecord Record => _all[0].Record;

    /// <inheritdoc/>
    public void Step()
    {
        _able.Clear();
        foreach (SeededTarget target in Everyone)
            if (target.CanStep)
                _able.Add(target);
        OneOf(_able).Step();
    }

    /// <inheritdoc/>
    public void Vanish()
    {
        HasVanished = true;
        OneOf(_all).Vanish();
    }

    /// <inheritdoc/>
    public IOffloadTarget Renew(int place)
    {
        _old.Add(_all[place]);
        return _all[place] = _make();
    }

    /// <inheritdoc/>
    /// <remarks>It still gives back what it is asked for.</remarks>
    public void IsPulledOut()
    {
    }

    /// <inheritdoc/>
    public bool HasVanished { get; private set; }

    /// <inheritdoc/>
    public void Flood() => OneOf(_all).Flood();

    /// <inheritdoc/>
    public IWorldPeer Connect(int number, SeededRandom line, int drivers)
    {
        var peer = new SeededPeer(number, line) { Drivers = drivers };
        _peers[peer.Socket] = peer;
        return peer;
    }

    /// <inheritdoc/>
    public void Finish()
    {
    }

    /// <inheritdoc/>
    public void Dispose()
    {
    }

    private IEnumerable<SeededTarget> Everyone => _all.Concat(_old);

    private SeededTarget OneOf(IReadOnlyList<SeededTarget> some) =>
        some[some.Count > 1 ? _random.Below(some.Count) : 0];
}
