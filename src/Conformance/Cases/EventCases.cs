using ChimneyActors.Buffers;
using ChimneyActors.Conformance.Playing;
using ChimneyActors.Conformance.Stages;
using ChimneyActors.Embedding;
using ChimneyActors.Ndis;
using ChimneyActors.Targets.Simulated;

namespace ChimneyActors.Conformance.Cases;

/// <summary>EVT: what a connection says unasked.</summary>
internal static class EventCases
{
    private const int Much = 1 << 20;
    private static readonly LinePlan Impatient = new()
    {
        Ours = new TcpEngineSettings { RetransmissionsMax = 3, RetransmitMax = TimeSpan.FromSeconds(4) },
    };

    public static IReadOnlyList<ConformanceCase> All { get; } =
    [
        new("The end of the stream is said behind all its data, and closes one half", EndOfStream,
            "EVT-02", "EVT-03", "EVT-07", "EVT-22", "EVT-26", "EVT-01"),
        new("A reset is said first, and then everything is aborted", Reset,
            "EVT-04", "EVT-05", "EVT-07", "EVT-23", "EVT-22", "EVT-26", "GEN-18"),
        new("A peer that never answers leads to a wish for upload, which the host decides", TimesOut,
            "EVT-08", "EVT-09", "EVT-12", "EVT-21", "GEN-15", "TERM-01", "EVT-11", "EVT-15")
            { Needs = Ability.Wire | Ability.VirtualTime },
        new("The send backlog follows the path, and is said seldom", Backlog, "EVT-16", "EVT-17"),
        new("A FIN while data is refused waits for the host", FinWaits, "EVT-02"),
        new("A wish that leaves a choice may be declined, and said again", Declined,
            "EVT-10", "EVT-13", "EVT-26", "IM-11"),
        new("What comes to a connection that was reset goes to the host the ordinary way", Closed, "EVT-25")
            { Needs = Ability.Wire },
    ];

    private static async Task EndOfStream(Play play)
    {
        Line line = await play.OffloadAsync();
        line.Peer.Say(20_000);
        line.Peer.Finish();
        await play.Until("EVT-02", "the host hears of the peer's FIN", () => line.Closes > 0);
        play.Check("EVT-02", line.Taken == 20_000, $"after {line.Taken} of 20000 bytes");
        SendResult sent = await play.Ends(line.Send(5_000));
        play.Check("EVT-03", sent is { Status: NdisStatus.Success, BytesAcknowledged: 5_000 },
            $"a send after it: {sent}");
        play.Check("EVT-22", line.Closes == 1, $"was said {line.Closes} times");
        play.Check("EVT-26", line.Closes == 1 && Events(line, TcpOffloadEventType.Disconnect).Length == 1,
            "did not come through once", Stage.Driver);
        play.Check("EVT-01", Events(line, TcpOffloadEventType.Disconnect)[0].Connection == line.Handle, "of another");
        UploadResult rest = await line.Upload();
        play.Check("EVT-07", rest.Socket is not null, "the connection was given up before its terminate");
    }

    private static async Task Reset(Play play)
    {
        Line line = await play.OffloadAsync(LinePlan.Stuck);
        Task<SendResult> send = line.Send(Much);
        Task<Receipt> receive = line.Receive(100);
        Task<DisconnectResult> end = line.Disconnect(DisconnectKind.Graceful, 10);
        await play.SettleAsync(line);
        line.Peer.Reset();
        await play.Until("EVT-04", "the host hears of the abort", () => line.Aborts > 0);
        play.Check("EVT-04", (await play.Ends(send)).Status == NdisStatus.RequestAborted, $"{send.Result}");
        play.Check("EVT-04", (await play.Ends(end)).Status == NdisStatus.RequestAborted, $"{end.Result}");
        play.Check("EVT-04", (await play.Ends(receive)).Status == NdisStatus.RequestAborted, $"{receive.Result}");
        TraceEntry[] seen = [.. line.Trace.Where(entry => entry.Place == Place.Target)];
        int said = Array.FindIndex(seen, entry => entry.Said?.Type == TcpOffloadEventType.Abort);
        int first = Array.FindIndex(seen, entry => entry is { Act: Act.Up, Status: NdisStatus.RequestAborted });
        play.Check("EVT-23", said >= 0 && said < first, "a request was aborted before it was said");
        play.Check("EVT-05", said >= 0, "was never said");
        play.Check("EVT-22", line.Closes == 0, "an end of the stream was said as well");
        play.Check("EVT-26", line.Aborts == 1, $"came through {line.Aborts} times", Stage.Driver);
        SendResult late = await play.Ends(line.Send(10));
        play.Check("GEN-18", late is { Status: NdisStatus.RequestAborted, BytesAcknowledged: 0 }, $"{late}");
        Receipt space = await play.Ends(line.Receive(10));
        play.Check("GEN-18", space is { Status: NdisStatus.RequestAborted, Data.Length: 0 }, $"{space}");
        play.Check("EVT-07", play.Stage.Chimney.Connections == 1, "the connection was given up before its terminate");
    }

