using ChimneyActors.Buffers;
using ChimneyActors.Conformance.Playing;
using ChimneyActors.Conformance.Stages;
using ChimneyActors.Embedding;
using ChimneyActors.Ndis;
using ChimneyActors.Targets.Simulated;

namespace ChimneyActors.Conformance.Cases;

/// <summary>DISC: closing the send half, and cutting off.</summary>
internal static class DisconnectCases
{
    private const int Much = 1 << 20;

    public static IReadOnlyList<ConformanceCase> All { get; } =
    [
        new("A graceful disconnect carries the last data and ends with its acknowledgement", CarriesLastData,
            "DISC-04", "DISC-12", "DISC-13", "DISC-20", "DISC-21", "DISC-25", "DISC-29", "DISC-36"),
        new("A graceful disconnect without data is acknowledged too", WithoutData, "DISC-02", "DISC-13", "DISC-20"),
        new("While the peer acknowledges nothing no graceful disconnect ends", WaitsForThePeer,
            "DISC-07", "DISC-13", "DISC-18", "DISC-37"),
        new("While the peer is silent a FIN that was sent completes nothing", SilentPeer, "DISC-13", "DISC-37")
            { Needs = Ability.Wire },
        new("The FIN does not wait for the acknowledgement of the data", FinDoesNotWait, "DISC-11")
            { Needs = Ability.Wire },
        new("All sends are completed, in order, before a graceful disconnect", AfterAllSends, "DISC-07", "DISC-29"),
        new("An abortive disconnect resets the peer and ends everything else first", Abortive,
            "DISC-05", "DISC-08", "DISC-14", "DISC-31", "DISC-33", "GEN-18"),
        new("An abortive disconnect waits for no indication and acknowledges nothing more", AbortiveAtOnce,
            "DISC-09", "DISC-10"),
        new("A reset of the peer aborts a disconnect that waits", ResetByPeer, "DISC-16", "DISC-18", "DISC-26"),
        new("An upload ends a disconnect that waits", UploadMeanwhile, "DISC-15", "DISC-18", "DISC-35"),
        new("After a graceful disconnect nothing more is sent", NothingAfter, "DISC-30", "DISC-32"),
        new("A disconnect is one of two kinds, and an abortive one is empty", OneOfTwo, "DISC-01", "DISC-03"),
        new("Both halves can be closed in either order, and the upload comes when it wants", EitherOrder,
            "DISC-12", "DISC-35", "DISC-36"),
    ];

    private static async Task CarriesLastData(Play play)
    {
        Line line = await play.OffloadAsync();
        _ = line.Send(3_000);
        DisconnectResult end = await play.Ends(line.Disconnect(DisconnectKind.Graceful, 500));
        play.Check("DISC-13", end.Status == NdisStatus.Success, $"ended with {end.Status}");
        await play.Until("DISC-04", "the peer has all data", () => line.Peer.Received == 3_500);
        await play.Until("DISC-04", "the peer has the FIN behind it", () => line.Peer.SawFin);
        play.Check("DISC-29", line.Peer.Wrong is null, $"at the peer {line.Peer.Wrong}");
        play.Check("DISC-13", line.Peer.Received == 3_500, "ended before the peer had all data");
        TraceEntry? back = play.Find(entry => entry.Is(Place.Target, Act.Up, OffloadOperation.Disconnect));
        play.Check("DISC-20", back is { Bytes: 500 }, $"says {back?.Bytes} of 500 bytes");
        play.Check("DISC-21", back is { Advanced: 500, Length: 0 }, $"moved its data by {back?.Advanced}");
        line.Peer.Say(2_000);
        await play.Until("DISC-12", "what the peer says after our FIN is heard", () => line.Taken == 2_000);
        UploadResult rest = await line.Upload();
        play.Check("DISC-25", rest.Socket is not null, "the connection was given up before its terminate");
        play.Check("DISC-36", rest.FinSent, "the state does not say that the FIN was sent");
    }

