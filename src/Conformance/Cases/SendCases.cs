using ChimneyActors.Buffers;
using ChimneyActors.Conformance.Playing;
using ChimneyActors.Conformance.Stages;
using ChimneyActors.Embedding;
using ChimneyActors.Ndis;
using ChimneyActors.Targets.Simulated;

namespace ChimneyActors.Conformance.Cases;

/// <summary>SEND: data to the peer.</summary>
internal static class SendCases
{
    private const int Much = 1 << 20;

    public static IReadOnlyList<ConformanceCase> All { get; } =
    [
        new("A send succeeds with all its bytes when the peer has acknowledged them", Succeeds,
            "SEND-03", "SEND-09", "SEND-10"),
        new("While the peer is silent no send succeeds", Silent, "SEND-03") { Needs = Ability.Wire },
        new("While the peer does not read, sends are taken and queued", Queued, "GEN-05", "SEND-02", "SEND-03"),
        new("Chains and calls come to the peer in their order, and back in it", InOrder,
            "SEND-01", "SEND-12", "GEN-11", "GEN-09"),
        new("A send of no bytes succeeds in its turn", Nothing, "SEND-22"),
        new("A reset fails everything behind what the peer has", Reset, "SEND-04", "SEND-05", "SEND-07", "SEND-08",
            "GEN-19"),
        new("An upload gives sends back, with what was acknowledged", Upload,
            "SEND-06", "SEND-08", "SEND-15", "SEND-17", "SEND-18", "GEN-19"),
        new("Each list ends with PSH, fragmentation is not needed, and no data is urgent", Segments,
            "SEND-13", "SEND-14", "SEND-19") { Needs = Ability.Wire },
        new("A host keeps about as much outstanding as the target says is best", Pace, "SEND-21"),
    ];

    private static async Task Succeeds(Play play)
    {
        Line line = await play.OffloadAsync();
        SendResult sent = await play.Ends(line.Send(10_000));
        play.Check("SEND-03", sent.Status == NdisStatus.Success, $"ended with {sent.Status}");
        play.Check("SEND-09", sent.BytesAcknowledged == 10_000, $"says {sent.BytesAcknowledged} of 10000 bytes");
        TraceEntry? back = play.Find(entry => entry.Is(Place.Target, Act.Up, OffloadOperation.Send));
        play.Check("SEND-10", back is { Advanced: 10_000, Length: 0 }, $"moved its data by {back?.Advanced}");
        await play.Until("SEND-03", "the peer has all data", () => line.Peer.Received == 10_000);
    }

    private static async Task Silent(Play play)
    {
        Line line = await play.OffloadAsync();
        line.Wire.IsMute = true;
        Task<SendResult> send = line.Send(2_000);
        await play.Until("SEND-03", "the data comes to the peer", () => line.Peer.Received == 2_000);
        await play.SettleAsync(line);
        play.Check("SEND-03", !send.IsCompleted, "ended though nothing was acknowledged");
        line.Wire.IsMute = false;
        SendResult sent = await play.Ends(send);
        play.Check("SEND-03", sent is { Status: NdisStatus.Success, BytesAcknowledged: 2_000 }, $"{sent}");
    }

    private static async Task Queued(Play play)
    {
        Line line = await play.OffloadAsync(LinePlan.Stuck);
        Task<SendResult>[] sends = [.. Enumerable.Range(0, 20).Select(_ => line.Send(Much / 10))];
        await play.Until("SEND-02", "all sends come to the target", () => line.Trace.Count(entry =>
            entry.Is(Place.Target, Act.Down, OffloadOperation.Send)) == sends.Length);
        await play.SettleAsync(line);
        play.Check("GEN-05", Array.TrueForAll(sends, send => !send.IsFaulted), "a send was not taken");
        play.Check("SEND-03", !sends[^1].IsCompleted, "the last one ended although the peer does not read");
        line.Peer.Reads = true;
        foreach (Task<SendResult> send in sends)
            play.Check("GEN-05", (await play.Ends(send)).Status == NdisStatus.Success, $"ended with {send.Result}");
    }

