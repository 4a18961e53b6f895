using ChimneyActors.Buffers;
using ChimneyActors.Conformance.Playing;
using ChimneyActors.Conformance.Stages;
using ChimneyActors.Embedding;
using ChimneyActors.Ndis;
using ChimneyActors.Targets.Simulated;

namespace ChimneyActors.Conformance.Cases;

/// <summary>QRY, UPD and INV: reaching the state of a connection while it is away.</summary>
internal static class StateCases
{
    public static IReadOnlyList<ConformanceCase> All { get; } =
    [
        new("A query tells the state as it is, in any state of the connection", Query,
            "QRY-01", "QRY-02", "QRY-03", "QRY-08", "QRY-06", "DISC-36"),
        new("Queries may overlap and change nothing", Overlap, "QRY-04", "QRY-03", "QRY-08"),
        new("A terminate waits for what was asked of the connection", Behind, "TERM-02"),
        new("The receive backlog is what the host does not have", Backlog, "QRY-09"),
        new("A timer that does not run has no delta", NoTimer, "QRY-07") { Needs = Ability.VirtualTime },
        new("An update is in effect when it completes, and touches nothing else", Update,
            "UPD-01", "UPD-04", "UPD-05", "UPD-06"),
        new("Updates of a connection come one after the other, and none behind an invalidate", OneUpdate, "UPD-03"),
        new("After an invalidate nothing is sent, and the connection waits for its terminate", Invalidate,
            "INV-01", "INV-02", "INV-03", "INV-04", "INV-05", "INV-06", "INV-07", "INV-08", "EVT-08",
            "EVT-09", "EVT-11", "EVT-12", "EVT-15", "GEN-15"),
        new("A larger window is offered at once", Window, "UPD-08") { Needs = Ability.Wire },
        new("A flag starts the keepalive timer anew", Restart, "UPD-09")
            { Needs = Ability.Wire | Ability.VirtualTime },
        new("A longest time overrules the count of retransmissions", LongestTime, "UPD-11")
            { Needs = Ability.Wire | Ability.VirtualTime },
    ];

    private static async Task Query(Play play)
    {
        Line line = await play.OffloadAsync();
        await play.Ends(line.Send(1_000));
        TcpOffloadState state = await play.Ends("QRY-01", "a query", line.Connection.QueryAsync());
        play.Check("QRY-02", state.Delegated.State == TcpConnectionState.Established, $"{state.Delegated.State}");
        bool sent = state.Delegated.SendUnacknowledged == state.Delegated.SendNext;
        play.Check("QRY-02", sent && state.Delegated.SendWindow > 0, $"{state.Delegated}");
        play.Check("QRY-06", state.Delegated.SendBacklogSize > 0, "a backlog that is not counted says 0");
        await play.Ends(line.Disconnect(DisconnectKind.Graceful));
        state = await play.Ends("QRY-01", "a query in FIN_WAIT_2", line.Connection.QueryAsync());
        play.Check("QRY-02", state.Delegated.State == TcpConnectionState.FinWait2, $"{state.Delegated.State}");
        play.Check("DISC-36", state.Delegated.State == TcpConnectionState.FinWait2, $"{state.Delegated.State}");
        Line reset = await play.OffloadAsync();
        reset.Peer.Reset();
        await play.Until("QRY-01", "the reset is heard", () => reset.Aborts == 1);
        state = await play.Ends("QRY-01", "a query after an abort", reset.Connection.QueryAsync());
        play.Check("QRY-02", state.Delegated.State == TcpConnectionState.Closed, $"{state.Delegated.State}");
        TraceEntry[] ups = Ups(play, OffloadOperation.Query);
        play.Check("QRY-03", ups.Length == 3 && ups.All(entry => IsStatus(entry.Status)), "another status");
        bool unasked = play.Trace.Any(entry => entry.Said is { Type: not (TcpOffloadEventType.SendBacklogChange
            or TcpOffloadEventType.Abort) });
        play.Check("QRY-08", !unasked, "a change was volunteered");
    }

    private static async Task Overlap(Play play)
    {
        Line line = await play.OffloadAsync();
        Task<TcpOffloadState>[] queries =
            [.. Enumerable.Range(0, 5).Select(_ => line.Connection.QueryAsync())];
        var states = new List<TcpOffloadState>();
        foreach (Task<TcpOffloadState> query in queries)
            states.Add(await play.Ends("QRY-04", "one of several queries", query));
        play.Check("QRY-04", states.Select(state => state.Delegated.SendNext).Distinct().Count() == 1, "they differ");
        play.Check("QRY-08", states.Select(state => state.Cached).Distinct().Count() == 1, "they change something");
        play.Check("QRY-03", Ups(play, OffloadOperation.Query).All(entry => IsStatus(entry.Status)), "another status");
    }

