using ChimneyActors.Buffers;
using ChimneyActors.Conformance.Playing;
using ChimneyActors.Conformance.Stages;
using ChimneyActors.Embedding;
using ChimneyActors.Ndis;

namespace ChimneyActors.Conformance.Cases;

/// <summary>RECV: space for data of the peer.</summary>
internal static class ReceiveCases
{
    public static IReadOnlyList<ConformanceCase> All { get; } =
    [
        new("Posted space is filled in order and not indicated", Filled,
            "RECV-01", "RECV-02", "RECV-03", "RECV-07", "RECV-12", "RECV-13", "RECV-16", "DLV-03", "DLV-04", "DLV-07"),
        new("One post comes back in several completions", InPieces, "RECV-21", "RECV-22", "RECV-01"),
        new("Push mode gives what is there, non-push mode only full space", Modes, "RECV-14", "RECV-18"),
        new("A buffer that holds data is filled up behind it", FilledUp, "RECV-20", "RECV-13"),
        new("A receive may be posted from inside of a completion", FromInside, "RECV-05", "RECV-06"),
        new("A reset aborts posted receives, and what they hold counts", Reset,
            "RECV-08", "RECV-24", "RECV-26", "GEN-19"),
        new("An upload gives posted receives back, and what they hold counts", Upload,
            "RECV-09", "RECV-26", "TERM-12", "GEN-19"),
        new("At the end of the stream posted receives come back before it is said", EndOfStream,
            "RECV-03", "RECV-10", "RECV-25", "RECV-26"),
        new("A receive of no bytes succeeds in its turn and takes no data", NoBytes, "RECV-03", "RECV-27"),
    ];

    private static async Task Filled(Play play)
    {
        Line line = await play.OffloadAsync();
        Task<Receipt>[] posted = [line.Receive(100), line.Receive(200), line.Receive(300)];
        await play.Until("DLV-03", "all space comes to the target", () => Downs(line) == 3);
        line.Peer.Say(600);
        long at = 0;
        foreach (Task<Receipt> receive in posted)
        {
            Receipt got = await play.Ends("RECV-16", "full space", receive);
            play.Check("RECV-07", got.Status == NdisStatus.Success, $"ended with {got.Status}");
            play.Check("RECV-01", got.IsAt(line, at), $"does not hold what the peer sent at {at}");
            at += got.Data.Length;
        }
        play.Check("RECV-12", at == 600, $"{at} of 600 bytes are counted");
        TraceEntry[] ups = Ups(line);
        play.Check("RECV-13", ups.All(entry => entry.Advanced == entry.Bytes), "the data start was not moved so far");
        play.Check("RECV-02", line.Taken == 0, "data was indicated although there was space");
        play.Check("DLV-04", line.Taken == 0, "data was indicated although there was space");
        play.Check("DLV-07", ups.Length == 3 && ups.All(entry => entry.Length == 0), "full space was not completed");
        play.Check("RECV-03", ups.Length == 3, $"{ups.Length} of 3 receives were completed");
        play.Check("RECV-07", line.Connection.BytesReceived == 600, $"{line.Connection.BytesReceived} bytes received");
    }

    private static async Task FilledUp(Play play)
    {
        Line line = await play.OffloadAsync();
        Task<Receipt> space = line.Receive(100, noPush: true);
        await line.HasSpace(1);
        line.Peer.Say(100);
        var buffer = new byte[300];
        Receipt first = await play.Ends(space);
        first.Data.CopyTo(buffer, 0);
        Task<ReceiveResult> fill = line.Fill(buffer, 100);
        await line.HasSpace(2);
        line.Peer.Say(150);
        await play.SettleAsync(line);
        play.Check("RECV-20", !fill.IsCompleted, "completed before it was full");
        line.Peer.Say(50);
        ReceiveResult rest = await play.Ends(fill);
        play.Check("RECV-13", rest.BytesReceived == 200, $"{rest}");
        play.Check("RECV-20", Pattern.FirstWrong(line.Peer.HostStream, 0, buffer) is null, "data does not follow on");
    }

