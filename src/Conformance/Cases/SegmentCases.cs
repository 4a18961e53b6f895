using ChimneyActors.Conformance.Playing;
using ChimneyActors.Conformance.Stages;
using ChimneyActors.Embedding;
using ChimneyActors.Ndis;
using ChimneyActors.Targets.Simulated;

namespace ChimneyActors.Conformance.Cases;

/// <summary>PKT: segments that need special care, made up by the kit.</summary>
internal static class SegmentCases
{
    public static IReadOnlyList<ConformanceCase> All { get; } =
    [
        new("A target only transfers data", DataOnly, "PKT-02", "DISC-36") { Needs = Ability.Wire },
        new("Urgent data stands still until the host has the connection", Urgent, "PKT-03", "EVT-12", "EVT-08")
            { Needs = Ability.Wire },
        new("A SYN at the next number gives the connection to the host, another one is answered", Syn, "PKT-04")
            { Needs = Ability.Wire },
        new("A RST is believed at the next number, challenged in the window, and else dropped", Rst,
            "PKT-05", "EVT-04") { Needs = Ability.Wire },
        new("A connection on a VLAN hears only what is on it", OtherVlan, "PKT-06")
            { Needs = Ability.Wire | Ability.Paths },
        new("A packet has a tag if there is something to say in it", Tags, "PKT-07")
            { Needs = Ability.Wire | Ability.Paths },
    ];

    private static async Task OtherVlan(Play play)
    {
        var onFive = new LinePlan { Vlan = 5 };
        Line line = await TreeCases.OffloadAsync(
            play, TreeCases.NewPath(play, TreeCases.NewNeighbor(play, vlan: 5)), onFive);
        Line any = await TreeCases.OffloadAsync(play, TreeCases.NewPath(play, TreeCases.NewNeighbor(play)), onFive);
        line.Wire.Forge(0, new byte[100], SegmentFlags.None, vlan: 6);
        line.Wire.Forge(0, [], SegmentFlags.Rst, vlan: 6);
        await play.SettleAsync(line);
        play.Check("PKT-06", line.Taken == 0 && line.Aborts == 0, "it hears what is on another VLAN");
        line.Peer.Say(100);
        any.Peer.Say(100);
        await play.Until("PKT-06", "both hear what is on VLAN 5", () => line.Taken == 100 && any.Taken == 100);
        play.Check("PKT-06", line.Wrong is null, $"at the host {line.Wrong}");
        any.Wire.Forge(100, Pattern.Bytes(any.Peer.HostStream, 100, 50), SegmentFlags.None, vlan: 6);
        await play.Until("PKT-06", "without an id of its own it takes everything", () => any.Taken == 150);
    }

    private static async Task Tags(Play play)
    {
        Line plain = await TreeCases.OffloadAsync(play, TreeCases.NewPath(play, TreeCases.NewNeighbor(play)));
        Line tagged = await TreeCases.OffloadAsync(
            play, TreeCases.NewPath(play, TreeCases.NewNeighbor(play, vlan: 5)), new LinePlan { Vlan = 5 });
        FrameHeader? none = await FrameAsync(play, plain), id = await FrameAsync(play, tagged);
        foreach (Line line in (Line[])[plain, tagged])
            await play.Ends("PKT-07", "an update",
                TreeCases.Done(line.Connection.UpdateAsync(new TcpOffloadStateCached { UserPriority = 3 })));
        FrameHeader? priority = await FrameAsync(play, plain), both = await FrameAsync(play, tagged);
        play.Check("PKT-07", none is { IsTagged: false }, $"neither id nor priority: {none}");
        play.Check("PKT-07", id is { IsTagged: true, VlanId: 5, Priority: 0 }, $"an id: {id}");
        play.Check("PKT-07", priority is { IsTagged: true, VlanId: 0, Priority: 3 }, $"a priority: {priority}");
        play.Check("PKT-07", both is { IsTagged: true, VlanId: 5, Priority: 3 }, $"both: {both}");
    }

    private static async Task<FrameHeader?> FrameAsync(Play play, Line line)
    {
        await play.Ends(line.Send(100));
        return line.Wire.Ours.Last(seen => seen.Segment.Data.Length > 0).Segment.Frame;
    }

