using ChimneyActors.Buffers;
using ChimneyActors.Conformance.Playing;
using ChimneyActors.Conformance.Stages;
using ChimneyActors.Embedding;
using ChimneyActors.Ndis;

namespace ChimneyActors.Conformance.Cases;

/// <summary>LIFE: bindings that come and go, and what waits above an adapter that is reset.</summary>
internal static class BindingCases
{
    private const int Much = 1 << 20;

    public static IReadOnlyList<ConformanceCase> All { get; } =
    [
        new("A binding that is paused starts nothing, and waits for what it has begun", Pausing,
            "LIFE-03", "LIFE-10", "LIFE-11"),
        new("A binding that is closed waits for its control requests, and hears its adapter until then", Closing,
            "LIFE-10", "LIFE-11"),
        new("A fresh binding is paused until its adapter works", Fresh, "LIFE-14"),
        new("A reset changes no state, and ends control requests", Reset, "LIFE-08"),
        new("During a reset nothing goes down but what was lent, and afterwards all goes on in order", Held,
            "LIFE-09", "LIFE-08"),
    ];

    private static async Task Pausing(Play play)
    {
        Line line = await play.OffloadAsync();
        Line other = await play.OffloadAsync(new LinePlan { Binding = Stage.OtherBinding });
        Binding binding = play.Stage.Chimney.Binding(Stage.Binding);
        foreach (WatchedTarget plug in play.Stage.Plugs)
            plug.Keeps = request => request is TerminateOffload;
        Task<LifeResult> unbind = binding.UnbindAsync();
        await play.Until("LIFE-03", "the binding takes its connection back", () => line.Trace.Any(entry =>
            entry.Is(Place.Target, Act.Down, OffloadOperation.Terminate)));
        play.Check("LIFE-03", binding.State == BindingState.Pausing, $"it is {binding.State}", Stage.Binding);
        Task<SendResult> late = line.Connection.SendAsync(new byte[10]).AsTask();
        line.Peer.Say(500);
        NdisStatus refused = await Lives.OffloadAsync(play, "LIFE-03");
        play.Check("LIFE-03", refused == NdisStatus.Paused, $"a new connection: {refused}", Stage.Binding);
        play.Check("LIFE-03", (await play.Ends(other.Send(100))).Status == NdisStatus.Success, "another binding stops");
        play.Check("LIFE-10", !unbind.IsCompleted && binding.State == BindingState.Pausing,
            "is closed before its terminate ends", Stage.Binding);
        foreach (WatchedTarget plug in play.Stage.Plugs)
            plug.LetGo();
        await Lives.DoneAsync(play, "LIFE-10", unbind);
        SendResult sent = await play.Ends(late);
        play.Check("LIFE-03", sent is { Status: not NdisStatus.Success, BytesAcknowledged: 0 }, $"{sent}");
        int asked = line.Trace.Count(entry => entry is { Place: Place.Target, Act: Act.Down });
        play.Check("LIFE-03", asked == 2, $"{asked} requests, not an initiate and a terminate", Stage.Binding);
        play.Check("LIFE-10", binding.State == BindingState.Unbound, $"it is {binding.State}", Stage.Binding);
        UploadResult rest = await line.Upload();
        await Lives.DoneAsync(play, "LIFE-10", binding.BindAsync());
        await play.Ends("LIFE-11", "an initiate", line.TryOffloadAsync(rest));
        await play.Until("LIFE-11", "what came meanwhile is heard", () => line.Taken == 500);
    }