    private static async Task WithoutData(Play play)
    {
        Line line = await play.OffloadAsync();
        DisconnectResult end = await play.Ends(line.Disconnect(DisconnectKind.Graceful));
        play.Check("DISC-13", end.Status == NdisStatus.Success, $"ended with {end.Status}");
        TraceEntry? back = play.Find(entry => entry.Is(Place.Target, Act.Up, OffloadOperation.Disconnect));
        play.Check("DISC-20", back is { Bytes: 0 }, $"says {back?.Bytes} bytes");
        TraceEntry? down = play.Find(entry => entry.Is(Place.Target, Act.Down, OffloadOperation.Disconnect));
        play.Check("DISC-02", down is { Parcel: NetBufferList, Length: 0 }, $"came down as {down}", Stage.Binding);
        await play.Until("DISC-13", "the peer has the FIN", () => line.Peer.SawFin);
    }

    private static async Task WaitsForThePeer(Play play)
    {
        Line line = await play.OffloadAsync(LinePlan.Stuck);
        Task<SendResult> send = line.Send(Much);
        Task<DisconnectResult> end = line.Disconnect(DisconnectKind.Graceful, 100);
        await play.Until("DISC-37", "the disconnect comes to the target", () =>
            play.Find(entry => entry.Is(Place.Target, Act.Down, OffloadOperation.Disconnect)) is not null);
        await play.SettleAsync(line);
        play.Check("DISC-37", !end.IsCompleted, "ended although the peer reads nothing");
        play.Check("DISC-13", !end.IsCompleted, "ended although the peer has not acknowledged everything");
        play.Check("DISC-07", !end.IsCompleted || send.IsCompleted, "ended before a send");
        line.Peer.Reads = true;
        DisconnectResult result = await play.Ends(end);
        play.Check("DISC-18", result.Status == NdisStatus.Success, $"failed with {result.Status} for no reason");
        play.Check("DISC-13", line.Peer.Received >= Much || play.Stage is LoopbackStage,
            "ended before the peer had everything");
    }

    private static async Task SilentPeer(Play play)
    {
        Line line = await play.OffloadAsync();
        line.Wire.IsMute = true;
        Task<DisconnectResult> end = line.Disconnect(DisconnectKind.Graceful, 400);
        await play.Until("DISC-13", "the FIN comes to the peer", () => line.Peer.SawFin);
        await play.SettleAsync(line);
        play.Check("DISC-37", !end.IsCompleted, "ended though neither data nor FIN were acknowledged");
        play.Check("DISC-13", !end.IsCompleted, "ended on a FIN that was sent, not acknowledged");
        line.Wire.IsMute = false;
        DisconnectResult result = await play.Ends(end);
        play.Check("DISC-13", result.Status == NdisStatus.Success, $"ended with {result.Status}");
    }

    private static async Task FinDoesNotWait(Play play)
    {
        Line line = await play.OffloadAsync();
        line.Wire.IsMute = true;
        _ = line.Send(1_000);
        _ = line.Disconnect(DisconnectKind.Graceful, 500);
        await play.SettleAsync(line);
        play.Check("DISC-11", line.Wire.Ours.Any(seen => seen.Segment.Has(SegmentFlags.Fin)),
            "the FIN waits for an acknowledgement of the data");
        line.Wire.IsMute = false;
    }

    private static async Task AfterAllSends(Play play)
    {
        Line line = await play.OffloadAsync();
        Task<SendResult>[] sends = [.. line.SendChain(700, 800, 900), line.Send(1_000), line.Send(0)];
        DisconnectResult end = await play.Ends(line.Disconnect(DisconnectKind.Graceful, 100));
        foreach (Task<SendResult> send in sends)
            await play.Ends(send);
        TraceEntry[] ups = [.. line.Trace.Where(entry => entry is { Place: Place.Target, Act: Act.Up }
            && entry.Operation is OffloadOperation.Send or OffloadOperation.Disconnect)];
        play.Check("DISC-07", ups.Length == 6 && ups[^1].Operation == OffloadOperation.Disconnect,
            "the disconnect was not the last to be completed");
        play.Check("DISC-07", ups.Zip(ups[1..]).All(pair => pair.First.Offset <= pair.Second.Offset),
            "the sends before it were not completed in order");
        play.Check("DISC-29", end.Status == NdisStatus.Success && line.Peer.Wrong is null, $"{line.Peer.Wrong}");
    }

