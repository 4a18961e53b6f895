using Akka.Actor;
using ChimneyActors.Buffers;
using ChimneyActors.Captures;
using ChimneyActors.Embedding;
using ChimneyActors.Supervision;
using ChimneyActors.Targets;
using ChimneyActors.Targets.Simulated;

namespace ChimneyActors.TestKit;

/// <summary>One seed: a stack, a target, hosts and peers, and everything that may go wrong between them.</summary>
internal sealed partial class SeededWorld
{
    private const string MoreThan = "did not end after ";
    private const int EndMax = 50_000;
    private const int RoundMax = 5_000;
    private const int TroubleEventsMax = 6_000;
    private static readonly TimeSpan IdleMax = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan LifeIdleMax = TimeSpan.FromSeconds(30);  // who waits for a resume waits in vain
    private static readonly TimeSpan QuietMax = TimeSpan.FromMinutes(3);
    private static readonly TimeSpan FloodMax = TimeSpan.FromMinutes(15);     // hundreds of sends wait for a throttle
    private static readonly TimeSpan StopMax = TimeSpan.FromMinutes(1);

    private readonly SeededSystem _system;
    private readonly Choices _choices;
    private readonly SeededRandom _schedule;
    private readonly RowChance _crashLuck;
    private readonly SeededTrace _trace;
    private readonly WorldPlan _plan;
    private readonly PlantedBreak _planted;
    private readonly IWorldTarget _target;
    private readonly FaultPlan _faults;
    private readonly StackChecker _stack;
    private readonly SeededCrashPlan _crashes;
    private readonly Chimney _chimney;
    private readonly SeededLife? _life;
    private readonly List<IWorldPeer> _peers = [];
    private readonly List<SeededHost> _hosts = [];
    private readonly Dictionary<Binding, SeededNetwork> _networks = [];
    private readonly List<Action> _able = [];
    private readonly List<AnswerChecker> _checkers = [];
    private readonly List<string> _broken = [];
    private readonly List<string> _held = [];
    private readonly int _eventsMax;
    private readonly long _stepsMax;
    private long _events;
    private long _steps;
    private bool _isOver;
    private bool _isCalm;
    private TimeSpan _actedAt;
    private int _round;     // handlers since anybody but a driver did something
    private bool _waits;    // what happens is only what time brought about
    private long _turns;

    public SeededWorld(
        SeededSystem system, StackSettings defaults, Choices choices, PlantedBreak planted, int eventsMax,
        long stepsMax, TextWriter? trace, Stream? capture = null, Action<LifeSeen>? seen = null)
    {
        _eventsMax = eventsMax;
        _stepsMax = stepsMax;
        _planted = planted;
        _system = system;
        system.Clock.Reset();
        system.Loop.BeginSeed(HolderId.Next().Value);
        _choices = choices;
        _schedule = choices[ChoiceRow.Schedule];
        _trace = new SeededTrace(system.Clock, trace);
        _plan = new WorldPlan(choices[ChoiceRow.Plan]);
        _trace.Write($"{_plan.ToString()}");
        var faultLuck = new RowChance(choices[ChoiceRow.Faults]) { IsArmed = true };
        _faults = new FaultPlan(faultLuck, _plan.FaultRate);
        _crashLuck = new RowChance(choices[ChoiceRow.Crashes]);
        _crashes = new SeededCrashPlan(_crashLuck, _plan.CrashRate);
        _target = _plan.HasEngines
            ? new EngineTarget(choices[ChoiceRow.Target], system.Clock, _trace, _plan, planted)
            {
                Capture = capture is null ? null : new PcapngWriter(capture),
            }
            : NewQueues();
        var builder = new StackBuilder();
        _plan.Build(builder.Crashes(_crashes).Time(system.Clock).Verify(null,
            violation => _faults.IsInjected(violation) || _target.Miscounts.IsMine(violation)
                || IsLateForGoodReason(violation)),
            [.. _target.Adapters.Select((adapter, place) => MakerOf(place, adapter))], planted);
        _chimney = Chimney.Raise(system.System, builder, _plan.Settings(defaults));
        _chimney.Stack.NextTurn = () => Task.CompletedTask;     // tasks end at once, on this thread
        _stack = new StackChecker(_chimney.Stack, Break);
        Action<string, Exception>? log = _chimney.Stack.OnDeath;
        _chimney.Stack.OnDeath = (driver, exception) =>
        {
            string why = (exception as InjectedCrashException)?.Step.ToString() ?? exception.GetType().Name;
            _trace.Write($"{driver} dies: {why}");
            _stack.Died(driver, system.Clock.Now);
            log?.Invoke(driver, exception);
        };
        if (_plan.LifeMax > 0 && planted == default)
            _life = new SeededLife(
                choices[ChoiceRow.Life], _trace, system.System, _chimney, _target, _plan, () => _steps, Break, seen)
            {
                Reviving = _stack.Revived,
                Answered = () => _round = 0,
            };
        // Each says by itself whether it is there, so that one can be left out without the others.
        for (int i = 0; i < WorldPlan.ConnectionsMax; i++)
            if (_hosts.Count < _plan.Connections && (choices[ChoiceRow.Host, i].Percent(85)
                || (i == WorldPlan.ConnectionsMax - 1 && _hosts.Count == 0)))
                AddHost(i);
    }