    private static async Task Closing(Play play)
    {
        Binding binding = play.Stage.Chimney.Binding(Stage.Binding);
        foreach (WatchedTarget plug in play.Stage.Plugs)
            plug.Delay(LifeCall.Request);
        int begin = play.Trace.Length;
        Task<object?> asked = binding.RequestAsync(Oid.Tcp4OffloadStatistics, OidMethod.Query);
        await play.Until("LIFE-10", "the adapter is asked", () => play.Trace.Skip(begin).Any(entry =>
            entry.Is(Place.Target, Act.Call, LifeCall.Request)));
        Task<LifeResult> unbind = binding.UnbindAsync();
        await Lives.UntilAsync(play, "LIFE-10", "the binding is being closed", () =>
            binding.State == BindingState.Closing);
        Lives.Say(play, StatusCases.LinkState, "closing");
        await play.Until("LIFE-11", "a binding that is being closed hears", () => Heard(play, 0, "closing"));
        bool waits = !asked.IsCompleted && !unbind.IsCompleted && binding.State == BindingState.Closing;
        play.Check("LIFE-10", waits, $"is {binding.State} before its control request was answered", Stage.Binding);
        foreach (WatchedTarget plug in play.Stage.Plugs)
            plug.Release(LifeCall.Request);
        await Lives.OidAsync(play, "LIFE-10", asked);
        await Lives.DoneAsync(play, "LIFE-10", unbind);
        NdisStatus late = await Lives.OidAsync(
            play, "LIFE-10", binding.RequestAsync(Oid.Tcp4OffloadStatistics, OidMethod.Query));
        play.Check("LIFE-10", late == NdisStatus.NotAccepted, $"a request of a closed binding: {late}", Stage.Binding);
        Lives.Say(play, StatusCases.LinkState, "closed");
        await play.Until("LIFE-11", "another binding hears its adapter", () => Heard(play, 1, "closed"));
        await play.Stage.AwhileAsync();
        play.Check("LIFE-11", !Heard(play, 0, "closed"), "a binding hears on after it was closed", Stage.Binding);
        await Lives.DoneAsync(play, "LIFE-10", binding.BindAsync());
    }

    private static bool Heard(Play play, int binding, string what) => play.Trace.Any(entry =>
        entry is { Place: Place.Host, Act: Act.Status } && entry.Adapter == binding
        && entry.Spoken!.Information is string said && said == what);

    private static async Task Fresh(Play play)
    {
        Binding binding = play.Stage.Chimney.Binding(Stage.Binding);
        CheckBeginning(play);
        await Lives.EachAsync(play, "LIFE-14", nic => nic.PauseAsync());
        await Lives.DoneAsync(play, "LIFE-14", binding.UnbindAsync());
        NdisStatus status = await Lives.OidAsync(
            play, "LIFE-14", binding.RequestAsync(Oid.TcpTaskOffload, OidMethod.Query));
        play.Check("LIFE-14", status == NdisStatus.NotAccepted, $"a request before the open: {status}", Stage.Binding);
        await Lives.DoneAsync(play, "LIFE-14", binding.BindAsync());
        play.Check("LIFE-14", binding.State == BindingState.Paused, $"it is {binding.State}", Stage.Binding);
        status = await Lives.OidAsync(play, "LIFE-14", binding.RequestAsync(Oid.TcpTaskOffload, OidMethod.Query));
        play.Check("LIFE-14", status == NdisStatus.Success, $"a request after the open: {status}");
        status = await Lives.OffloadAsync(play, "LIFE-14");
        play.Check("LIFE-14", status == NdisStatus.Paused, $"a connection before the restart: {status}", Stage.Binding);
        await Lives.EachAsync(play, "LIFE-14", nic => nic.RestartAsync());
        play.Check("LIFE-14", binding.State == BindingState.Running, $"it is {binding.State}", Stage.Binding);
        await play.Ends((await play.OffloadAsync()).Send(100));
    }

    /// <summary>Of the very first time: control requests come after the initialise, connections after the
    /// restart.</summary>
    private static void CheckBeginning(Play play)
    {
        foreach (WatchedTarget plug in play.Stage.Plugs)
        {
            TraceEntry[] seen = [.. play.Trace.Where(entry => entry.Place == Place.Target
                && entry.Adapter == plug.Number)];
            int ready = Lives.At(seen, entry => entry is { Act: Act.Return, Call: LifeCall.Initialize });
            int asked = Lives.At(seen, entry => entry is { Act: Act.Call, Call: LifeCall.Request });
            int works = Lives.At(seen, entry => entry is { Act: Act.Return, Call: LifeCall.Restart });
            play.Check("LIFE-14", ready < asked && asked < works && works < int.MaxValue,
                $"ready at {ready}, asked at {asked}, at work at {works}", Stage.Binding);
        }
    }

