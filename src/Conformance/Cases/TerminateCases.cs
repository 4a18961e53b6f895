using ChimneyActors.Buffers;
using ChimneyActors.Conformance.Playing;
using ChimneyActors.Conformance.Stages;
using ChimneyActors.Embedding;
using ChimneyActors.Ndis;

namespace ChimneyActors.Conformance.Cases;

/// <summary>TERM: taking a connection back.</summary>
internal static class TerminateCases
{
    private const int Much = 1 << 20;

    public static IReadOnlyList<ConformanceCase> All { get; } =
    [
        new("Everything outstanding ends before the terminate, with true counts", EverythingEnds,
            "TERM-03", "TERM-05", "TERM-08", "TERM-12", "TERM-13", "TERM-20", "TERM-28"),
        new("Terminating is not closing: the connection goes on with the host, and on a target again", GoesOn,
            "TERM-30", "TERM-24", "TERM-01", "SEND-06"),
        new("A connection can be taken back in any state", AnyState, "TERM-23", "TERM-20", "TERM-21"),
        new("After the terminate the handle is dead", Dead, "TERM-29", "TERM-04", "IM-19"),
        new("When the adapter is pulled out everything ends at once", Removed, "LIFE-12", "TERM-20"),
        new("A terminate waits for the answer to an indication", WaitsForAnswer, "TERM-06", "TERM-15"),
        new("Before a part of the chimney is disabled, what uses it is taken back", Disabled, "TERM-26"),
    ];

    private static async Task Disabled(Play play)
    {
        Line[] lines = [await play.OffloadAsync(), await play.OffloadAsync()];
        Task<TcpUploadReason>[] wishes = [.. lines.Select(line => line.Connection.UploadWanted)];
        Adapter nic = play.Stage.Chimney.Adapter($"nic{AdapterOf(lines[0])}");
        var only6 = new TcpTaskOffload(IPv4: false, IPv6: true);
        await play.Ends("TERM-26", "the request", play.Stage.Chimney.Binding(Stage.Binding)
            .RequestAsync(Oid.TcpTaskOffload, OidMethod.Set, only6, nic.Name));
        foreach (Line line in lines.Where(line => AdapterOf(line) == AdapterOf(lines[0])))
        {
            play.Check("TERM-26", line.Trace.Any(entry => entry.Is(Place.Target, Act.Up, OffloadOperation.Terminate)),
                "it is disabled, and a connection uses it still", Stage.Binding);
            await play.Ends("TERM-26", "its host is told", wishes[Array.IndexOf(lines, line)]);
        }
        play.Check("TERM-26", !nic.Configuration.SupportIPv4, "it is not disabled");
    }

    private static int AdapterOf(Line line) =>
        line.Trace.First(entry => entry.Is(Place.Below, Act.Down, OffloadOperation.Initiate)).Adapter;

    private static async Task EverythingEnds(Play play)
    {
        Line line = await play.OffloadAsync(LinePlan.Stuck);
        Task<SendResult> send = line.Send(Much);
        Task<Receipt> receive = line.Receive(1_000, noPush: true);
        await line.HasSpace(1);
        line.Peer.Say(300);
        Task<DisconnectResult> end = line.Disconnect(DisconnectKind.Graceful, 10);
        await play.Until("TERM-03", "all come to the target", () => line.Trace.Count(entry =>
            entry is { Place: Place.Target, Act: Act.Down }) == 4);
        await play.SettleAsync(line);
        await line.Upload();
        SendResult sent = await play.Ends(send);
        Receipt got = await play.Ends(receive);
        await play.Ends(end);
        play.Check("TERM-08", sent.Status == NdisStatus.UploadInProgress, $"{sent}");
        play.Check("TERM-12", got is { Status: NdisStatus.UploadInProgress, Data.Length: 300 } && got.IsAt(line, 0),
            $"{got}");
        TraceEntry? closed = play.Find(entry => entry.Is(Place.Target, Act.Up, OffloadOperation.Disconnect));
        play.Check("TERM-13", closed is { Status: NdisStatus.UploadInProgress, Bytes: 0 }, $"{closed}");
        TraceEntry[] ups = [.. line.Trace.Where(entry => entry is { Place: Place.Above, Act: Act.Up })];
        bool last = ups[^1].Operation == OffloadOperation.Terminate;
        play.Check("TERM-05", last && ups.Length == 5, "the terminate was not the last to be completed");
        play.Check("TERM-28", last, "the terminate overtook a completion on its way up");
        play.Check("TERM-20", ups[^1].Status == NdisStatus.Success, $"{ups[^1]}");
        TraceEntry[] downs = [.. line.Trace.Where(entry => entry is { Place: Place.Target, Act: Act.Down })];
        play.Check("TERM-03", downs[^1].Operation == OffloadOperation.Terminate, "came before what was asked earlier");
    }