    /// <summary>Whether a violation says only that a run was not let go on.</summary>
    public static bool IsLimit(string violation) => violation.StartsWith(MoreThan, StringComparison.Ordinal);

    /// <summary>Lives it through. A world that breaks down has broken a promise, too.</summary>
    public WorldResult RunGuarded()
    {
        // What is awaited goes on here, and nowhere else.
        SynchronizationContext? context = SynchronizationContext.Current;
        SynchronizationContext.SetSynchronizationContext(null);
        try
        {
            return Run();
        }
        catch (Exception exception)
        {
            Break($"the world broke down: {exception.GetType().Name}: {exception.Message}");
            _held.Add(exception.ToString());
            return ResultOf(_events, isRazed: false);
        }
        finally
        {
            SynchronizationContext.SetSynchronizationContext(context);
        }
    }

    private WorldResult Run()
    {
        RunAll();       // start-up is over before the seed bites
        _crashLuck.IsArmed = true;
        bool done = Live();
        _isOver = true;
        long events = _events;
        if (_events >= _eventsMax)
            Break($"{MoreThan}{_eventsMax} events");
        else if (_steps >= _stepsMax)
            Break($"{MoreThan}{_stepsMax} steps");
        else if (!done)
            Break("not everything ended after the faults had stopped");
        else if (_chimney.Connections > 0 && IsDone)
            Break("a connection that is over still has a name");
        else if (IsDone && _broken.Count == 0)
        {
            RunAll();
            _stack.AtRest(((ExtendedActorSystem)_system.System).Guardian.GetChild([_chimney.Stack.Name]));
        }
        bool gone = _chimney.Raze(RunUntilQuiet, _plan.StopsHard);
        if (!gone)
            Break("an actor of the stack is still there");
        foreach (SeededHost host in _hosts)
            host.GiveAllBack();
        RunAll();
        _target.Finish();
        CheckEnd();
        foreach (IWorldPeer peer in _peers)
            peer.Dispose();
        _target.Dispose();
        return ResultOf(events, gone);
    }

    private WorldResult ResultOf(long events, bool isRazed) => new(
        events, _steps, _faults.Injected + _target.BadSevers, _chimney.Ledger.DriverDeaths, _broken, _held, isRazed);

    /// <summary>Where time goes on while hundreds of messages are handled, who is behind them is late; so is who keeps
    /// dying.</summary>
    private bool IsLateForGoodReason(Violation violation) => violation.Check == VerifierCheck.StateWatchdog
        && (_plan.Floods || _stack.HasDiedSince(_system.Clock.Now - _chimney.Stack.Settings.LifeLimit));

    private TimeSpan PatienceMax => _life is null ? IdleMax : LifeIdleMax;

