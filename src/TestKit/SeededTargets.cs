using System.Net.Sockets;
using ChimneyActors.Ndis;

namespace ChimneyActors.TestKit;

/// <summary>One target that queues, or several on one network.</summary>
internal sealed class SeededTargets : IWorldTarget
{
    private readonly Dictionary<Socket, SeededPeer> _peers;
    private readonly SeededTarget[] _all;
    private readonly SeededRandom _random;
    private readonly List<SeededTarget> _able = [];

    /// <summary>Makes them.</summary>
    /// <param name="random">Says which of several is next.</param>
    /// <param name="all">They share <paramref name="peers"/>, <see cref="Record"/> and <see cref="Miscounts"/>.</param>
    /// <param name="peers">Every connection there is.</param>
    public SeededTargets(SeededRandom random, SeededTarget[] all, Dictionary<Socket, SeededPeer> peers)
    {
        _random = random;
        _all = all;
        _peers = peers;
    }

    /// <inheritdoc/>
    public IReadOnlyList<IOffloadTarget> Adapters => _all;

    /// <inheritdoc/>
    public bool CanStep => Array.Exists(_all, target => target.CanStep);

    /// <inheritdoc/>
    public bool IsPatient => true;

    /// <inheritdoc/>
    public bool IsCalm
    {
        set
        {
            foreach (SeededTarget target in _all)
                target.IsCalm = value;
        }
    }

    /// <inheritdoc/>
    public int BadSevers => _all.Sum(target => target.BadSevers);

    /// <inheritdoc/>
    public Miscounts Miscounts => _all[0].Miscounts;

    /// <inheritdoc/>
    public string? Wrong => _all.Select(target => target.Wrong).FirstOrDefault(wrong => wrong is not null);

    /// <inheritdoc/>
    public TargetRecord Record => _all[0].Record;

    /// <inheritdoc/>
    public void Step()
    {
        _able.Clear();
        foreach (SeededTarget target in _all)
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

    private SeededTarget OneOf(IReadOnlyList<SeededTarget> some) =>
        some[some.Count > 1 ? _random.Below(some.Count) : 0];
}
