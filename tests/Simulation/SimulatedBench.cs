using ChimneyActors.Buffers;
using ChimneyActors.Contract;
using ChimneyActors.Ndis;
using ChimneyActors.Targets.Simulated;

namespace ChimneyActors.Simulation;

/// <summary>The simulated target over a wire of its own. Whoever waits drives: virtual time goes on until what is
/// awaited has happened.</summary>
internal sealed class SimulatedBench : TargetBench
{
    private const int EventsMax = 1_000_000;
    private static readonly TimeSpan Patience = TimeSpan.FromHours(1);
    private static readonly TimeSpan Settling = TimeSpan.FromSeconds(5);
    private readonly WireFaults _faults;

    internal SimulatedBench(
        SimulatedTargetSettings? settings = null, int receiveListsMax = 64, int receiveBytes = 4096, int seed = 1,
        WireFaults? faults = null)
        : this(new SimulatedTarget(new SimulatedNetwork(seed), settings), null, receiveListsMax, receiveBytes) =>
        _faults = faults ?? WireFaults.None;

    /// <param name="target">The target.</param>
    /// <param name="front">What stands before it and is asked in its place; null for nothing.</param>
    /// <param name="receiveListsMax">Lists that indications may use.</param>
    /// <param name="receiveBytes">Bytes in each.</param>
    internal SimulatedBench(
        SimulatedTarget target, IOffloadTarget? front, int receiveListsMax = 64, int receiveBytes = 4096)
        : base(front ?? target, receiveListsMax, receiveBytes)
    {
        _faults = WireFaults.None;
        SimulatedTarget = target;
        Network = target.Network;
        Keep(Network);
    }

    internal override int MoreThanTheWireHolds => 1 << 20;

    internal SimulatedNetwork Network { get; }

    internal SimulatedTarget SimulatedTarget { get; }

    internal override (OffloadBlock Block, Peer Peer) Connect(bool small = false)
    {
        var theirs = new TcpEngineSettings { ReceiveBytesMax = small ? 4_096 : 256 * 1024 };
        SimulatedLine line = Network.Connect(new SimulatedLinePlan { Faults = _faults, Theirs = theirs });
        var block = new OffloadBlock { Socket = line.Socket };
        block.Custody.Set(CustodyState.Rented, default, HolderId.None);
        return (block, new BenchPeer(this, line.Peer));
    }

    internal override Task UntilAsync(Task happened)
    {
        Until(() => happened.IsCompleted);
        return happened;
    }

    /// <summary>Long enough for everything that is not waiting for the peer, and for the first probes of a closed
    /// window.</summary>
    internal override Task SettledAsync(OffloadHandle connection)
    {
        Network.Advance(Network.Now + Settling);
        return Task.CompletedTask;
    }

    /// <summary>Drives until something holds.</summary>
    internal void Until(Func<bool> holds)
    {
        TimeSpan limit = Network.Now + Patience;
        for (int events = 0; !holds(); events++)
        {
            TimeSpan due = Network.NextDue
                ?? throw new TimeoutException($"nothing will ever happen again, at {Network.Now}");
            if (due > limit || events == EventsMax)
                throw new TimeoutException($"it has not happened by {Network.Now}, after {events} events");
            Network.Advance(due);
        }
    }
}