    private static async Task Reset(Play play)
    {
        Line stuck = await play.OffloadAsync(LinePlan.Stuck);
        Task<SendResult> send = stuck.Send(Much);
        await play.SettleAsync(stuck);
        WatchedTarget plug = play.Stage.PlugOf(stuck.Handle);
        Adapter nic = play.Stage.NicOf(plug);
        Task<TcpOffloadStatistics> asked = await LifeCases.AskAsync(play, "LIFE-08", plug);
        plug.Delay(LifeCall.Reset);
        Task<LifeResult> reset = nic.ResetAsync();
        await UntilResetAsync(play, "LIFE-08", plug);
        NdisStatus status = await Lives.OidAsync(play, "LIFE-08", asked);
        play.Check("LIFE-08", status == NdisStatus.RequestAborted && !reset.IsCompleted,
            $"a control request ends with {status}", Stage.Binding);
        play.Check("LIFE-08", nic.State == AdapterState.Running, $"it is {nic.State}", Stage.Binding);
        plug.Release(LifeCall.Request);
        plug.Release(LifeCall.Reset);
        await IsResetAsync(play, reset);
        play.Check("LIFE-08", nic.State == AdapterState.Running, $"it is {nic.State}", Stage.Binding);
        stuck.Peer.Reads = true;
        SendResult sent = await play.Ends("LIFE-08", "a send over a reset", send);
        bool isLost = stuck.Trace.Any(entry => entry.Said?.Type == TcpOffloadEventType.Abort);
        play.Check("LIFE-08", sent.Status == (isLost ? NdisStatus.RequestAborted : NdisStatus.Success), $"{sent}");
        status = await Lives.OidAsync(play, "LIFE-08", TreeCases.Done(nic.SetParametersAsync(nic.Parameters!)));
        play.Check("LIFE-08", status != NdisStatus.RequestAborted, "requests end after the reset as well");
    }

    private static async Task Held(Play play)
    {
        Line lends = await play.OffloadAsync();
        await LifeCases.LendAsync(play, lends, "LIFE-09");
        WatchedTarget plug = play.Stage.PlugOf(lends.Handle);
        Line line = await Lives.BesideAsync(play, plug);
        plug.Delay(LifeCall.Reset);
        Task<LifeResult> reset = play.Stage.NicOf(plug).ResetAsync();
        await UntilResetAsync(play, "LIFE-09", plug);
        int begin = play.Trace.Length;
        Task<SendResult>[] sends = [.. Enumerable.Range(1, 5).Select(number => line.Send(number * 100))];
        Task<DisconnectResult> end = line.Disconnect(DisconnectKind.Graceful, 9);
        lends.ReturnAll();
        await play.Until("LIFE-09", "lent data goes down in the middle of a reset", () => lends.Trace.Any(entry =>
            entry is { Place: Place.Target, Act: Act.Answer, Source: TcpOffloadReceiveReturn }));
        await play.Stage.AwhileAsync();
        TraceEntry? early = play.Trace.Skip(begin).FirstOrDefault(entry =>
            entry is { Place: Place.Target, Act: Act.Down } && entry.Adapter == plug.Number);
        play.Check("LIFE-09", early is null, $"went down in the middle of a reset: {early}", Stage.Driver);
        plug.Release(LifeCall.Reset);
        await IsResetAsync(play, reset);
        foreach (Task<SendResult> send in sends)
            play.Check("LIFE-09", (await play.Ends(send)).Status == NdisStatus.Success, $"{send.Result}");
        play.Check("LIFE-09", (await play.Ends(end)).Status == NdisStatus.Success, $"{end.Result}");
        long[] order = [.. line.Trace.Where(entry => entry.Place == Place.Target && entry.Act == Act.Down
            && entry.Operation is OffloadOperation.Send or OffloadOperation.Disconnect).Select(entry => entry.Offset)];
        play.Check("LIFE-09", order.Length == 6 && order.SequenceEqual(order.Order()),
            $"went down as {string.Join(", ", order)}");
        await play.Until("LIFE-09", "the end of the reset is said", () => play.Trace.Any(entry =>
            entry is { Place: Place.Below, Act: Act.Status, Status: NdisStatus.ResetEnd }));
    }

    private static Task UntilResetAsync(Play play, string rule, WatchedTarget plug) =>
        play.Until(rule, "the adapter is reset", () => play.Trace.Any(entry =>
            entry.Is(Place.Target, Act.Call, LifeCall.Reset) && entry.Adapter == plug.Number));

    private static async Task IsResetAsync(Play play, Task<LifeResult> reset)
    {
        LifeResult result = await play.Ends("LIFE-08", "a reset", reset);
        play.Check("LIFE-08", result.Status is NdisStatus.Success or NdisStatus.SoftErrors,
            $"{result.Status}, waits for {result.WaitsFor}");
    }
}