    /// <summary>True when every host is through, or the stack is to be stopped in the middle.</summary>
    private bool Live()
    {
        TimeSpan? deadline = null;
        for (; _events < _eventsMax && _steps < _stepsMax; _steps++)
        {
            if (!_waits)
                _events++;
            if (!_waits)
                _actedAt = _system.Clock.Now;
            if (deadline is null && (_events > TroubleEventsMax || _system.Clock.Now - _actedAt > PatienceMax
                || (_system.Clock.Now >= _plan.TroubleMin && _hosts.TrueForAll(host => host.IsWindingDown))
                || _life is { IsSpent: true }))
            {
                StopTrouble();
                deadline = _system.Clock.Now + (_plan.Floods ? FloodMax : QuietMax);
            }
            // Nothing that comes after a broken promise is worth anything.
            if (_broken.Count > 0 || _chimney.Stack.Ledger.Violations > 0)
                return true;
            if (_events >= _plan.StopsEarly || IsDone)
                return true;
            if (_events == _plan.VanishesAt && !_target.HasVanished)      // a world that waits comes here again
                _target.Vanish();
            if (Step())
            {
                if (++_round <= RoundMax)
                    continue;
                Break("drivers tell one another things for ever");
                return true;
            }
            _round = 0;
            _waits = true;
            if (!_system.Clock.Advance() || _system.Clock.Now > deadline)
                return false;
        }
        return false;
    }

    private bool Step()
    {
        if (_plan.TimePercent > 0 && _target.IsPatient && _schedule.Percent(_plan.TimePercent)
            && _system.Clock.Advance(_system.Clock.Now + _plan.SoonMax))
            return true;
        if (_plan.Floods && _schedule.Percent(1))
            _target.Flood();
        int ready = _system.Loop.Count;
        int target = _target.CanStep ? 2 : 0;
        _able.Clear();
        foreach (SeededHost host in _hosts)
            if (host.CanAct)
                _able.Add(host.Act);
        foreach (SeededNetwork network in _networks.Values)
            if (network.CanAct)
                _able.Add(network.Act);
        if (_life is { CanAct: true })
            _able.Add(_life.Act);
        int all = ready + target + (_able.Count > 0 ? 1 : 0);
        if (all == 0)
            return _life is { CanActNow: true } && ActInsteadOfTime(_life);
        int pick = Linger(_schedule.Below(all), ready, all);
        if (pick < ready)
            RunOne(pick);
        else if (pick < ready + target)
        {
            _waits = false;
            _round = 0;
            _target.Step();
        }
        else
        {
            _waits = false;
            _round = 0;
            _able[_schedule.Below(_able.Count)]();
        }
        return true;
    }

    private void RunOne(int index)
    {
        string what = _trace.IsOn ? _system.Loop.NextOf(index) : "";
        (long order, string name) = _system.Loop.Run(index);
        if (_trace.IsOn)
            _trace.Write($"run {name}#{order} {what}");
    }

    private void RunAll()
    {
        for (_turns = 0; _system.Loop.Count > 0 && _turns < EndMax; _turns++)
            RunNext(0);
    }

    /// <summary>In turn, so that nobody who tells itself something keeps the others from theirs.</summary>
    private void RunNext(int choice) => RunOne((int)((choice + _turns) % _system.Loop.Count));

    private void RunUntilQuiet()
    {
        TimeSpan deadline = _system.Clock.Now + StopMax;
        StopTrouble();
        _turns = 0;
        while (_system.Clock.Now < deadline && _turns < EndMax)
        {
            if (_system.Loop.Count > 0)
                RunNext(_schedule.Below(_system.Loop.Count));
            else if (_target.CanStep)
                _target.Step();
            else if (!_system.Clock.Advance())
                break;
            _turns++;
        }
    }

    private void StopTrouble()
    {
        _trace.Write($"the trouble is over");
        _faults.Stop();
        _crashes.Stop();
        _target.IsCalm = true;
        if (!_isCalm)
            _life?.ComeBack();
        WindDown();
        _isCalm = true;
    }