    private static async Task InOrder(Play play)
    {
        Line line = await play.OffloadAsync();
        var sends = new List<Task<SendResult>>();
        for (int round = 0; round < 10; round++)
            sends.AddRange([.. line.SendChain(100, 1, 3_000, 50), line.Send(700)]);
        foreach (Task<SendResult> send in sends)
            await play.Ends(send);
        await play.Until("SEND-01", "the peer has all data", () => line.Peer.Received == line.Sent);
        play.Check("SEND-01", line.Peer.Wrong is null, $"at the peer {line.Peer.Wrong}");
        TraceEntry[] downs = Of(line, Act.Down);
        TraceEntry[] ups = Of(line, Act.Up);
        play.Check("GEN-11", downs.Zip(downs[1..]).All(pair => pair.First.Offset < pair.Second.Offset),
            "the lists came to the target in another order");
        play.Check("SEND-12", ups.Select(entry => entry.Offset).SequenceEqual(downs.Select(entry => entry.Offset)),
            "the lists came back in another order");
        play.Check("GEN-09", ups.GroupBy(entry => entry.Message).All(message =>
            message.All(entry => entry.Operation == OffloadOperation.Send)), "a completion carries more than sends");
    }

    private static async Task Nothing(Play play)
    {
        Line line = await play.OffloadAsync(LinePlan.Stuck);
        Task<SendResult> first = line.Send(Much);
        Task<SendResult> empty = line.Send(0);
        Task<SendResult> last = line.Send(10);
        await play.SettleAsync(line);
        play.Check("SEND-22", !empty.IsCompleted, "ended before what is before it");
        line.Peer.Reads = true;
        SendResult sent = await play.Ends(empty);
        play.Check("SEND-22", sent is { Status: NdisStatus.Success, BytesAcknowledged: 0 }, $"{sent}");
        await play.Ends(first);
        await play.Ends(last);
    }

    private static async Task Reset(Play play)
    {
        Line line = await play.OffloadAsync(LinePlan.Stuck);
        Task<SendResult>[] sends = [.. line.SendChain(1_000, Much, 10, 10), line.Send(10)];
        await play.Until("SEND-07", "the sends come to the target", () => Of(line, Act.Down).Length == 5);
        await play.SettleAsync(line);
        line.Peer.Reset();
        var results = new List<SendResult>();
        foreach (Task<SendResult> send in sends)
            results.Add(await play.Ends(send));
        int failed = results.FindIndex(sent => sent.Status != NdisStatus.Success);
        play.Check("SEND-07", failed >= 0 && results[failed].Status == NdisStatus.RequestAborted,
            "no send was aborted");
        play.Check("SEND-05", failed >= 0 && results[failed..].All(sent => sent.Status == NdisStatus.RequestAborted),
            "a send behind the failed one has another status");
        InPart(play, line, results, [1_000, Much, 10, 10, 10]);
    }

    private static async Task Upload(Play play)
    {
        Line line = await play.OffloadAsync(LinePlan.Stuck);
        Task<SendResult>[] sends = [.. line.SendChain(1_000, Much, 10), line.Send(10)];
        await play.Until("SEND-06", "the sends come to the target", () => Of(line, Act.Down).Length == 4);
        await play.SettleAsync(line);
        Task<UploadResult> upload = line.Upload();
        SendResult late = await play.Ends(line.Connection.SendAsync(new byte[10]).AsTask());
        play.Check("SEND-15", late.Status == NdisStatus.UploadInProgress, $"during the upload: {late}");
        play.Check("SEND-17", line.Trace.SkipWhile(entry =>
                !entry.Is(Place.Target, Act.Down, OffloadOperation.Terminate))
            .All(entry => !entry.Is(Place.Target, Act.Down, OffloadOperation.Send)),
            "a send came behind the terminate");
        await upload;
        var results = new List<SendResult>();
        foreach (Task<SendResult> send in sends)
            results.Add(await play.Ends(send));
        play.Check("SEND-06", results[^1].Status == NdisStatus.UploadInProgress, $"the last one: {results[^1]}");
        play.Check("SEND-18", results.TrueForAll(sent =>
            sent.Status is NdisStatus.Success or NdisStatus.UploadInProgress), "a send has another status");
        InPart(play, line, results, [1_000, Much, 10, 10]);
    }

    /// <summary>At most one was sent in part, and each count is that of a stream that was acknowledged from its
    /// beginning.</summary>
    private static void InPart(Play play, Line line, List<SendResult> results, int[] lengths)
    {
        int parts = results.Zip(lengths).Count(pair =>
            pair.First.BytesAcknowledged > 0 && pair.First.BytesAcknowledged < pair.Second);
        play.Check("SEND-08", parts <= 1, $"{parts} sends were sent in part");
        bool full = results.Zip(lengths).All(pair =>
            (pair.First.Status == NdisStatus.Success) == (pair.First.BytesAcknowledged == pair.Second)
            || pair.First.Status != NdisStatus.Success);
        bool straight = results.Zip(lengths).SkipWhile(pair => pair.First.BytesAcknowledged == pair.Second).Skip(1)
            .All(pair => pair.First.BytesAcknowledged == 0);
        play.Check("GEN-19", full && straight, "the counts are not those of one stream");
        if (play.Missed.Contains("SEND-04"))
            play.Check("SEND-04", full, $"success with bytes missing at connection {line.Handle}");
    }