    private static async Task InPieces(Play play)
    {
        Line line = await play.OffloadAsync();
        Task<Receipt>[] posted = line.ReceiveChain(100, 100, 100, 100);
        await line.HasSpace(4);
        line.Peer.Say(200);
        Receipt first = await play.Ends(posted[0]);
        Receipt second = await play.Ends(posted[1]);
        await play.SettleAsync(line);
        play.Check("RECV-21", !posted[2].IsCompleted, "space without data was completed");
        line.Peer.Say(150);
        Receipt third = await play.Ends(posted[2]);
        Receipt fourth = await play.Ends(posted[3]);
        Receipt[] all = [first, second, third, fourth];
        play.Check("RECV-01", all.Index().All(one =>
            one.Item.IsAt(line, all.Take(one.Index).Sum(got => got.Data.Length))), "they are not in order");
        play.Check("RECV-21", all.Sum(got => got.Data.Length) == 350, "not all data is there");
        foreach (IGrouping<int, TraceEntry> message in Ups(line).GroupBy(entry => entry.Message))
            play.Check("RECV-22", message.SkipLast(1).All(entry => entry.Length == 0),
                "a completion carries partly filled space that is not its last");
    }

    private static async Task Modes(Play play)
    {
        Line push = await play.OffloadAsync();
        Task<Receipt> some = push.Receive(1_000);
        await push.HasSpace(1);
        push.Peer.Say(400);
        Receipt got = await play.Ends("RECV-14", "a receive in push mode", some);
        play.Check("RECV-14", got is { Status: NdisStatus.Success, Data.Length: 400 } && got.IsAt(push, 0), $"{got}");
        Line full = await play.OffloadAsync();
        Task<Receipt> all = full.Receive(1_000, noPush: true);
        await full.HasSpace(1);
        full.Peer.Say(400);
        await play.Until("RECV-18", "the peer has spoken", () => full.Peer.Said == 400);
        await play.SettleAsync(full);
        play.Check("RECV-18", !all.IsCompleted, "partly filled space was completed in non-push mode");
        full.Peer.Say(600);
        got = await play.Ends("RECV-18", "full space in non-push mode", all);
        play.Check("RECV-14", got is { Status: NdisStatus.Success, Data.Length: 1_000 } && got.IsAt(full, 0), $"{got}");
    }

    private static async Task FromInside(Play play)
    {
        Line line = await play.OffloadAsync();
        var later = new TaskCompletionSource<Receipt>();
        Task<Receipt> first = line.Receive(100);
        _ = first.ContinueWith(async _ => later.TrySetResult(await line.Receive(100)),
            TaskContinuationOptions.ExecuteSynchronously);
        await line.HasSpace(1);
        line.Peer.Say(100);
        await play.Ends(first);
        await play.Until("RECV-05", "the second receive comes to the target", () => Downs(line) == 2);
        line.Peer.Say(100);
        Receipt second = await play.Ends("RECV-05", "a receive posted inside of a completion", later.Task);
        play.Check("RECV-05", second is { Status: NdisStatus.Success, Data.Length: 100 } && second.IsAt(line, 100),
            $"{second}");
        TraceEntry[] seen = [.. line.Trace.Where(entry => entry.Operation == OffloadOperation.Receive
            && entry.Place == Place.Target)];
        play.Check("RECV-06", seen.Select(entry => entry.Act).SequenceEqual([Act.Down, Act.Up, Act.Down, Act.Up]),
            "posts and completions overlap", Stage.Binding);
    }

    private static async Task Reset(Play play)
    {
        (Line line, Task<Receipt> half) = await HalfFull(play);
        Task<Receipt> second = line.Receive(50);
        await line.HasSpace(2);
        line.Peer.Reset();
        await EndsInPart(play, line, half, second, NdisStatus.RequestAborted, "RECV-08", "RECV-24");
    }

    private static async Task Upload(Play play)
    {
        (Line line, Task<Receipt> half) = await HalfFull(play);
        Task<Receipt> second = line.Receive(50);
        await play.SettleAsync(line);
        await line.Upload();
        await EndsInPart(play, line, half, second, NdisStatus.UploadInProgress, "RECV-09", "TERM-12");
    }

