using ChimneyActors.Buffers;
using ChimneyActors.Embedding;
using ChimneyActors.Supervision;
using ChimneyActors.Targets;

namespace ChimneyActors.TestKit;

/// <summary>One seed: a stack, a target, hosts and peers, and everything that may go wrong between them.</summary>
internal sealed class SeededWorld
{
    private const int EventsMax = 400_000;
    private const int TroubleEventsMax = 6_000;
    private static readonly TimeSpan QuietMax = TimeSpan.FromMinutes(3);
    private static readonly TimeSpan StopMax = TimeSpan.FromMinutes(1);

    private readonly SeededSystem _system;
    private readonly SeededRandom _random;
    private readonly SeededTrace _trace;
    private readonly WorldPlan _plan;
    private readonly SeededTarget _target;
    private readonly FaultPlan _faults;
    private readonly SeededCrashPlan _crashes;
    private readonly Chimney _chimney;
    private readonly List<SeededPeer> _peers = [];
    private readonly List<SeededHost> _hosts = [];
    private readonly List<SeededHost> _able = [];
    private readonly List<AnswerChecker> _checkers = [];
    private readonly List<string> _broken = [];
    private long _events;

    public SeededWorld(SeededSystem system, StackSettings defaults, long seed, PlantedBreak planted, TextWriter? trace)
    {
        _system = system;
        system.Clock.Reset();
        system.Loop.BeginSeed(HolderId.Next().Value);
        _random = new SeededRandom(seed);
        _trace = new SeededTrace(system.Clock, trace);
        _plan = new WorldPlan(_random);
        _trace.Write($"seed {seed}: {_plan.ToString()}");
        _faults = new FaultPlan(_random.Below(int.MaxValue), _plan.FaultRate);
        _crashes = new SeededCrashPlan(_random.Below(int.MaxValue), _plan.CrashRate);
        _target = new SeededTarget(_random, system.Clock, _trace)
        {
            RefusesPercent = _plan.RefusesPercent,
            ReportsEarly = planted == PlantedBreak.EarlySuccess,
            Forgets = planted == PlantedBreak.Forgets,
        };
        bool troubled = true;
        _target.Severing = () => troubled ? DrawSever() : SeverHabit.Prompt;
        _stopTrouble = () => troubled = false;
        var builder = new StackBuilder();
        _plan.Build(builder.Crashes(_crashes).Time(system.Clock).Verify(null, _faults.IsInjected),
            new FaultyTarget(_target, _faults, system.Clock), planted);
        _chimney = Chimney.Raise(system.System, builder, _plan.Settings(defaults));
        for (int i = 0; i < _plan.Connections; i++)
            AddHost(i);
    }

    private readonly Action _stopTrouble;

    /// <summary>Lives it through.</summary>
    public WorldResult Run()
    {
        bool done = Live();
        if (!done)
            Break("not everything ended after the faults had stopped");
        else if (_chimney.Connections > 0 && _hosts.TrueForAll(host => host.IsDone))
            Break("a connection that is over still has a name");
        bool gone = _chimney.Raze(RunUntilQuiet);
        if (!gone)
            Break("an actor of the stack is still there");
        foreach (SeededHost host in _hosts)
            host.GiveAllBack();
        while (_system.Loop.Count > 0)
            RunOne(0);
        CheckEnd();
        foreach (SeededPeer peer in _peers)
            peer.Dispose();
        return new WorldResult(
            _events, _faults.Injected + _target.BadSevers, _chimney.Ledger.DriverDeaths, _broken, gone);
    }

    /// <summary>True when every host is through, or the stack is to be stopped in the middle.</summary>
    private bool Live()
    {
        int stopAt = _plan.StopsEarly ? _random.Between(20, 1500) : int.MaxValue;
        TimeSpan? deadline = null;
        for (; _events < EventsMax; _events++)
        {
            if (deadline is null && (_events > TroubleEventsMax || _hosts.TrueForAll(host => host.IsWindingDown)))
            {
                StopTrouble();
                deadline = _system.Clock.Now + QuietMax;
            }
            if (_events >= stopAt || _hosts.TrueForAll(host => host.IsDone))
                return true;
            if (!Step() && (!_system.Clock.Advance() || _system.Clock.Now > deadline))
                return false;
        }
        return false;
    }