    private static async Task Abortive(Play play)
    {
        Line line = await play.OffloadAsync(LinePlan.Stuck);
        Task<SendResult> send = line.Send(Much);
        Task<Receipt> receive = line.Receive(100);
        Task<DisconnectResult> graceful = line.Disconnect(DisconnectKind.Graceful, 10);
        await play.SettleAsync(line);
        DisconnectResult end = await play.Ends(line.Disconnect(DisconnectKind.Abortive));
        play.Check("DISC-14", end.Status == NdisStatus.Success, $"ended with {end.Status}");
        play.Check("DISC-08", (await play.Ends(send)).Status == NdisStatus.RequestAborted, $"{send.Result}");
        play.Check("DISC-33", (await play.Ends(receive)).Status == NdisStatus.RequestAborted, $"{receive.Result}");
        play.Check("DISC-31", (await play.Ends(graceful)).Status == NdisStatus.RequestAborted, $"{graceful.Result}");
        TraceEntry[] ups = [.. line.Trace.Where(entry => entry is { Place: Place.Target, Act: Act.Up }
            && entry.Operation != OffloadOperation.Initiate)];
        bool isLast = ups[^1].Operation == OffloadOperation.Disconnect && ups[^1].Status == NdisStatus.Success;
        play.Check("DISC-08", isLast, "was completed before the sends");
        play.Check("DISC-33", isLast, "was completed before the receives");
        play.Check("DISC-31", isLast, "was completed before the older disconnect");
        line.Peer.Reads = true;
        await play.Until("DISC-05", "the peer has the RST", () => line.Peer.SawReset);
        SendResult after = await play.Ends(line.Send(10));
        play.Check("GEN-18", after is { Status: NdisStatus.RequestAborted, BytesAcknowledged: 0 }, $"{after}");
        DisconnectResult again = await play.Ends(line.Disconnect(DisconnectKind.Graceful));
        play.Check("GEN-18", again.Status == NdisStatus.RequestAborted, $"a disconnect after it: {again}");
    }

    private static async Task AbortiveAtOnce(Play play)
    {
        Line line = await play.OffloadAsync();
        line.Keeps = true;
        line.Peer.Say(5_000);
        await play.Until("DISC-09", "the host is told of data", () => line.Taken > 0);
        DisconnectResult end = await play.Ends(
            "DISC-09", "an abortive disconnect with data still out", line.Disconnect(DisconnectKind.Abortive));
        play.Check("DISC-09", end.Status == NdisStatus.Success, $"ended with {end.Status}");
        await play.Until("DISC-09", "the peer has the RST", () => line.Peer.SawReset);
        long taken = line.Taken;
        line.ReturnAll();
        await play.SettleAsync(line);
        play.Check("DISC-10", line.Taken == taken, "data was indicated after the abort");
        if (line.Peer is not SeededPeer)
            return;
        bool silent = line.Wire.Ours.SkipWhile(seen => !seen.Segment.Has(SegmentFlags.Rst))
            .All(seen => seen.Segment.Has(SegmentFlags.Rst));
        play.Check("DISC-10", silent, "segments were acknowledged after the RST");
    }

    private static async Task ResetByPeer(Play play)
    {
        Line line = await play.OffloadAsync(LinePlan.Stuck);
        Task<SendResult> send = line.Send(Much);
        Task<DisconnectResult> end = line.Disconnect(DisconnectKind.Graceful, 10);
        await play.SettleAsync(line);
        line.Peer.Reset();
        DisconnectResult result = await play.Ends(end);
        await play.Ends(send);
        play.Check("DISC-26", result.Status == NdisStatus.RequestAborted, $"ended with {result.Status}");
        play.Check("DISC-16", result.Status == NdisStatus.RequestAborted, $"ended with {result.Status}");
        await play.Until("DISC-18", "the host hears of the abort", () => line.Aborts == 1);
    }