    private static async Task Segments(Play play)
    {
        Line line = await play.OffloadAsync();
        long[] ends = [2_000, 2_500, 7_000];
        foreach (Task<SendResult> send in line.SendChain(2_000, 500, 4_500))
            await play.Ends(send);
        Segment[] data = [.. line.Wire.Ours.Select(seen => seen.Segment).Where(segment => segment.Data.Length > 0)];
        long at = 0;
        var pushed = new List<long>();
        foreach (Segment segment in data)
        {
            at += segment.Data.Length;
            if (segment.Has(SegmentFlags.Psh))
                pushed.Add(at);
        }
        play.Check("SEND-13", ends.All(pushed.Contains) || pushed.Contains(ends[^1]), "the last segment has no PSH");
        play.Check("SEND-14", data.All(segment => !segment.Has(SegmentFlags.Urg)), "urgent data was sent");
        play.Check("SEND-19", data.All(segment => segment.IpId >= 0x8000), "an IP id from the lower half");
    }

    private static async Task Pace(Play play)
    {
        const int Piece = 1_000;
        Line line = play.NewLine(LinePlan.Stuck with { PeerReads = true });
        var user = new Stayer();
        ResilientConnection host = user.Connection = await play.Ends(ResilientConnection.OpenAsync(
            play.Stage.Chimney.Binding(Stage.Binding), line.Peer.Socket, user));
        await play.Ends(SendBy(host, line, 0, Much));      // more than the way holds: from now on the target knows
        if (host.Repairs > 0)
            throw new CaseOverException("the connection had to be moved");
        line.Peer.Reads = false;
        Task<SendResult>[] sends = [.. Enumerable.Range(0, Much / Piece).Select(index =>
            SendBy(host, line, Much + (index * Piece), Piece))];
        long all = sends.Length * (long)Piece;
        await play.Until("SEND-21", "the host gives as much as is best", () =>
            Best(play) > 0 && Outstanding(play) >= Math.Min(Best(play), all));
        await play.Stage.SettleAsync(play.Find(entry => entry.Operation == OffloadOperation.Initiate)!.Connection);
        long best = Best(play), outstanding = Outstanding(play);
        play.Check("SEND-21", outstanding < best + Piece || best >= all,
            $"{outstanding} bytes are outstanding, {best} would be best", Stage.Binding);
        line.Peer.Reads = true;
        foreach (Task<SendResult> send in sends)
            play.Check("SEND-21", (await play.Ends(send)).Status == NdisStatus.Success, $"{send.Result}");
        await play.Ends(host.CloseAsync());
    }

    /// <summary>How much the target has said last that it would have.</summary>
    private static long Best(Play play) => play.Trace.LastOrDefault(entry =>
        entry is { Place: Place.Target, Said.Type: TcpOffloadEventType.SendBacklogChange })?.Said!.Information ?? 0;

    /// <summary>What the host has given to the driver under test, which may be in no hurry, and not got back.</summary>
    private static long Outstanding(Play play) => play.Trace.Where(entry => entry.Place == Place.Above
        && entry.Operation == OffloadOperation.Send).Sum(entry => entry.Act == Act.Down ? entry.Length : -entry.Bytes);

    private static Task<SendResult> SendBy(ResilientConnection host, Line line, int at, int length)
    {
        var done = new TaskCompletionSource<SendResult>();
        host.Send(Pattern.Bytes(line.Peer.PeerStream, at, length), (_, sent) => done.SetResult(sent), null);
        return done.Task;
    }

    private static TraceEntry[] Of(Line line, Act act) =>
        [.. line.Trace.Where(entry => entry.Is(Place.Target, act, OffloadOperation.Send))];

    /// <summary>Ends a connection that is moved: it would be moved again and again where a driver keeps what it is
    /// given.</summary>
    private sealed class Stayer : IConnectionUser
    {
        public ResilientConnection? Connection { get; set; }

        public void OnReceived(ReceivedData data) => data.Return();

        public void OnPeerClosed()
        {
        }

        public void OnAborted()
        {
        }

        public void OnMoved(TimeSpan took) => _ = Connection?.CloseAsync();
    }
}
