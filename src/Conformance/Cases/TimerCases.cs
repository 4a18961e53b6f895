using ChimneyActors.Conformance.Playing;
using ChimneyActors.Conformance.Stages;
using ChimneyActors.Embedding;
using ChimneyActors.Ndis;
using ChimneyActors.Targets.Simulated;

namespace ChimneyActors.Conformance.Cases;

/// <summary>TMR: the timers of a connection, seen on the wire in virtual time.</summary>
internal static class TimerCases
{
    private const Ability Timed = Ability.Wire | Ability.VirtualTime;
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);

    public static IReadOnlyList<ConformanceCase> All { get; } =
    [
        new("One segment is acknowledged late, two at once", DelayedAck, "TMR-01", "RIND-08") { Needs = Timed },
        new("A silent peer is probed after the timeout, each interval, and given up", KeepAlive,
            "TMR-01", "TMR-02", "TMR-08", "EVT-21")
        {
            Needs = Timed,
            Plan = new StagePlan { Settings = "chimney.offload-parameters.ticks-per-second = 10" },
        },
        new("A closed window is probed in rounds until it opens", Persist, "TMR-01", "TMR-09") { Needs = Timed },
        new("Lost data is sent again with growing patience, and then given up", Retransmit,
            "TMR-01", "TMR-10", "EVT-21")
        {
            Needs = Timed,
            Plan = new StagePlan { Settings = "chimney.offload-parameters.retransmissions-max = 3" },
        },
        new("FIN_WAIT_2 ends two minutes after the peer's last word", FinWait2, "TMR-01", "TMR-06", "EVT-21")
            { Needs = Timed },
        new("No timer wraps within weeks", Weeks, "TMR-03")
            { Needs = Timed, Plan = new StagePlan { Settings = "chimney.hang-watch.interval = 1 h" } },
        new("A delayed acknowledgement is sent before the upload, and not again", Leaving, "TERM-18", "TMR-04")
            { Needs = Timed },
        new("In TIME_WAIT the target asks for an upload", TimeWait, "TMR-07") { Needs = Timed },
        new("What is too small to be worth a segment waits for more room, and not for long", Silly, "TMR-11")
            { Needs = Timed },
        new("The clock of the timestamps moves with the connection", Stamps, "TMR-12") { Needs = Timed },
    ];

    private static async Task DelayedAck(Play play)
    {
        Line line = await play.OffloadAsync();
        TimeSpan said = play.Stage.Now;
        line.Peer.Say(100);
        await play.Until("TMR-01", "the segment is acknowledged", () => line.Wire.Line.Peer.Acknowledged == 100);
        TimeSpan late = line.Wire.Ours.Last().At - said;
        play.Check("TMR-01", late > TimeSpan.FromMilliseconds(50) && late < TimeSpan.FromMilliseconds(510),
            $"one segment was acknowledged after {late}");
        said = play.Stage.Now;
        line.Peer.Say(3_000);
        await play.Until("RIND-08", "the segments are acknowledged", () => line.Wire.Line.Peer.Acknowledged >= 2_920);
        TimeSpan soon = play.Stage.Now - said;
        play.Check("RIND-08", soon < TimeSpan.FromMilliseconds(200), $"several were acknowledged after {soon}");
    }

    private static async Task KeepAlive(Play play)
    {
        var ours = new TcpEngineSettings
        {
            KeepAlive = true,
            KeepAliveTimeout = 60 * Second,
            KeepAliveInterval = 5 * Second,
            KeepAliveProbesMax = 3,
            TicksPerSecond = 10,
        };
        Line line = await play.OffloadAsync(new LinePlan { Ours = ours });
        line.Wire.IsMute = true;
        TimeSpan begun = play.Stage.Now;
        TcpUploadReason reason = await play.Ends("TMR-08", "giving up a silent peer", line.Connection.UploadWanted);
        TimeSpan[] probes = [.. line.Wire.Ours.Select(seen => seen.At - begun)];
        play.Check("TMR-08", probes.Length == 3, $"{probes.Length} of 3 probes were sent");
        play.Check("TMR-08", probes.Length == 3 && Near(probes[0], 60) && Near(probes[1], 65) && Near(probes[2], 70),
            $"the probes came after {string.Join(", ", probes)}");
        play.Check("TMR-01", probes.Length > 0, "there is no keepalive timer");
        play.Check("TMR-02", probes.All(at => at.Ticks % (TimeSpan.TicksPerSecond / 10) == 0),
            $"timers of a tenth of a second ran out after {string.Join(", ", probes)}");
        play.Check("EVT-21", reason == TcpUploadReason.TimeoutExpiration, $"the reason is {reason}");
    }

    private static async Task Persist(Play play)
    {
        Line line = await play.OffloadAsync(LinePlan.Stuck);
        Task send = line.Send(100_000);
        await play.SettleAsync(line);
        int before = line.Wire.Ours.Count();
        await play.Stage.PassAsync(120 * Second);
        TimeSpan[] probes = [.. line.Wire.Ours.Skip(before).Select(seen => seen.At)];
        play.Check("TMR-09", probes.Length is >= 2 and < 60, $"{probes.Length} probes in two minutes");
        TimeSpan[] gaps = [.. probes.Zip(probes.Skip(1)).Select(pair => pair.Second - pair.First)];
        play.Check("TMR-09", gaps.Zip(gaps.Skip(1)).All(pair => pair.Second >= pair.First),
            $"the rounds do not grow: {string.Join(", ", gaps)}");
        play.Check("TMR-01", probes.Length > 0, "there is no persist timer");
        line.Peer.Reads = true;
        await play.Until("TMR-09", "the peer has all data", () => line.Peer.Received == 100_000);
        await send;
    }

    private static async Task Retransmit(Play play)
    {
        var ours = new TcpEngineSettings { RetransmissionsMax = 3 };
        Line line = await play.OffloadAsync(new LinePlan { Ours = ours });
        line.Wire.IsMute = true;
        Task send = line.Send(500);
        TcpUploadReason reason = await play.Ends("TMR-10", "giving up", line.Connection.UploadWanted);
        TimeSpan[] sent = [.. line.Wire.Ours.Where(seen => seen.Segment.Data.Length > 0).Select(seen => seen.At)];
        play.Check("TMR-10", sent.Length == 4, $"sent {sent.Length} times, not once and 3 times again");
        TimeSpan[] gaps = [.. sent.Zip(sent.Skip(1)).Select(pair => pair.Second - pair.First)];
        play.Check("TMR-10", gaps.Zip(gaps.Skip(1)).All(pair => pair.Second > pair.First),
            $"its patience does not grow: {string.Join(", ", gaps)}");
        play.Check("TMR-01", gaps.Length > 0, "there is no retransmission timer");
        play.Check("EVT-21", reason == TcpUploadReason.TimeoutExpiration, $"the reason is {reason}");
        await line.Upload();
        await send;
    }

    private static async Task FinWait2(Play play)
    {
        Line line = await play.OffloadAsync();
        await play.Ends(line.Disconnect(DisconnectKind.Graceful));
        TimeSpan begun = play.Stage.Now;
        TcpUploadReason reason = await play.Ends("TMR-06", "the end of FIN_WAIT_2", line.Connection.UploadWanted);
        TimeSpan passed = play.Stage.Now - begun;
        play.Check("TMR-06", Near(passed, 120), $"it ended after {passed}");
        play.Check("TMR-06", line.Wire.Line.State == TcpConnectionState.Closed, $"it is {line.Wire.Line.State}");
        play.Check("TMR-01", Near(passed, 120), "there is no FIN_WAIT_2 timer");
        play.Check("EVT-21", reason == TcpUploadReason.TimeoutExpiration, $"the reason is {reason}");
    }

    private static async Task Weeks(Play play)
    {
        TimeSpan tenWeeks = TimeSpan.FromDays(70);
        var ours = new TcpEngineSettings { KeepAlive = true, KeepAliveTimeout = tenWeeks };
        Line line = await play.OffloadAsync(new LinePlan { Ours = ours });
        TimeSpan begun = play.Stage.Now;
        await play.Stage.PassAsync(tenWeeks + Second);
        TimeSpan[] probes = [.. line.Wire.Ours.Select(seen => seen.At - begun)];
        play.Check("TMR-03", probes is [{ TotalDays: > 69.99 and < 70.01 }], $"after {string.Join(", ", probes)}");
    }

    private static async Task Leaving(Play play)
    {
        Line line = await play.OffloadAsync();
        line.Peer.Say(100);
        await play.Until("TERM-18", "the segment is heard", () => line.Taken == 100);
        bool owed = !line.Wire.Ours.Any();
        UploadResult rest = await line.Upload();
        play.Check("TERM-18", owed && line.Wire.Ours.Any(), "what was received was not acknowledged before the upload");
        int before = line.Wire.Ours.Count();
        await line.TryOffloadAsync(rest);
        await play.SettleAsync(line);
        play.Check("TMR-04", line.Wire.Ours.Count() == before, "the timer of the acknowledgement was carried over");
    }

    private static async Task Stamps(Play play)
    {
        Line line = await play.OffloadAsync(new LinePlan { Ours = new TcpEngineSettings { Timestamps = true } });
        await play.Ends(line.Send(100));
        await play.Stage.PassAsync(3 * Second);
        await line.TryOffloadAsync(await line.Upload());
        await play.Stage.PassAsync(3 * Second);
        await play.Ends(line.Send(100));
        WireSighting[] ours = [.. line.Wire.Ours.Where(seen => seen.Segment.Data.Length > 0)];
        play.Check("TMR-12", ours.Length == 2 && ours.All(seen => seen.Segment.Stamps is not null), "without a stamp");
        if (ours.Length != 2 || ours[0].Segment.Stamps is not { } first || ours[1].Segment.Stamps is not { } second)
            return;
        double ticks = unchecked(second.Value - first.Value);
        double passed = (ours[1].At - ours[0].At).TotalMilliseconds;
        play.Check("TMR-12", Math.Abs(ticks - passed) <= 2, $"in {passed} ms the clock moved by {ticks} ticks");
    }

    private static async Task TimeWait(Play play)
    {
        Line line = await play.OffloadAsync();
        await play.Ends(line.Disconnect(DisconnectKind.Graceful));
        await play.SettleAsync(line);
        bool early = line.Connection.UploadWanted.IsCompleted;
        line.Peer.Finish();
        TcpUploadReason reason = await play.Ends("TMR-07", "a wish for upload", line.Connection.UploadWanted);
        play.Check("TMR-07", !early && reason == TcpUploadReason.UploadRequested, $"asked early: {early}, {reason}");
        play.Check("TMR-07", line.Wire.Line.State == TcpConnectionState.TimeWait, $"it is {line.Wire.Line.State}");
        UploadResult rest = await line.Upload();
        play.Check("TMR-07", rest is { Socket: not null, FinSent: true }, "was not given back");
    }

    /// <summary>The peer has room for so little that waiting may bring more.</summary>
    private static async Task Silly(Play play)
    {
        Line line = await play.OffloadAsync();
        line.Wire.Forge(0, [], SegmentFlags.None, window: 100);
        await play.SettleAsync(line);
        TimeSpan begun = play.Stage.Now;
        Task<SendResult> send = line.Send(3_000);
        await play.Until("TMR-11", "something is sent", () => line.Wire.Ours.Any(IsData));
        WireSighting first = line.Wire.Ours.First(IsData);
        double waited = (first.At - begun).TotalSeconds;
        play.Check("TMR-11", waited is > 0.19 and < 0.3, $"it waited for {waited} s");
        int length = first.Segment.Data.Length;
        play.Check("TMR-11", length == 100, $"{length} bytes into a window of 100");
        await play.Ends(send);
        line.Wire.Forge(0, [], SegmentFlags.None, window: 100);
        await play.SettleAsync(line);
        begun = play.Stage.Now;
        int before = line.Wire.Ours.Count(IsData);
        await play.Ends(line.Send(50));
        waited = (line.Wire.Ours.Where(IsData).ElementAt(before).At - begun).TotalSeconds;
        play.Check("TMR-11", waited < 0.1, $"a list that fits was held for {waited} s");

        static bool IsData(WireSighting seen) => seen.Segment.Data.Length > 0;
    }

    private static bool Near(TimeSpan passed, double seconds) => Math.Abs(passed.TotalSeconds - seconds) < 0.5;
}