    private static async Task UploadMeanwhile(Play play)
    {
        Line line = await play.OffloadAsync(LinePlan.Stuck);
        Task<SendResult> send = line.Send(Much);
        Task<DisconnectResult> end = line.Disconnect(DisconnectKind.Graceful, 10);
        await play.SettleAsync(line);
        UploadResult rest = await line.Upload();
        DisconnectResult result = await play.Ends(end);
        await play.Ends(send);
        play.Check("DISC-15", result.Status == NdisStatus.UploadInProgress, $"ended with {result.Status}");
        play.Check("DISC-18", result.Status == NdisStatus.UploadInProgress, $"ended with {result.Status}");
        play.Check("DISC-35", rest.Socket is not null, "the upload did not give the connection back");
    }

    private static async Task NothingAfter(Play play)
    {
        Line line = await play.OffloadAsync(LinePlan.Stuck);
        Task<SendResult> first = line.Send(Much);
        Task<DisconnectResult> end = line.Disconnect(DisconnectKind.Graceful, 10);
        SendResult late = await play.Ends(line.Connection.SendAsync(new byte[100]).AsTask());
        play.Check("DISC-30", late is { Status: NdisStatus.InvalidState, BytesAcknowledged: 0 }, $"{late}");
        Task<DisconnectResult> second = line.Connection.DisconnectAsync(DisconnectKind.Graceful, new byte[50]);
        line.Peer.Reads = true;
        DisconnectResult again = await play.Ends(second);
        play.Check("DISC-32", again.Status == NdisStatus.RequestAborted, $"{again}");
        await play.Ends(end);
        await play.Ends(first);
        await play.Until("DISC-32", "the peer has what was lawful", () => line.Peer.Received >= line.Sent);
        play.Check("DISC-32", line.Peer.Received == line.Sent, "something was sent for the second one");
        play.Check("DISC-30", line.Peer.Wrong is null, $"at the peer {line.Peer.Wrong}");
    }

    private static async Task OneOfTwo(Play play)
    {
        Line line = await play.OffloadAsync();
        foreach (DisconnectKind wrong in (DisconnectKind[])[0, (DisconnectKind)3, (DisconnectKind)4])
            play.Check("DISC-01", Throws(() => line.Connection.DisconnectAsync(wrong)), $"{wrong} was taken",
                Stage.Binding);
        play.Check("DISC-03", Throws(() => line.Connection.DisconnectAsync(DisconnectKind.Abortive, new byte[1])),
            "an abortive disconnect with data was taken", Stage.Binding);
        DisconnectResult end = await play.Ends(line.Disconnect(DisconnectKind.Abortive));
        TraceEntry? down = play.Find(entry => entry.Is(Place.Target, Act.Down, OffloadOperation.Disconnect));
        play.Check("DISC-03", end.Status == NdisStatus.Success && down is { Length: 0 }, $"{end}, came as {down}");
    }

    private static async Task EitherOrder(Play play)
    {
        Line ours = await play.OffloadAsync();
        await play.Ends(ours.Disconnect(DisconnectKind.Graceful, 10));
        ours.Peer.Say(10);
        ours.Peer.Finish();
        await play.Until("DISC-12", "the peer's end is heard behind ours", () => ours.Closes == 1 && ours.Taken == 10);
        Line theirs = await play.OffloadAsync();
        theirs.Peer.Finish();
        await play.Until("DISC-12", "the peer's FIN is heard", () => theirs.Closes == 1);
        DisconnectResult end = await play.Ends(theirs.Disconnect(DisconnectKind.Graceful, 10));
        play.Check("DISC-36", end is { Status: NdisStatus.Success, BytesAcknowledged: 10 }, $"{end} in CLOSE_WAIT");
        await ours.Upload();
        await theirs.Upload();
        Line open = await play.OffloadAsync();
        UploadResult rest = await open.Upload();
        play.Check("DISC-35", rest is { FinSent: false, Socket: not null }, "an upload closed the connection");
    }

    private static bool Throws(Action what)
    {
        try
        {
            what();
            return false;
        }
        catch (ArgumentException)
        {
            return true;
        }
    }
}