    private bool Step()
    {
        int ready = _system.Loop.Count;
        int target = _target.CanStep ? 2 : 0;
        _able.Clear();
        foreach (SeededHost host in _hosts)
            if (host.CanAct)
                _able.Add(host);
        int all = ready + target + (_able.Count > 0 ? 1 : 0);
        if (all == 0)
            return false;
        int pick = _random.Below(all);
        if (pick < ready)
            RunOne(pick);
        else if (pick < ready + target)
            _target.Step();
        else
            _able[_random.Below(_able.Count)].Act();
        return true;
    }

    private void RunOne(int index)
    {
        (long order, string name) = _system.Loop.Run(index);
        if (_trace.IsOn)
            _trace.Write($"run {name}#{order}");
    }

    private void RunUntilQuiet()
    {
        TimeSpan deadline = _system.Clock.Now + StopMax;
        StopTrouble();
        while (_system.Clock.Now < deadline)
        {
            if (_system.Loop.Count > 0)
                RunOne(_random.Below(_system.Loop.Count));
            else if (_target.CanStep)
                _target.Step();
            else if (!_system.Clock.Advance())
                break;
            _events++;
        }
    }

    private void StopTrouble()
    {
        _trace.Write($"the trouble is over");
        _faults.Stop();
        _crashes.Stop();
        _stopTrouble();
    }

    private void CheckEnd()
    {
        foreach (AnswerChecker checker in _checkers)
            checker.AtEnd();
        LedgerSnapshot ledger = _chimney.Ledger;
        if (ledger.Outstanding != 0)
            _broken.Add($"{ledger.Posted} posted, {ledger.Completed} completed");
        int away = _chimney.Stack.Pools.Where(pool => pool != _chimney.Stack.Indications).Sum(pool => pool.Out);
        int kept = _chimney.Stack.Indications.Out;
        if (away + kept > ledger.Quarantined || (ledger.Quarantined > 0 && _target.BadSevers == 0))
            _broken.Add($"{away} lists and {kept} indications are not in their pools; "
                + $"{ledger.Quarantined} quarantined after {_target.BadSevers} bad severs");
        if (!_chimney.Stack.Blocks.IsEmpty)
            _broken.Add($"on its way: {_chimney.Stack.Blocks.Keys.First().Describe()}");
        foreach (InjectedFault fault in _faults.Open)
            _broken.Add($"not noticed: {fault}");
        foreach (Violation violation in _chimney.Violations)
            _broken.Add(violation.ToString());
    }

    private void Break(string what)
    {
        _broken.Add(what);
        foreach (SeededHost host in _hosts)
            if (!host.IsDone)
                _broken.Add(host.Describe());
        foreach (string line in _chimney.DescribeOutstanding(20))
            _broken.Add($"out: {line}");
    }

    private SeverHabit DrawSever()
    {
        if (_random.Percent(_plan.BadSeverPercent))
            return (SeverHabit)_random.Between((int)SeverHabit.Slow, (int)SeverHabit.Throws);
        return _random.Percent(50) ? SeverHabit.Late : SeverHabit.Prompt;
    }

    private void AddHost(int number)
    {
        var peer = new SeededPeer(number, _random.Below(4000), _random.Percent(50));
        _target.Add(peer);
        _peers.Add(peer);
        var checker = new AnswerChecker(peer, _target.Record, _broken.Add)
        {
            OrderIsExcused = () => _chimney.Ledger.DriverDeaths > 0 || _chimney.Stack.Stopping,
        };
        _checkers.Add(checker);
        Binding binding = _chimney.Binding(WorldPlan.Bindings[_random.Below(2)]);
        _hosts.Add(new SeededHost(_random, _trace, peer, binding, checker, _random.Between(5, 40)));
    }
}

/// <summary>What one seed came to.</summary>
/// <param name="Events">Steps that were taken.</param>
/// <param name="Faults">Faults of the target that were injected.</param>
/// <param name="Deaths">Drivers that died.</param>
/// <param name="Broken">Promises that were broken, and who held what.</param>
/// <param name="IsRazed">Whether the actor system is clean again.</param>
internal sealed record WorldResult(
    long Events, long Faults, long Deaths, IReadOnlyList<string> Broken, bool IsRazed);