    private static async Task DataOnly(Play play)
    {
        Line line = await play.OffloadAsync();
        await play.Ends(line.Send(5_000));
        line.Peer.Say(5_000);
        line.Peer.Finish();
        await play.Until("PKT-02", "the peer is heard", () => line.Closes == 1);
        await play.Ends(line.Disconnect(DisconnectKind.Graceful));
        play.Check("PKT-02", line.Wire.Ours.All(seen => !seen.Segment.Has(SegmentFlags.Syn)), "a SYN was sent");
        play.Check("DISC-36", line.Wire.Line.State is TcpConnectionState.Closed or TcpConnectionState.TimeWait,
            $"closed by both it is {line.Wire.Line.State}");
    }

    private static async Task Urgent(Play play)
    {
        Line line = await play.OffloadAsync();
        line.Peer.Say(100);
        await play.Until("PKT-03", "the data before is heard", () => line.Taken == 100);
        line.Wire.Forge(100, Pattern.Bytes(line.Peer.HostStream, 100, 50), SegmentFlags.Urg);
        TcpUploadReason reason = await play.Ends("PKT-03", "the wish for upload", line.Connection.UploadWanted);
        play.Check("PKT-03", reason == TcpUploadReason.ReceivedUrgentData, $"the reason is {reason}");
        play.Check("EVT-08", reason == TcpUploadReason.ReceivedUrgentData, $"the reason is {reason}");
        line.Peer.Say(200);         // the urgent bytes are the first of these
        await play.SettleAsync(line);
        play.Check("PKT-03", line.Taken == 100, "urgent data was indicated");
        play.Check("EVT-12", line.Wire.Line.Peer.Acknowledged <= 100, "it goes on acknowledging");
        UploadResult rest = await line.Upload();
        play.Check("PKT-03", rest.Positions.Received == 100, $"{rest.Positions}");
        await play.SettleAsync(line);
        await line.TryOffloadAsync(rest);
        await play.Until("PKT-03", "the host's stream goes on", () => line.Taken == 300);
        play.Check("PKT-03", line.Wrong is null, $"at the host {line.Wrong}");
    }

    private static async Task Syn(Play play)
    {
        Line line = await play.OffloadAsync();
        int before = line.Wire.Ours.Count();
        line.Wire.Forge(500, [], SegmentFlags.Syn);
        await play.SettleAsync(line);
        WireSighting[] answers = [.. line.Wire.Ours.Skip(before)];
        play.Check("PKT-04", answers is [{ Segment.Flags: SegmentFlags.Ack }], $"{answers.Length} answers to a SYN");
        play.Check("PKT-04", !line.Connection.UploadWanted.IsCompleted, "a SYN elsewhere ended the connection");
        line.Wire.Forge(0, [], SegmentFlags.Syn);
        TcpUploadReason reason = await play.Ends("PKT-04", "the wish for upload", line.Connection.UploadWanted);
        play.Check("PKT-04", reason == TcpUploadReason.InvalidState, $"the reason is {reason}");
        await line.Upload();
        play.Check("PKT-04", line.Wire.Line.State == TcpConnectionState.Closed, $"it is {line.Wire.Line.State}");
    }

    private static async Task Rst(Play play)
    {
        Line line = await play.OffloadAsync();
        int before = line.Wire.Ours.Count();
        line.Wire.Forge(-1_000, [], SegmentFlags.Rst);
        await play.SettleAsync(line);
        play.Check("PKT-05", line.Wire.Ours.Count() == before && line.Aborts == 0,
            "an old RST was answered or believed");
        line.Wire.Forge(500, [], SegmentFlags.Rst);
        await play.SettleAsync(line);
        WireSighting[] answers = [.. line.Wire.Ours.Skip(before)];
        play.Check("PKT-05", answers is [{ Segment.Flags: SegmentFlags.Ack }], $"{answers.Length} challenges");
        play.Check("PKT-05", line.Aborts == 0, "a RST elsewhere in the window was believed");
        line.Wire.Forge(0, [], SegmentFlags.Rst);
        await play.Until("PKT-05", "a RST at the next number is believed", () => line.Aborts == 1);
        play.Check("EVT-04", line.Aborts == 1, $"was said {line.Aborts} times");
    }
}