    private static async Task Behind(Play play)
    {
        Line line = await play.OffloadAsync();
        Task query = line.Connection.QueryAsync();
        Task update = line.Connection.UpdateAsync(new TcpOffloadStateCached { TimeToLive = 9 });
        Task<UploadResult> upload = line.Connection.UploadAsync();
        await play.Ends("TERM-02", "a query before the terminate", Done(query));
        await play.Ends("TERM-02", "an update before the terminate", Done(update));
        await play.Ends("TERM-02", "the terminate", upload);
        TraceEntry[] asked = [.. play.Trace.Where(entry => entry is { Place: Place.Target, Parcel: OffloadBlock })];
        int terminate = Array.FindIndex(asked, entry => entry.Is(
            Place.Target, Act.Down, OffloadOperation.Terminate));
        int last = Array.FindLastIndex(asked, entry => entry.Operation is OffloadOperation.Query
            or OffloadOperation.Update);
        play.Check("TERM-02", last >= 0 && last < terminate, "is asked for before", Stage.Binding);
    }

    private static async Task Backlog(Play play)
    {
        Line line = await play.OffloadAsync();
        line.Refuses = true;
        line.Peer.Say(700);
        await play.Until("QRY-09", "data is refused", () => line.Trace.Any(entry => entry is
            { Place: Place.Target, Act: Act.Answer, Source: TcpOffloadReceiveRefused }));
        TcpOffloadState state = await play.Ends("QRY-09", "a query", line.Connection.QueryAsync());
        play.Check("QRY-09", state.Delegated.ReceiveBacklogSize is 700 or TcpOffloadStateDelegated.Unsupported,
            $"says {state.Delegated.ReceiveBacklogSize} of 700 bytes");
    }

    private static async Task NoTimer(Play play)
    {
        Line line = await play.OffloadAsync();
        TcpOffloadState state = await play.Ends("QRY-07", "a query", line.Connection.QueryAsync());
        play.Check("QRY-07", state.Delegated is { KeepAliveDelta: null, RetransmitDelta: null }, $"{state.Delegated}");
        line.Wire.IsMute = true;
        Task send = line.Send(10);
        await play.SettleAsync(line);
        state = await play.Ends("QRY-07", "a query", line.Connection.QueryAsync());
        play.Check("QRY-07", state.Delegated.RetransmitDelta is not null, "a timer that runs is not told");
        line.Wire.IsMute = false;
        await send;
    }

    private static async Task Update(Play play)
    {
        Line line = await play.OffloadAsync();
        TcpOffloadState before = await play.Ends("UPD-05", "a query", line.Connection.QueryAsync());
        var change = new TcpOffloadStateCached
        {
            KeepAlive = !before.Cached.KeepAlive,
            KeepAliveTimeout = TimeSpan.FromSeconds(77),
            TimeToLive = 33,
        };
        await play.Ends("UPD-05", "an update", Done(line.Connection.UpdateAsync(change)));
        TcpOffloadState after = await play.Ends("UPD-05", "a query", line.Connection.QueryAsync());
        play.Check("UPD-05", after.Cached.TimeToLive == 33
            && after.Cached.KeepAliveTimeout == change.KeepAliveTimeout, $"{after.Cached}");
        TcpOffloadStateCached wanted = before.Cached with
        {
            KeepAlive = change.KeepAlive,
            KeepAliveTimeout = change.KeepAliveTimeout,
            TimeToLive = 33,
        };
        play.Check("UPD-01", after.Cached == wanted && after.Const == before.Const, $"{before.Cached}, {after.Cached}");
        play.Check("UPD-04", Ups(play, OffloadOperation.Update).All(entry => IsStatus(entry.Status)), "another status");
        await play.Ends(line.Send(3_000));
        TcpOffloadState later = await play.Ends("UPD-06", "a query", line.Connection.QueryAsync());
        play.Check("UPD-06", later.Cached == after.Cached, $"{after.Cached} became {later.Cached}");
    }

    private static async Task OneUpdate(Play play)
    {
        Line line = await play.OffloadAsync();
        Task[] updates = [.. Enumerable.Range(1, 5).Select(hops =>
            line.Connection.UpdateAsync(new TcpOffloadStateCached { TimeToLive = hops }))];
        await play.Ends("UPD-03", "the last of several updates", Done(updates[^1]));
        play.Check("UPD-03", Array.TrueForAll(updates, update => update.IsCompletedSuccessfully), "one has failed");
        Act[] seen = [.. play.Trace.Where(entry => entry.Place == Place.Target
            && entry.Operation == OffloadOperation.Update).Select(entry => entry.Act)];
        play.Check("UPD-03", seen.Index().All(one => one.Item == (one.Index % 2 == 0 ? Act.Down : Act.Up)),
            "two updates of one connection overlap", Stage.Binding);
        TcpOffloadState state = await play.Ends("UPD-03", "a query", line.Connection.QueryAsync());
        play.Check("UPD-03", state.Cached.TimeToLive == 5, $"the last one is {state.Cached.TimeToLive}");
        await play.Ends("UPD-03", "an invalidate", Done(line.Connection.InvalidateAsync()));
        bool refused = false;
        try
        {
            _ = line.Connection.UpdateAsync(new TcpOffloadStateCached { TimeToLive = 9 });
        }
        catch (InvalidOperationException)
        {
            refused = true;
        }
        play.Check("UPD-03", refused, "an update behind an invalidate was taken", Stage.Binding);
    }