    private static async Task TimesOut(Play play)
    {
        Line line = await play.OffloadAsync(Impatient);
        line.Wire.IsMute = true;
        Task<SendResult> send = line.Send(1_000);
        Task<TcpUploadReason> wish = line.Connection.UploadWanted;
        TcpUploadReason reason = await play.Ends("EVT-21", "the wish for upload", wish);
        play.Check("EVT-08", Enum.IsDefined(reason) && reason != TcpUploadReason.None, $"the reason is {reason}");
        play.Check("EVT-21", reason == TcpUploadReason.TimeoutExpiration, $"the reason is {reason}");
        play.Check("EVT-11", OffloadEvents.IsMandatory(reason), $"{reason} leaves a choice");
        play.Check("EVT-09", line.Trace.All(entry => entry.Said is null || entry.Connection == line.Handle),
            "of others");
        int before = line.Wire.Ours.Count();
        SendResult late = await play.Ends(line.Send(10));
        bool ended = late.Status is NdisStatus.UploadInProgress or NdisStatus.RequestAborted;
        play.Check("GEN-15", ended, $"a send after it: {late}");
        await play.SettleAsync(line);
        play.Check("EVT-12", line.Wire.Ours.Count() == before, "it goes on sending");
        play.Check("TERM-01", line.Trace.All(entry => entry.Operation != OffloadOperation.Terminate), "by itself");
        await line.Upload();
        await play.Ends(send);
        play.Check("EVT-15", line.IsUploaded, "cannot be taken back");
    }

    private static async Task Backlog(Play play)
    {
        Line line = await play.OffloadAsync();
        for (int round = 0; round < 20; round++)
            await play.Ends(line.Send(1 + (round * 777)));
        TraceEntry[] said = Events(line, TcpOffloadEventType.SendBacklogChange);
        play.Check("EVT-17", said.Length <= 10, $"was said {said.Length} times for 20 sends");
        play.Check("EVT-16", said.Select(entry => entry.Said!.Information).Distinct().Count() == said.Length,
            "the same value was said again");
        play.Check("EVT-16", Array.TrueForAll(said, entry => entry.Said!.Information > 0), "a value makes no sense");
    }

    private static async Task FinWaits(Play play)
    {
        Line line = await play.OffloadAsync();
        line.Refuses = true;
        line.Peer.Say(10);
        line.Peer.Finish();
        await play.Until("EVT-02", "data is refused", () => line.Trace.Any(entry => entry is
            { Place: Place.Target, Act: Act.Answer, Source: TcpOffloadReceiveRefused }));
        await play.SettleAsync(line);
        play.Check("EVT-02", line.Closes == 0 && Events(line, TcpOffloadEventType.Disconnect).Length == 0,
            "was said before the host had the data");
        line.Refuses = false;
        await play.Ends(line.Receive(100, noPush: true));
        await play.Until("EVT-02", "the host hears of the peer's FIN", () => line.Closes == 1);
    }

    private static async Task Declined(Play play)
    {
        Line line = await play.OffloadAsync();
        var wish = new TcpOffloadEvent(
            line.Handle, TcpOffloadEventType.Retrieve, (long)TcpUploadReason.LowActivity, 0);
        for (int time = 0; time < 3; time++)
            play.Stage.Say(wish);
        TcpUploadReason reason = await play.Ends("EVT-26", "the wish", line.Connection.UploadWanted);
        play.Check("EVT-26", reason == TcpUploadReason.LowActivity, $"came up as {reason}", Stage.Driver);
        play.Check("IM-11", reason == TcpUploadReason.LowActivity, $"came up as {reason}", Stage.Driver);
        SendResult sent = await play.Ends(line.Send(1_000));
        play.Check("EVT-13", sent.Status == NdisStatus.Success, $"after a wish that was declined: {sent}");
        line.Peer.Say(1_000);
        await play.Until("EVT-13", "the peer is still heard", () => line.Taken == 1_000);
        play.Check("EVT-10", !play.Violations.Any(), "a wish that was said again was taken for a mistake");
    }

    private static async Task Closed(Play play)
    {
        Line line = await play.OffloadAsync();
        line.Peer.Say(100);
        await play.Until("EVT-25", "the data before reaches the host", () => line.Taken == 100);
        var came = new List<byte[]>();
        line.Wire.Line.Ordinary = segment => came.Add(segment.ToArray());
        line.Peer.Reset();
        await play.Until("EVT-25", "the host hears of the abort", () => line.Aborts == 1);
        int before = line.Wire.Ours.Count();
        byte[] data = Pattern.Bytes(line.Peer.HostStream, 100, 50);
        line.Wire.Forge(100, data, SegmentFlags.Psh);
        await play.SettleAsync(line);
        play.Check("EVT-25", came.Count == 1 && came[0].AsSpan().EndsWith(data),
            $"{came.Count} segments came to the host");
        play.Check("EVT-25", line.Taken == 100 && line.Wire.Ours.Count() == before, "the target looked at it itself");
    }

    private static TraceEntry[] Events(Line line, TcpOffloadEventType type) =>
        [.. line.Trace.Where(entry => entry.Place == Place.Target && entry.Said?.Type == type)];
}