    private void CheckEnd()
    {
        foreach (AnswerChecker checker in _checkers)
            checker.AtEnd();
        LedgerSnapshot ledger = _chimney.Ledger;
        if (ledger.Outstanding != 0)
            Break($"{ledger.Posted} posted, {ledger.Completed} completed");
        int away = _chimney.Stack.Pools.Where(pool => pool != _chimney.Stack.Indications).Sum(pool => pool.Out);
        int kept = _chimney.Stack.Indications.Out;
        if (away + kept > ledger.Quarantined || (ledger.Quarantined > 0 && _target.BadSevers == 0))
            Break($"{away} lists and {kept} indications are not in their pools; "
                + $"{ledger.Quarantined} quarantined after {_target.BadSevers} bad severs");
        if (!_chimney.Stack.Blocks.IsEmpty)
            Break($"on its way: {_chimney.Stack.Blocks.Keys.First().Describe()}");
        _life?.CheckEnd();
        if (_target.Wrong is { } wrong)
            Break(wrong);
        foreach (SeededHost host in _hosts)
            host.CheckEnd(Break);
        foreach (InjectedFault fault in _faults.Open)
            Break($"not noticed: {fault}");
        if (_target.Miscounts.Open > 0)
            Break($"not noticed: {_target.Miscounts.Open} wrong byte counts");
        foreach (Violation violation in _chimney.Violations)
            Break(violation.ToString());
    }

    /// <summary>Notes a broken promise; with the first, who holds what.</summary>
    private void Break(string what)
    {
        _broken.Add(what);
        if (_broken.Count > 1)
            return;
        foreach (SeededHost host in _hosts)
            if (!host.IsDone)
                _held.Add(host.Describe());
        foreach (SeededNetwork network in _networks.Values)
            if (!network.IsDone)
                _held.Add(network.Describe());
        if (_life is { IsDone: false })
            _held.Add(_life.Describe());
        foreach (string line in _chimney.DescribeOutstanding(20))
            _held.Add(line);
    }

    /// <summary>Whether something happened that may be why a request fails.</summary>
    private bool IsTroubled() =>
        _chimney.Ledger.DriverDeaths > 0 || _faults.Injected > 0 || _target.Miscounts.Count > 0
        || _isOver || _planted != default;

    /// <summary>Whether adapters or bindings are led through their lives.</summary>
    private bool IsMoved() => _life is { HasActed: true };

    private void AddHost(int number)
    {
        SeededRandom mine = _choices[ChoiceRow.Host, number];
        string name = WorldPlan.Bindings[mine.Below(2)];
        IWorldPeer peer = _target.Connect(
            number, _choices[ChoiceRow.Line, number], _plan.DriversUnder(name, _planted));
        _peers.Add(peer);
        var checker = new AnswerChecker(peer, _target.Record, Break)
        {
            OrderIsExcused = () => _chimney.Ledger.DriverDeaths > 0 || _chimney.Stack.Stopping,
            IsExcused = IsTroubled,
            TakesForwards = _target.Adapters[0].Capabilities.Forward,
            KnowsForwards = !_plan.HasEngines,
            HasFewContexts = _plan.ContextsMax > 0,
            IsMoved = IsMoved,
        };
        _checkers.Add(checker);
        Binding binding = _chimney.Binding(name);
        SeededNetwork? network = _plan.HasPaths ? NetworkOf(binding) : null;
        var events = new EventChecker(peer, IsTroubled, Break);
        _hosts.Add(new SeededHost(mine, _trace, peer, binding, checker, events, _stack, _plan, network)
        {
            Neighbour = _hosts.LastOrDefault(),
            IsDenied = _plan.IsDenied(number, name, _planted),
            IsMoved = IsMoved,
            MayAskAgain = () => MayAskAgain(name),
            QuietSince = () => IsThere(name) ? _life?.QuietSince : null,
        });
    }

    private SeededNetwork NetworkOf(Binding binding)
    {
        if (!_networks.TryGetValue(binding, out SeededNetwork? network))
            _networks[binding] = network = new SeededNetwork(
                _choices[ChoiceRow.Network, Array.IndexOf(WorldPlan.Bindings, binding.Name)], _trace, binding, _plan,
                _target, () => IsTroubled() || IsMoved(), Break);
        return network;
    }

    /// <summary>Whether nobody wants anything any more.</summary>
    private bool IsDone => _hosts.TrueForAll(host => host.IsDone) && _networks.Values.All(network => network.IsDone)
        && _life is null or { IsDone: true };
}
