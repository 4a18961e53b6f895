using ChimneyActors.Buffers;
using ChimneyActors.Captures;
using ChimneyActors.Ndis;
using ChimneyActors.Targets.Simulated;

namespace ChimneyActors.TestKit;

/// <summary>The simulated adapter in a seeded world: real TCP engines at both ends of bad wires, in the world's time
/// and in the order that the seed wants.</summary>
internal sealed class EngineTarget : IWorldTarget
{
    private static readonly TimeSpan RestMax = TimeSpan.FromMinutes(2);
    private readonly SeededRandom _random;
    private readonly SeededClock _clock;
    private readonly SeededTrace _trace;
    private readonly SimulatedNetwork _network;
    private readonly List<SimulatedTarget> _adapters = [];      // those that were not pulled out
    private readonly LyingTarget[] _liars = [];
    private readonly List<EnginePeer> _peers = [];
    private readonly List<EnginePeer> _able = [];
    private readonly bool _refuses;
    private readonly SimulatedTargetSettings _settings;
    private SeededClock.Due? _alarm;
    private TimeSpan _alarmAt;
    private bool _isCalm;

    public EngineTarget(
        SeededRandom random, SeededClock clock, SeededTrace trace, WorldPlan plan, PlantedBreak planted)
    {
        _random = random;
        _clock = clock;
        _trace = trace;
        _network = new SimulatedNetwork(new RowChance(random) { IsArmed = true });
        _network.Tick(clock.Now);
        _refuses = plan.RefusesPercent > 0;
        Vlan = plan.Vlan > 0 ? plan.Vlan : null;
        var settings = new SimulatedTargetSettings { IndicationsMax = plan.IndicationsMax };
        if (_refuses)
            settings = settings with
            {
                ConnectionsMax = random.Between(1, 2),
                NeighborsMax = 2 - random.Below(2),
                PathsMax = 3 - random.Below(3),
            };
        _settings = settings;
        for (int i = 0; i < plan.Adapters; i++)
            _adapters.Add(new SimulatedTarget(_network, settings));
        if (planted is PlantedBreak.EarlySuccess or PlantedBreak.Forgets)
            _liars = [.. _adapters.Select(adapter => new LyingTarget(adapter, random, planted))];
        Adapters = _liars.Length > 0 ? _liars : [.. _adapters];
    }

    /// <inheritdoc/>
    public IReadOnlyList<IOffloadTarget> Adapters { get; }

    /// <inheritdoc/>
    public bool CanStep => _network.Ready > 0 || Array.Exists(_liars, liar => liar.CanStep)
        || _peers.Exists(peer => peer.CanAct);

    /// <inheritdoc/>
    /// <remarks>An adapter takes up what it is told in next to no time: who waits for it to let go waits for seconds.
    /// </remarks>
    public bool IsPatient => _network.Ready == 0;

    /// <inheritdoc/>
    public bool IsCalm
    {
        set
        {
            _isCalm = value;
            if (!_isCalm)
                return;
            foreach (EnginePeer peer in _peers)
                peer.CalmDown();
            SetAlarm();
        }
    }

    /// <inheritdoc/>
    public int BadSevers => 0;

    /// <inheritdoc/>
    public Miscounts Miscounts { get; } = new();

    /// <inheritdoc/>
    public string? Wrong => null;

    /// <inheritdoc/>
    public TargetRecord Record { get; } = new();

    /// <summary>Whether an adapter was pulled out.</summary>
    public bool IsGone { get; private set; }

    /// <inheritdoc/>
    public bool HasVanished => IsGone;

    /// <summary>Where the wires are written down; null for nowhere.</summary>
    public PcapngWriter? Capture { get; init; }

    /// <summary>On which VLAN the peers' packets come; null for without a tag.</summary>
    public int? Vlan { get; }

    /// <summary>Whether it may have no room.</summary>
    public bool Refuses => _refuses;

    /// <summary>The world's time.</summary>
    public TimeSpan Now => _clock.Now;

    /// <summary>Lets time go on so far, if nothing else happens.</summary>
    /// <returns>When that is.</returns>
    public TimeSpan WakeIn(TimeSpan delay)
    {
        _clock.At(delay, null, static () => { });
        return _clock.Now + delay;
    }

    /// <inheritdoc/>
    public void Step()
    {
        _network.Tick(_clock.Now);
        _able.Clear();
        foreach (EnginePeer peer in _peers)
            if (peer.CanAct)
                _able.Add(peer);
        int lanes = _network.Ready;
        int lies = _liars.Count(liar => liar.CanStep);
        int all = lanes + lies + (_able.Count > 0 ? 1 : 0);
        int pick = all > 0 ? _random.Below(all) : 0;
        if (pick < lanes)
        {
            _trace.Write($"the adapter takes step {pick} of {lanes}");
            _network.Step(pick);
        }
        else if (pick < lanes + lies)
            _liars.Where(liar => liar.CanStep).ElementAt(pick - lanes).Step();
        else if (_able.Count > 0)
            _able[_random.Below(_able.Count)].Act();
        SetAlarm();
    }

    /// <inheritdoc/>
    public void Vanish()
    {
        if (_adapters.Count == 0)
            return;     // a world that waits comes here more than once
        int gone = _adapters.Count > 1 ? _random.Below(_adapters.Count) : 0;
        _trace.Write($"the adapter is gone");
        IsGone = true;
        _adapters[gone].Remove();
        _adapters.RemoveAt(gone);
        SetAlarm();
    }

    /// <inheritdoc/>
    public IOffloadTarget Renew(int place)
    {
        var fresh = new SimulatedTarget(_network, _settings);
        _adapters.Add(fresh);
        return fresh;
    }

    /// <inheritdoc/>
    public void IsPulledOut() => IsGone = true;

    /// <inheritdoc/>
    /// <remarks>It says nothing but what happens on the wire.</remarks>
    public void Flood()
    {
    }

    /// <inheritdoc/>
    public IWorldPeer Connect(int number, SeededRandom random, int drivers)
    {
        var peer = new EnginePeer(number, random, _random, _trace, this, _network);
        if (_isCalm)
            peer.CalmDown();
        _peers.Add(peer);
        return peer;
    }

    /// <inheritdoc/>
    public void Finish()
    {
        TimeSpan end = _clock.Now + RestMax;
        foreach (EnginePeer peer in _peers)
            peer.IsLeaving = false;
        _network.Tick(_clock.Now);
        while (!_peers.TrueForAll(peer => peer.IsQuiet) && _network.NextEvent is { } due && due <= end)
            _network.Advance(due);
        foreach (EnginePeer peer in _peers)
            peer.CheckEnd();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (_alarm is not null)
            _alarm.IsOver = true;
        _network.Dispose();
    }

    /// <summary>The wires and timers wake the world when something is due there.</summary>
    private void SetAlarm()
    {
        TimeSpan? next = _network.NextEvent;
        if (_alarm is { IsOver: false } && next == _alarmAt)
            return;
        if (_alarm is not null)
            _alarm.IsOver = true;
        _alarm = null;
        if (next is not { } due)
            return;
        _alarmAt = due;
        _alarm = _clock.At(due - _clock.Now, null, OnDue);
    }

    private void OnDue()
    {
        _network.Tick(_clock.Now);
        SetAlarm();
    }
}