    private static async Task GoesOn(Play play)
    {
        Line line = await play.OffloadAsync();
        for (int round = 0; round < 3; round++)
        {
            SendResult sent = await play.Ends(line.Send(2_000));
            play.Check("SEND-06", sent.Status == NdisStatus.Success, $"{sent}");
            line.Peer.Say(1_000);
            UploadResult rest = await line.Upload();
            play.Check("TERM-30", rest is { Socket: not null, FinSent: false }, "the connection was closed");
            play.Check("TERM-24", rest.Positions.Acknowledged == line.Sent, $"{rest.Positions}");
            await play.Ends(line.TryOffloadAsync(rest));
        }
        long all = line.Peer.Said;
        await play.Until("TERM-30", "nothing is lost over it", () =>
            line.Taken == all && line.Peer.Received == line.Sent);
        play.Check("TERM-30", line.Wrong is null && line.Peer.Wrong is null, $"{line.Wrong} {line.Peer.Wrong}");
        int asked = line.Trace.Count(entry => entry.Is(Place.Target, Act.Down, OffloadOperation.Terminate));
        play.Check("TERM-01", asked == 0, "was taken back without being asked");
    }

    private static async Task AnyState(Play play)
    {
        Line established = await play.OffloadAsync();
        play.Check("TERM-23", (await established.Upload()).Socket is not null, "ESTABLISHED");
        Line closing = await play.OffloadAsync();
        await play.Ends(closing.Disconnect(DisconnectKind.Graceful));
        play.Check("TERM-23", (await closing.Upload()).FinSent, "FIN_WAIT_2");
        Line closed = await play.OffloadAsync();
        closed.Peer.Finish();
        await play.Until("TERM-23", "the peer's FIN is heard", () => closed.Closes == 1);
        play.Check("TERM-23", (await closed.Upload()).Socket is not null, "CLOSE_WAIT");
        Line reset = await play.OffloadAsync();
        reset.Peer.Reset();
        await play.Until("TERM-23", "the reset is heard", () => reset.Aborts == 1);
        await reset.Upload();
        TraceEntry[] ups =
            [.. play.Trace.Where(entry => entry.Is(Place.Target, Act.Up, OffloadOperation.Terminate))];
        play.Check("TERM-20", ups.All(entry => entry.Status is NdisStatus.Success or NdisStatus.Failure), "its status");
        play.Check("TERM-21", play.Stage.Chimney.Connections == 0, "connections are left behind");
    }

    private static async Task Dead(Play play)
    {
        Line line = await play.OffloadAsync();
        await line.Upload();
        SendResult late = await play.Ends(line.Connection.SendAsync(new byte[10]).AsTask());
        play.Check("TERM-29", late is { Status: not NdisStatus.Success, BytesAcknowledged: 0 }, $"{late}");
        DisconnectResult end = await play.Ends(line.Connection.DisconnectAsync(DisconnectKind.Graceful));
        play.Check("TERM-29", end.Status != NdisStatus.Success, $"{end}");
        await play.SettleAsync(line);
        TraceEntry? after = play.Trace.SkipWhile(entry =>
                !entry.Is(Place.Target, Act.Down, OffloadOperation.Terminate)).Skip(1)
            .FirstOrDefault(entry => entry is { Place: Place.Target, Act: Act.Down });
        play.Check("TERM-04", after is null, $"came to the target after its terminate: {after}", Stage.Binding);
        play.Check("IM-19", play.Stage.Chimney.Connections == 0, "it is still known in the stack");
    }

    private static async Task Removed(Play play)
    {
        Line line = await play.OffloadAsync(LinePlan.Stuck);
        Task<SendResult> send = line.Send(Much);
        Task<Receipt> receive = line.Receive(100);
        await play.SettleAsync(line);
        await play.Stage.RemoveAsync();
        SendResult sent = await play.Ends("LIFE-12", "a send at an adapter that is gone", send);
        Receipt got = await play.Ends("LIFE-12", "a receive at an adapter that is gone", receive);
        play.Check("LIFE-12", sent.Status == NdisStatus.RequestAborted, $"{sent}");
        play.Check("LIFE-12", got.Status == NdisStatus.RequestAborted, $"{got}");
        SendResult late = await play.Ends("LIFE-12", "a send after it", line.Send(10));
        play.Check("LIFE-12", late.Status == NdisStatus.RequestAborted, $"{late}");
        await line.Upload();
        TraceEntry? up = play.Find(entry => entry.Is(Place.Target, Act.Up, OffloadOperation.Terminate));
        play.Check("TERM-20", up?.Status is NdisStatus.Success or NdisStatus.Failure, $"{up}");
    }

    private static async Task WaitsForAnswer(Play play)
    {
        Line line = await play.OffloadAsync();
        Task<UploadResult>? upload = null;
        line.OnData = () =>
        {
            line.OnData = null;
            upload = line.Connection.UploadAsync();
        };
        line.Peer.Say(1_000);
        await play.Until("TERM-06", "the host is told of data", () => upload is not null);
        UploadResult rest = await play.Ends("TERM-06", "a terminate inside of an indication", upload!);
        long have = line.Taken + rest.BufferedData.Length;
        play.Check("TERM-15", rest.Positions.Received - rest.BufferedData.Length == line.Taken && have <= 1_000,
            $"{line.Taken} bytes were taken, {rest.Positions}, {rest.BufferedData.Length} are handed up");
    }
}