    private static async Task EndOfStream(Play play)
    {
        (Line line, Task<Receipt> half) = await HalfFull(play);
        Task<Receipt> second = line.Receive(50);
        await line.HasSpace(2);
        line.Peer.Finish();
        Receipt first = await play.Ends("RECV-26", "space in non-push mode at the end of the stream", half);
        play.Check("RECV-26", first is { Status: NdisStatus.Success, Data.Length: 400 }, $"{first}");
        Receipt empty = await play.Ends("RECV-25", "space at the end of the stream", second);
        play.Check("RECV-25", empty is { Status: NdisStatus.Success, Data.Length: 0 }, $"{empty}");
        await play.Until("RECV-25", "the end of the stream is said", () => line.Closes == 1);
        TraceEntry[] seen = [.. line.Trace.Where(entry => entry.Place == Place.Target)];
        int said = Array.FindIndex(seen, entry => entry.Said?.Type == TcpOffloadEventType.Disconnect);
        int last = Array.FindLastIndex(seen, entry => entry.Is(Place.Target, Act.Up, OffloadOperation.Receive));
        play.Check("RECV-25", last < said, "the end was said before the receives came back");
        Receipt late = await play.Ends("RECV-10", "a receive behind the end", line.Receive(10));
        play.Check("RECV-10", late is { Status: NdisStatus.InvalidState, Data.Length: 0 }, $"{late}");
        play.Check("RECV-03", Ups(line).Length == 2, $"{Ups(line).Length} of 2 receives were completed");
    }

    private static async Task NoBytes(Play play)
    {
        Line line = await play.OffloadAsync();
        Task<Receipt> before = line.Receive(100, noPush: true);
        Task<Receipt> empty = line.Receive(0);
        await play.Until("RECV-03", "both come to the target", () => Downs(line) == 2);
        await play.SettleAsync(line);
        play.Check("RECV-27", !empty.IsCompleted, "ended before its turn");
        line.Peer.Say(110);
        await play.Ends(before);
        Receipt got = await play.Ends("RECV-27", "a receive of no bytes", empty);
        play.Check("RECV-27", got is { Status: NdisStatus.Success, Data.Length: 0 }, $"{got}");
        await play.Until("RECV-27", "the data behind it is indicated", () => line.Taken == 10);
        play.Check("RECV-03", Ups(line).Length == 2, $"{Ups(line).Length} of 2 receives were completed");
    }

    /// <summary>A connection with space that holds 400 of 1,000 bytes.</summary>
    private static async Task<(Line Line, Task<Receipt> Half)> HalfFull(Play play)
    {
        Line line = await play.OffloadAsync();
        Task<Receipt> half = line.Receive(1_000, noPush: true);
        await line.HasSpace(1);
        line.Peer.Say(400);
        await play.SettleAsync(line);
        return (line, half);
    }

    private static async Task EndsInPart(
        Play play, Line line, Task<Receipt> half, Task<Receipt> empty, NdisStatus status, params string[] rules)
    {
        Receipt first = await play.Ends(half);
        Receipt second = await play.Ends(empty);
        foreach (string rule in rules)
            play.Check(rule, first.Status == status && second.Status == status, $"ended with {first}, {second}");
        play.Check("RECV-26", first.Status == status, $"space in non-push mode ended with {first}");
        play.Check("GEN-19", first.Data.Length is 400 or 0 && first.IsAt(line, 0), $"says {first.Data.Length} bytes");
        if (status == NdisStatus.UploadInProgress)
            play.Check("GEN-19", first.Data.Length == 400, $"says {first.Data.Length} of 400 bytes");
    }

    private static int Downs(Line line) =>
        line.Trace.Count(entry => entry.Is(Place.Target, Act.Down, OffloadOperation.Receive));

    private static TraceEntry[] Ups(Line line) =>
        [.. line.Trace.Where(entry => entry.Is(Place.Target, Act.Up, OffloadOperation.Receive))];
}
