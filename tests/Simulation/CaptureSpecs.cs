using ChimneyActors.Contract;
using ChimneyActors.Captures;
using ChimneyActors.Targets.Simulated;

namespace ChimneyActors.Simulation;

/// <summary>The segments of the wire, judged by a tool that did not grow up with them.</summary>
public sealed class CaptureSpecs
{
    private static readonly TimeSpan Bound = TimeSpan.FromDays(10);

    [Theory]
    [InlineData(1)]     // without timestamps
    [InlineData(2)]     // with
    [InlineData(3)]     // with Nagle
    public async Task On_a_clean_wire_nothing_is_odd(int seed)
    {
        (StationPlan left, StationPlan right) = Plans(seed);
        World world = new(seed, WireFaults.None, left, right);
        Tshark shark = await JudgeAsync(world);

        shark.Packets.ShouldAllBe(packet => packet.IsChecksumGood && !packet.IsMalformed);
        shark.Packets.Where(packet => packet.Severity >= Tshark.Warning).ShouldBeEmpty();
        shark.Packets.SelectMany(packet => packet.Analysis).Except(["window_update"]).ShouldBeEmpty();
        Streams(shark, world);
    }

    [Fact]
    public async Task The_handshake_is_marked_as_made_up_and_nothing_else_is()
    {
        (StationPlan left, StationPlan right) = Plans(1);
        Tshark shark = await JudgeAsync(new World(1, WireFaults.None, left, right));
        shark.Packets.Where(packet => packet.Comment.Contains("made up")).Select(packet => packet.Number)
            .ShouldBe([1, 2, 3]);
    }

    [Fact]
    public async Task A_slow_reader_shows_as_closed_windows_and_probes_and_as_nothing_else()
    {
        (StationPlan left, StationPlan right) = Plans(5);
        right = right with
        {
            PauseMsMax = 6_000,
            ReadBytesMax = 4_000,
            Settings = right.Settings with { ReceiveBytesMax = 4_000 },
        };
        World world = new(5, WireFaults.None, left, right);
        Tshark shark = await JudgeAsync(world);

        shark.Packets.ShouldAllBe(packet => packet.IsChecksumGood && !packet.IsMalformed);
        string[] flags = [.. shark.Packets.SelectMany(packet => packet.Analysis).Distinct()];
        flags.ShouldContain("zero_window_probe");
        flags.Except(
        [
            "window_update", "window_full", "zero_window", "zero_window_probe", "zero_window_probe_ack",
            "keep_alive", "keep_alive_ack",     // what a probe that was sent before looks like
        ]).ShouldBeEmpty();
        foreach (SharkPacket packet in shark.Packets)
        {
            packet.Analysis.Contains("zero_window").ShouldBe(packet.Window == 0, $"packet {packet.Number}");
            if (packet.Analysis.Contains("zero_window_probe"))
                packet.Length.ShouldBe(1);
        }

        Streams(shark, world);
    }

    [Fact]
    public async Task An_idle_connection_shows_keepalives_and_their_answers()
    {
        (StationPlan left, StationPlan right) = Plans(1);
        left = left with { PauseMsMax = 10_000, Settings = left.Settings with { KeepAlive = true } };
        World world = new(1, WireFaults.None, left, right with { Total = 0 });
        Tshark shark = await JudgeAsync(world);

        SharkPacket[] asked = [.. shark.Packets.Where(packet => packet.Analysis.Contains("keep_alive"))];
        asked.ShouldNotBeEmpty();
        asked.ShouldAllBe(packet => packet.IsFromLeft && packet.Length == 0);
        SharkPacket[] answers = [.. shark.Packets.Where(packet => packet.Analysis.Contains("keep_alive_ack"))];
        answers.ShouldAllBe(packet => !packet.IsFromLeft && packet.Length == 0);
        int crossed = shark.Packets.Count(packet => packet.Analysis.Contains("duplicate_ack"));
        (answers.Length + crossed).ShouldBe(asked.Length);      // one that crosses with new data is no answer to it
        shark.Packets.SelectMany(packet => packet.Analysis)
            .Except(["keep_alive", "keep_alive_ack", "duplicate_ack", "window_update"]).ShouldBeEmpty();
    }

