using ChimneyActors.Buffers;
using ChimneyActors.Targets.Simulated;

namespace ChimneyActors.Simulation;

/// <summary>Two stations and the wire between them, all from one seed.</summary>
internal sealed class World
{
    private readonly SimulatedWire _wire;
    private readonly Trace _trace = new();

    internal World(int seed, WireFaults faults, StationPlan left, StationPlan right)
    {
        _wire = new SimulatedWire(seed, faults);
        var chance = new SeededChance(seed ^ 0x5EED);
        SeqNumber ours = Number(chance);
        SeqNumber theirs = Number(chance);
        (uint ourTime, uint theirTime) = (Number(chance).Value, Number(chance).Value);
        Start = Delegated(ours, theirs, left, right) with { TsTime = ourTime, TsRecent = theirTime };
        Left = new Station(_wire, _wire.Left, left, Start, _trace);
        Right = new Station(_wire, _wire.Right, right, Delegated(theirs, ours, right, left) with
        {
            TsTime = theirTime,
            TsRecent = ourTime,
        }, _trace);
        Left.Peer = Right;
        Right.Peer = Left;
    }

    internal SimulatedWire Wire => _wire;

    /// <summary>What the left station's engine started from.</summary>
    internal DelegatedState Start { get; }

    internal Station Left { get; }

    internal Station Right { get; }

    internal TimeSpan Now => _wire.Now;

    public override string ToString() => $"at {Now}\nleft {Left}\nright {Right}";

    internal ulong Seen => _trace.Value;

    /// <summary>Two plans that only the seed decides.</summary>
    internal static (StationPlan Left, StationPlan Right) Plans(int seed, bool moves = false, bool aborts = false)
    {
        var chance = new SeededChance(seed ^ 0x1234567);
        return (Plan(1), Plan(2));

        StationPlan Plan(int side)
        {
            int room = 1_000 + (int)(Draw() * 30_000);
            return new StationPlan
            {
                Seed = (seed * 2) + side,
                Total = (long)(Draw() * Draw() * 60_000),
                WriteBytesMax = 50 + (int)(Draw() * 10_000),
                ReadBytesMax = 500 + (int)(Draw() * 8_000),
                PauseMsMax = 1 + (Draw() * 60),
                AbortAfter = aborts && side == 1 ? (long)(Draw() * 20_000) : null,
                MoveRate = moves ? 0.1 : 0,
                Settings = new TcpEngineSettings
                {
                    SegmentBytesMax = 100 + (int)(Draw() * 1_400),
                    FinWait2 = TimeSpan.FromDays(1),    // the wire may be bad for longer than the timer allows
                    ReceiveBytesMax = room,
                    RetransmissionsMax = 100,
                    Timestamps = seed % 2 == 0,
                    Nagle = seed % 3 == 0,
                    KeepAlive = seed % 5 == 0,
                    KeepAliveTimeout = TimeSpan.FromSeconds(2),
                    KeepAliveProbesMax = 100,
                    TicksPerSecond = seed % 7 == 0 ? 100 : 1000,
                },
            };
        }

        double Draw()
        {
            chance.Hits(1, out double drawn);
            return drawn;
        }
    }

    internal static WireFaults Faults(int seed)
    {
        var chance = new SeededChance(seed ^ 0x7654321);
        return new WireFaults
        {
            Delay = TimeSpan.FromMilliseconds(1 + (40 * Draw())),
            Jitter = TimeSpan.FromMilliseconds(30 * Draw()),
            Loss = 0.15 * Draw(),
            Duplication = 0.1 * Draw(),
            Corruption = 0.1 * Draw(),
            Reordering = 0.2 * Draw(),
            HeldBack = TimeSpan.FromMilliseconds(200 * Draw()),
        };

        double Draw()
        {
            chance.Hits(1, out double drawn);
            return drawn;
        }
    }

    /// <summary>Runs until nothing can happen any more, or until a bound of virtual time.</summary>
    /// <returns>False at the bound.</returns>
    internal bool Run(TimeSpan bound)
    {
        while (Now < bound)
        {
            var pair = new EnginePair(_wire, Left.Wired, Right.Wired);
            TimeSpan? act = Left.NextAct < (Right.NextAct ?? TimeSpan.MaxValue) ? Left.NextAct : Right.NextAct;
            TimeSpan? next = pair.NextDue is { } due && !(act <= due) ? due : act;
            if (next is not { } at)
                return true;
            pair.Advance(at);
            if (Left.NextAct <= Now)
                Left.Act();
            if (Right.NextAct <= Now)
                Right.Act();
        }

        return false;
    }

    private static SeqNumber Number(SeededChance chance)
    {
        chance.Hits(1, out double drawn);
        return new SeqNumber(uint.MaxValue - (uint)(drawn * 40_000));   // most streams pass the wrap
    }

    private static DelegatedState Delegated(
        SeqNumber ours, SeqNumber theirs, StationPlan us, StationPlan them) =>
        new()
        {
            SndUna = ours,
            RcvNxt = theirs,
            SndWnd = them.Settings.ReceiveBytesMax,
            MaxSndWnd = them.Settings.ReceiveBytesMax,
            RcvWnd = us.Settings.ReceiveBytesMax,
        };
}
