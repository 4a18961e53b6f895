using System.Net;
using Akka.Configuration;
using ChimneyActors.Buffers;
using ChimneyActors.Embedding;
using ChimneyActors.Targets.Simulated;
using ChimneyActors.TestKit;

namespace ChimneyActors.Conformance.Stages;

/// <summary>A stage in the seeded world, over the simulated target: one thread, virtual time, a wire that can be
/// watched and disturbed.</summary>
internal sealed class SeededStage : Stage
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(15);
    private static readonly TimeSpan PlayMax = TimeSpan.FromDays(365);
    private static readonly TimeSpan Settling = TimeSpan.FromSeconds(5);
    private readonly SeededActorSystem _world;
    private readonly SimulatedNetwork _network;
    private readonly List<SeededPeer> _peers = [];
    private readonly ITimer _alarm;
    private bool _isScheduled;

    public SeededStage(long seed, ConformanceSubject subject, StagePlan plan)
    {
        _world = new SeededActorSystem(seed, null, ConfigurationFactory.ParseString(plan.Settings));
        _network = new SimulatedNetwork((int)(seed % int.MaxValue)) { Woken = Wake };
        _alarm = _world.Clock.CreateTimer(_ => Step(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        int adapters = AdaptersOf(subject, plan);
        SimulatedTargetSettings settings = plan.Limits with { ConnectionsMax = plan.ConnectionsMax / adapters };
        Chimney = _world.Start(stack =>
            Build(stack, subject, plan, () => new SimulatedTarget(_network, settings)));
        Listen();
    }

    public override Chimney Chimney { get; }

    public override TimeSpan Now => _world.Now;

    public override Ability Abilities => Ability.VirtualTime | Ability.Wire | Ability.Room | AbilitiesOfTargets;

    public override async Task<bool> EndsAsync(Task happens)
    {
        var late = new TaskCompletionSource();
        using ITimer limit = _world.Clock.CreateTimer(
            _ => late.TrySetResult(), null, Patience, Timeout.InfiniteTimeSpan);
        return await Task.WhenAny(happens, late.Task) == happens;
    }

    public override Task SettleAsync(OffloadHandle connection) => PassAsync(Settling);

    public override Task AwhileAsync() => PassAsync(TimeSpan.FromMilliseconds(5));

    public override async Task PassAsync(TimeSpan time)
    {
        var over = new TaskCompletionSource();
        using ITimer timer = _world.Clock.CreateTimer(
            _ => Soon(() => over.TrySetResult()), null, time, Timeout.InfiniteTimeSpan);
        await over.Task;
    }

    public override void Soon(Action what) => _world.Schedule("the case goes on", what);

    public override void Run(Func<Task> play) => _world.Run(play, PlayMax);

    public override void Dispose()
    {
        _world.Stop(Chimney);
        _alarm.Dispose();
        foreach (SeededPeer peer in _peers)
            peer.Dispose();
        _network.Dispose();
        _world.Dispose();
    }

    protected override StagePeer NewPeer(int number, LinePlan plan)
    {
        _network.Tick(_world.Now);
        var theirs = new TcpEngineSettings
        {
            ReceiveBytesMax = plan.IsNarrow ? 4_096 : 256 * 1024,
            Timestamps = plan.Ours.Timestamps,
        };
        var wire = new SimulatedLinePlan { Ours = plan.Ours, Theirs = theirs, Vlan = plan.Vlan };
        if (plan.IsIPv6)
            wire = wire with { Source = IPAddress.Parse("2001:db8::1"), Destination = IPAddress.Parse("2001:db8::2") };
        SimulatedLine line = _network.Connect(wire);
        var peer = new SeededPeer(number, line, () => _network.Tick(_world.Now)) { Reads = plan.PeerReads };
        _peers.Add(peer);
        return peer;
    }

    private void Wake()
    {
        if (_isScheduled)
            return;
        _isScheduled = true;
        _world.Schedule("the adapter", () =>
        {
            _isScheduled = false;
            Step();
        });
    }

    /// <summary>Time has come to here, and one connection does one thing.</summary>
    private void Step()
    {
        _network.Tick(_world.Now);
        if (_network.Ready > 0)
            _network.Step(_world.Draw(_network.Ready));
        foreach (SeededPeer peer in _peers)
            peer.Look();
        Watch.Changed?.Invoke();
        if (_network.Ready > 0)
            Wake();
        else if (_network.NextEvent is { } due)
            _alarm.Change(due > _world.Now ? due - _world.Now : TimeSpan.Zero, Timeout.InfiniteTimeSpan);
    }
}