    private static async Task Invalidate(Play play)
    {
        Line line = await play.OffloadAsync();
        await play.Ends("INV-06", "an invalidate", Done(line.Connection.InvalidateAsync()));
        TraceEntry? down = play.Find(entry => entry.Is(Place.Target, Act.Down, OffloadOperation.Invalidate));
        play.Check("INV-01", down is { Parcel: OffloadBlock { Socket: null } }, $"carries state: {down}",
            Stage.Binding);
        TraceEntry[] ups = Ups(play, OffloadOperation.Invalidate);
        play.Check("INV-06", ups.Length == 1 && IsStatus(ups[0].Status), "another status");
        TcpUploadReason reason = await play.Ends("INV-03", "the wish for upload", line.Connection.UploadWanted);
        play.Check("INV-03", reason == TcpUploadReason.InvalidState, $"the reason is {reason}");
        play.Check("EVT-08", reason == TcpUploadReason.InvalidState, $"the reason is {reason}");
        play.Check("EVT-11", OffloadEvents.IsMandatory(reason), $"{reason} leaves a choice");
        play.Check("EVT-09", play.Trace.All(entry => entry.Said is null || entry.Connection == line.Handle),
            "was said of something else");
        Task<SendResult> late = line.Send(500);
        line.Peer.Say(200);
        await play.Until("INV-08", "what the peer says is heard", () => line.Taken == 200);
        await play.SettleAsync(line);
        play.Check("INV-02", line.Peer.Received == 0, $"{line.Peer.Received} bytes were sent after it");
        play.Check("INV-04", line.Peer.Received == 0, "it carries on");
        play.Check("EVT-12", line.Peer.Received == 0, "it goes on sending after its wish");
        play.Check("INV-05", !play.Trace.Any(entry => entry.Operation == OffloadOperation.Terminate), "was given up");
        UploadResult rest = await line.Upload();
        play.Check("INV-05", rest.Socket is not null, "the connection was given up before its terminate");
        play.Check("INV-07", rest.Socket is not null, "it could not be taken back");
        play.Check("EVT-15", line.IsUploaded, "it could not be taken back");
        SendResult sent = await play.Ends(late);
        play.Check("INV-02", sent is { Status: NdisStatus.UploadInProgress, BytesAcknowledged: 0 }, $"{sent}");
        play.Check("GEN-15", sent.Status == NdisStatus.UploadInProgress, $"asked after the wish: {sent}");
    }

    private static async Task Window(Play play)
    {
        Line line = await play.OffloadAsync();
        int before = line.Wire.Ours.Count();
        await play.Ends("UPD-08", "an update",
            Done(line.Connection.UpdateAsync(new TcpOffloadStateCached { ReceiveWindowBytes = 200_000 })));
        await play.SettleAsync(line);
        int[] windows = [.. line.Wire.Ours.Skip(before).Select(seen => seen.Segment.Window)];
        play.Check("UPD-08", windows is [.., >= 200_000], $"the peer was offered {string.Join(", ", windows)}");
    }

    private static async Task Restart(Play play)
    {
        var ours = new TcpEngineSettings { KeepAlive = true, KeepAliveTimeout = TimeSpan.FromSeconds(60) };
        Line line = await play.OffloadAsync(new LinePlan { Ours = ours });
        TimeSpan begun = play.Stage.Now;
        await play.Stage.PassAsync(TimeSpan.FromSeconds(50));
        await play.Ends("UPD-09", "an update",
            Done(line.Connection.UpdateAsync(new TcpOffloadStateCached { RestartKeepAlive = true })));
        await play.Stage.PassAsync(TimeSpan.FromSeconds(70));
        TimeSpan? first = line.Wire.Ours.Select(seen => (TimeSpan?)(seen.At - begun)).FirstOrDefault();
        play.Check("UPD-09", first is { TotalSeconds: > 109 and < 112 }, $"the first probe came after {first}");
    }

    private static async Task LongestTime(Play play)
    {
        Line line = await play.OffloadAsync();
        await play.Ends("UPD-11", "an update",
            Done(line.Connection.UpdateAsync(new TcpOffloadStateCached { MaxRT = TimeSpan.FromSeconds(20) })));
        line.Wire.IsMute = true;
        TimeSpan begun = play.Stage.Now;
        Task send = line.Send(100);
        await play.Ends("UPD-11", "giving up", line.Connection.UploadWanted);
        TimeSpan passed = play.Stage.Now - begun;
        play.Check("UPD-11", passed.TotalSeconds is > 15 and < 40, $"it gave up after {passed}");
        await line.Upload();
        await send;
    }

    private static TraceEntry[] Ups(Play play, OffloadOperation operation) =>
        [.. play.Trace.Where(entry => entry.Is(Place.Target, Act.Up, operation))];

    private static bool IsStatus(NdisStatus status) => status is NdisStatus.Success or NdisStatus.Failure;

    private static async Task<bool> Done(Task work)
    {
        await work;
        return true;
    }
}