    [Theory]
    [InlineData(11)]
    [InlineData(12)]
    [InlineData(13)]
    public async Task On_a_lossy_wire_only_loss_and_disorder_show(int seed)
    {
        (StationPlan left, StationPlan right) = Plans(seed);
        var faults = new WireFaults
        {
            Jitter = TimeSpan.FromMilliseconds(5), Loss = 0.05, Duplication = 0.02, Reordering = 0.1,
        };
        World world = new(seed, faults, left, right);
        Tshark shark = await JudgeAsync(world);

        shark.Packets.ShouldAllBe(packet => packet.IsChecksumGood && !packet.IsMalformed);
        string[] flags = [.. shark.Packets.SelectMany(packet => packet.Analysis).Distinct()];
        flags.ShouldContain("retransmission");
        flags.Except(
        [
            "window_update", "retransmission", "fast_retransmission", "spurious_retransmission", "out_of_order",
            "lost_segment", "duplicate_ack", "ack_lost_segment",
        ]).ShouldBeEmpty();
        Streams(shark, world);
    }

    [Fact]
    public async Task A_segment_that_the_wire_has_broken_is_seen_as_broken()
    {
        (StationPlan left, StationPlan right) = Plans(21);
        World world = new(21, new WireFaults { Corruption = 0.1 }, left, right);
        int broken = 0;
        world.Wire.Seen += seen => broken +=
            ReferenceEquals(seen.End, world.Wire.Left) && !seen.Segment.IsIntact ? 1 : 0;
        Tshark shark = await JudgeAsync(world);

        broken.ShouldBeGreaterThan(0);
        shark.Packets.Count(packet => !packet.IsChecksumGood).ShouldBe(broken);
    }

    [Fact]
    public void A_window_that_does_not_fit_needs_a_scale()
    {
        Segment wide = new Segment(default, default, SegmentFlags.Ack, 100_000, default).Sealed();
        Should.Throw<ArgumentOutOfRangeException>(() => Ipv4Packet.Of(default, default, wide));
        Ipv4Packet.Of(default, default, wide, windowScale: 1)[34..36].ShouldBe([50_000 >> 8, 50_000 & 0xFF]);
    }

    /// <summary>Quick readers, and enough to write.</summary>
    private static (StationPlan Left, StationPlan Right) Plans(int seed)
    {
        TcpEngineSettings settings = new()
        {
            Timestamps = seed % 2 == 0,
            Nagle = seed % 3 == 0,
            KeepAliveTimeout = TimeSpan.FromSeconds(1),
            FinWait2 = TimeSpan.FromDays(1),
            RetransmissionsMax = 100,
        };
        return (Plan(1), Plan(2));

        StationPlan Plan(int side) => new()
        {
            Seed = (seed * 2) + side, Total = 50_000 * side, PauseMsMax = 5, Settings = settings,
        };
    }

    private static async Task<Tshark> JudgeAsync(World world)
    {
        using var capture = new MemoryStream();
        _ = new WireCapture(world.Wire, world.Wire.Left, world.Start, world.Left.Plan.Settings, capture);
        world.Run(Bound).ShouldBeTrue(world.ToString());
        if (Environment.GetEnvironmentVariable("CHIMNEY_CAPTURE") is { } keep)
            File.WriteAllBytes(keep, capture.ToArray());
        return await Tshark.JudgeAsync(capture.ToArray());
    }

    private static void Streams(Tshark shark, World world)
    {
        shark.FromLeft.LongLength.ShouldBe(world.Left.Total);
        shark.FromRight.LongLength.ShouldBe(world.Right.Total);
        Pattern.Check(shark.FromLeft, 0);
        Pattern.Check(shark.FromRight, 0);
    }
}
