using ChimneyActors.Buffers;
using ChimneyActors.Conformance.Playing;
using ChimneyActors.Conformance.Stages;
using ChimneyActors.Embedding;
using ChimneyActors.Ndis;
using ChimneyActors.Targets.Simulated;

namespace ChimneyActors.Conformance.Cases;

/// <summary>CAP-10: what the host wants of the TCP of an adapter, seen on the wire in virtual time.</summary>
internal static class ParameterCases
{
    private const Ability Needed = Ability.Wire | Ability.VirtualTime | Ability.Control;
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);

    private static readonly StagePlan Wanted = new()
    {
        Settings = """
            chimney.offload-parameters { ticks-per-second = 10, ack-frequency = 3, delayed-ack-ticks = 4
              retransmissions-max = 2, doubt-reachability-retransmissions = 1, sws-prevention-ticks = 0
              duplicate-ack-threshold = 2, push-ticks = 7, nce-stale-ticks = 50 }
            """,
    };

    public static IReadOnlyList<ConformanceCase> All { get; } =
    [
        new("As many segments as the host wants are acknowledged at once, one as late as it wants", Acks, "CAP-10")
            { Needs = Needed, Plan = Wanted },
        new("As many repetitions and duplicates as the host wants", Repetitions, "CAP-10")
            { Needs = Needed, Plan = Wanted },
        new("A request that is filled in part waits as long as the host wants", Push, "CAP-10", "TMR-05")
            { Needs = Needed, Plan = Wanted },
        new("A request that is filled in part waits for half a second, or for PSH", UsualPush,
            "TMR-05", "RECV-15", "RECV-17", "RECV-19", "DLV-09", "DLV-10") { Needs = Needed },
        new("A neighbor is stale, or in doubt, as soon as the host wants", Neighbors, "CAP-10", "NRQ-04", "NRQ-11")
            { Needs = Needed | Ability.Paths, Plan = Wanted },
        new("New wishes are for connections that are offloaded from then on", Later, "CAP-10") { Needs = Needed },
    ];

    private static async Task Acks(Play play)
    {
        Line line = await play.OffloadAsync();
        TimeSpan one = await AckedAfterAsync(play, line, 10);
        play.Check("CAP-10", Near(one, 0.4), $"one segment was acknowledged after {one}, not after 4 ticks");
        bool isTick = line.Wire.Ours.Last().At.Ticks % (TimeSpan.TicksPerSecond / 10) == 0;
        play.Check("CAP-10", isTick, $"at {line.Wire.Ours.Last().At}, which is no tick of a tenth of a second");
        for (int number = 1; number < 3; number++)
        {
            line.Peer.Say(10);
            await play.Stage.PassAsync(TimeSpan.FromMilliseconds(30));
        }
        play.Check("CAP-10", line.Wire.Line.Peer.Acknowledged == 10, "the second of three was acknowledged at once");
        TimeSpan three = await AckedAfterAsync(play, line, 10);
        play.Check("CAP-10", three < Second / 10, $"the third segment was acknowledged after {three}");
    }

    private static async Task Repetitions(Play play)
    {
        Line lost = await play.OffloadAsync();
        lost.Wire.Line.Wire.Faults = WireFaults.None with { Loss = 1 };
        Task<SendResult> sent = lost.Send(2_000);
        await play.Stage.PassAsync(TimeSpan.FromMilliseconds(100));
        lost.Wire.Line.Wire.Faults = WireFaults.None;
        int before = lost.Wire.Ours.Count();
        for (int number = 1; number <= 2; number++)
            lost.Wire.Forge(0, [], SegmentFlags.None, window: 256 * 1024);
        await play.Stage.PassAsync(TimeSpan.FromMilliseconds(50));
        play.Check("CAP-10", lost.Wire.Ours.Count() > before, "two duplicates did not trigger a fast retransmit");
        await play.Ends(sent);

        Line line = await play.OffloadAsync();
        line.Wire.IsMute = true;
        Task<SendResult> send = line.Send(500);
        await play.Ends("CAP-10", "giving up", line.Connection.UploadWanted);
        int times = line.Wire.Ours.Count(seen => seen.Segment.Data.Length > 0);
        play.Check("CAP-10", times == 3, $"sent {times} times, not once and 2 times again");
        await line.Upload();
        await send;
    }

    private static async Task Push(Play play)
    {
        TimeSpan after = await PushedAfterAsync(play);
        play.Check("CAP-10", Near(after, 0.7), $"ended after {after}, not after 7 ticks");
        play.Check("TMR-05", Near(after, 0.7), $"ended after {after}, not after 7 ticks");
    }

    private static async Task UsualPush(Play play)
    {
        TimeSpan after = await PushedAfterAsync(play);
        play.Check("TMR-05", Near(after, 0.5), $"ended after {after}");
        Line line = await play.OffloadAsync();
        Task<Receipt> receive = line.Receive(1_000);
        await line.HasSpace(1);
        Say(line, 0, SegmentFlags.None);
        await play.Stage.PassAsync(0.4 * Second);
        Say(line, 100, SegmentFlags.None);
        await play.Stage.PassAsync(0.4 * Second);
        play.Check("RECV-19", !receive.IsCompleted, "data did not restart the timer");
        Receipt got = await play.Ends("DLV-10", "a request that is filled in part", receive);
        bool isTimed = Near(play.Stage.Now - DataCameAt(line), 0.5) && got.Data.Length == 200;
        play.Check("DLV-10", isTimed, $"{got} at {play.Stage.Now}");
        play.Check("RECV-15", isTimed, $"{got} at {play.Stage.Now}");

        receive = line.Receive(1_000);
        await line.HasSpace(2);
        Say(line, 200, SegmentFlags.None);
        await play.Stage.PassAsync(0.1 * Second);
        play.Check("RECV-17", !receive.IsCompleted, "ended in part without PSH");
        Say(line, 300, SegmentFlags.Psh);
        got = await play.Ends("DLV-09", "a request that ends with PSH", receive);
        bool isPushed = play.Stage.Now - DataCameAt(line) < 0.1 * Second && got.Data.Length == 200;
        play.Check("DLV-09", isPushed, $"{got} at {play.Stage.Now}");
        play.Check("RECV-17", isPushed && got.IsAt(line, 200), $"{got} at {play.Stage.Now}");
    }

    private static void Say(Line line, long at, SegmentFlags flags) =>
        line.Wire.Forge(at, Pattern.Bytes(line.Peer.HostStream, at, 100), flags);

    private static async Task Neighbors(Play play)
    {
        Neighbor stale = TreeCases.NewNeighbor(play), doubted = TreeCases.NewNeighbor(play, 10);
        Line line = await TreeCases.OffloadAsync(play, TreeCases.NewPath(play, stale));
        Line other = await TreeCases.OffloadAsync(play, TreeCases.NewPath(play, doubted));
        await play.Ends(line.Send(10));
        await play.Ends(other.Send(10));
        await play.Stage.PassAsync(3 * Second);
        other.Wire.IsMute = true;
        Task<SendResult> send = other.Send(10);
        await play.Until("NRQ-11", "the host hears of the doubt", () => Asked(play).Contains(doubted.Handle));
        other.Wire.IsMute = false;
        await play.Ends(send);
        play.Check("CAP-10", other.Wire.Ours.Count(seen => seen.Segment.Data.Length > 0) <= 4,
            "it was not asked with the first repetition");
        play.Check("NRQ-04", !Asked(play).Contains(stale.Handle), "it was asked of a neighbor that is not stale");
        await play.Stage.PassAsync(5 * Second);
        await play.Ends(line.Send(10));
        await play.Until("CAP-10", "the host is asked after 50 ticks", () => Asked(play).Contains(stale.Handle));
    }

    private static async Task Later(Play play)
    {
        Line before = await play.OffloadAsync();
        foreach (Adapter adapter in play.Stage.Adapters)
            await play.Ends("CAP-10", "a set", TreeCases.Done(adapter.SetParametersAsync(
                adapter.Parameters! with { TcpDelayedAckTicks = 50, TcpAckFrequency = 10 })));
        Line after = await play.OffloadAsync();
        TimeSpan old = await AckedAfterAsync(play, before, 10), fresh = await AckedAfterAsync(play, after, 10);
        play.Check("CAP-10", Near(old, 0.2), $"a connection that was there acknowledges after {old}");
        play.Check("CAP-10", Near(fresh, 0.05), $"a later one acknowledges after {fresh}");
        await before.TryOffloadAsync(await before.Upload());
        old = await AckedAfterAsync(play, before, 10);
        play.Check("CAP-10", Near(old, 0.05), $"offloaded again it acknowledges after {old}");
    }

    /// <summary>How long after its arrival something that the peer says is acknowledged.</summary>
    private static async Task<TimeSpan> AckedAfterAsync(Play play, Line line, int bytes)
    {
        line.Peer.Say(bytes);
        long all = line.Peer.Said;
        await play.Until("CAP-10", "it is acknowledged", () => line.Wire.Line.Peer.Acknowledged == all);
        return line.Wire.Ours.Last().At - DataCameAt(line);
    }

    private static async Task<TimeSpan> PushedAfterAsync(Play play)
    {
        Line line = await play.OffloadAsync();
        Task<Receipt> receive = line.Receive(1_000);
        await line.HasSpace(1);
        Say(line, 0, SegmentFlags.None);
        Receipt got = await play.Ends("TMR-05", "a receive that is filled in part", receive);
        play.Check("TMR-05", got.Data.Length == 100, $"{got}");
        return play.Stage.Now - DataCameAt(line);
    }

    private static TimeSpan DataCameAt(Line line) =>
        line.Wire.Arrived.Last(seen => seen.Segment.Data.Length > 0).At;

    private static OffloadHandle[] Asked(Play play) =>
        [.. play.Trace.Where(entry => entry is { Place: Place.Target, Act: Act.Question })
            .Select(entry => entry.Connection)];

    private static bool Near(TimeSpan passed, double seconds) => Math.Abs(passed.TotalSeconds - seconds) < 0.11;
}
