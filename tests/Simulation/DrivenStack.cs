using ChimneyActors.Buffers;
using ChimneyActors.Embedding;
using ChimneyActors.Supervision;
using ChimneyActors.Targets.Simulated;
using ChimneyActors.TestKit;

namespace ChimneyActors.Simulation;

/// <summary>A whole stack over a simulated target, on one thread and in one virtual time: what runs next is drawn from
/// the seed, and when nothing can run, time goes on to what is due next.</summary>
internal sealed class DrivenStack : IDisposable
{
    private const int StepsMax = 2_000_000;
    private readonly SeededSystem _system = new();
    private readonly SeededChance _chance;
    private SeededClock.Due? _alarm;

    internal DrivenStack(int seed, SimulatedTargetSettings? settings = null)
    {
        _system.Loop.BeginSeed(HolderId.Next().Value);
        _chance = new SeededChance(seed);
        Network = new SimulatedNetwork(seed);
        Network.Tick(_system.Clock.Now);
        StackBuilder plan = new StackBuilder().Time(_system.Clock)
            .Miniport("nic0", () => Target = new SimulatedTarget(Network, settings))
            .Intermediate("mux0", over: "nic0").Binding("tcpip", over: "mux0");
        StackSettings defaults = ChimneySettings.From(ChimneySettings.Reference()).Stack;
        Chimney = Chimney.Raise(_system.System, plan, defaults);
        Chimney.Stack.NextTurn = () => Task.CompletedTask;      // users go on at once, on this thread
        while (_system.Loop.Count > 0)      // an initiate that comes before the drivers have started fails
            _system.Loop.Run(0);
    }

    internal SimulatedNetwork Network { get; }

    /// <summary>What is plugged in, or was last.</summary>
    internal SimulatedTarget Target { get; private set; } = null!;

    internal Chimney Chimney { get; }

    internal int Steps { get; private set; }

    /// <summary>Offloads a line.</summary>
    internal OffloadedConnection Offload(UploadResult line, IConnectionUser user)
    {
        (OffloadedConnection connection, Task<Ndis.OffloadBlock> initiate) =
            Chimney.Binding("tcpip").BeginOffload(line, user, null);
        Until(() => initiate.IsCompleted);
        initiate.Result.Status.ShouldBe(NdisStatus.Success);
        return connection;
    }

    internal T Result<T>(Task<T> task)
    {
        Until(() => task.IsCompleted);
        return task.Result;
    }

    internal void Until(Func<bool> holds)
    {
        while (!holds())
            Step().ShouldBeTrue("nothing will ever happen again");
    }

    /// <summary>Lets so much time pass.</summary>
    internal void Pass(TimeSpan time)
    {
        TimeSpan until = _system.Clock.Now + time;
        bool isOver = false;
        _system.Clock.At(time, null, () => isOver = true);
        Until(() => isOver && _system.Clock.Now >= until);
        Network.Tick(_system.Clock.Now);
    }

    /// <summary>The header in front of what a connection sends.</summary>
    internal FrameHeader FrameOf(SimulatedLine line, OffloadedConnection connection)
    {
        FrameHeader? last = null;
        void See(WireSighting seen) => last = seen.End == line.Wire.Left && !seen.IsArrival ? seen.Segment.Frame : last;
        line.Wire.Seen += See;
        Result(connection.SendAsync(new byte[10]).AsTask()).Status.ShouldBe(NdisStatus.Success);
        line.Wire.Seen -= See;
        return last.ShouldNotBeNull();
    }

    /// <summary>Ends the stack: every list is back, every request was answered once.</summary>
    public void Dispose()
    {
        Chimney.Raze(RunUntilQuiet).ShouldBeTrue("an actor of the stack is still there");
        Target.Remove();
        RunUntilQuiet();
        LedgerSnapshot ledger = Chimney.Ledger;
        ledger.Outstanding.ShouldBe(0);
        Chimney.Violations.ShouldBeEmpty();
        Chimney.Stack.Pools.Sum(pool => pool.Out).ShouldBe(0);
        Network.Dispose();
        _system.Dispose();
    }

    private void RunUntilQuiet()
    {
        TimeSpan limit = _system.Clock.Now + TimeSpan.FromMinutes(1);
        while (_system.Clock.Now < limit && Step())
        {
        }
    }

    private bool Step()
    {
        // What is awaited goes on here: where the runner has a context of its own it would go to another thread.
        SynchronizationContext.SetSynchronizationContext(null);
        (++Steps).ShouldBeLessThan(StepsMax, "it does not come to an end");
        int actors = _system.Loop.Count;
        int all = actors + Network.Ready;
        if (all == 0)
            return PassTime();
        _chance.Hits(1, out double drawn);
        int pick = (int)(drawn * all);
        if (pick < actors)
            _system.Loop.Run(pick);
        else
            Network.Step(pick - actors);
        return true;
    }

    private bool PassTime()
    {
        if (_alarm is not null)
            _alarm.IsOver = true;
        _alarm = Network.NextEvent is { } due
            ? _system.Clock.At(due - _system.Clock.Now, null, () => Network.Tick(_system.Clock.Now))
            : null;
        return _system.Clock.Advance();
    }
}
