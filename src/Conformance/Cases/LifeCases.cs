using ChimneyActors.Buffers;
using ChimneyActors.Conformance.Playing;
using ChimneyActors.Conformance.Stages;
using ChimneyActors.Embedding;
using ChimneyActors.Ndis;

namespace ChimneyActors.Conformance.Cases;

/// <summary>LIFE: pause, restart and halt of an adapter, one after the other.</summary>
internal static class LifeCases
{
    private const int Much = 1 << 20;

    public static IReadOnlyList<ConformanceCase> All { get; } =
    [
        new("A pause takes all connections back from the top to the bottom, and a restart goes the other way",
            PauseAndRestart, "LIFE-01", "LIFE-04", "LIFE-05"),
        new("A pause waits for what the host was lent, and until the restart nothing is taken", WaitsForData,
            "LIFE-02"),
        new("A halt comes when all is home, and nothing is asked or said after it", Halts,
            "LIFE-06", "LIFE-07", "STS-08") { Provokes = [VerifierCheck.TooEarlyOrLate] },
        new("When an adapter is pulled out its control requests end, too", PulledOut, "LIFE-12"),
        new("Who completes what nobody has asked for is named", Unasked, "LIFE-13")
            { Provokes = [VerifierCheck.UnexpectedComplete] },
        new("A restart waits for the pause before it", OneAtATime, "LIFE-18"),
    ];

    private static async Task PauseAndRestart(Play play)
    {
        Line line = await play.OffloadAsync();
        Line other = await play.OffloadAsync(new LinePlan { Binding = Stage.OtherBinding });
        Line stuck = await play.OffloadAsync(LinePlan.Stuck);
        await play.Ends(line.Send(500));
        Task<SendResult> send = stuck.Send(Much);
        await play.SettleAsync(stuck);
        int begin = play.Trace.Length;
        await Lives.EachAsync(play, "LIFE-01", nic => nic.PauseAsync());
        TraceEntry[] pause = [.. play.Trace.Skip(begin)];
        foreach (WatchedTarget plug in play.Stage.Plugs)
        {
            TraceEntry[] ends = [.. pause.Where(entry => entry.Is(Place.Target, Act.Return, LifeCall.Pause)
                && entry.Adapter == plug.Number)];
            play.Check("LIFE-01", ends is [{ Status: NdisStatus.Success }], $"ended {ends.Length} times");
            int paused = Lives.At(pause, entry => entry.Is(Place.Target, Act.Call, LifeCall.Pause)
                && entry.Adapter == plug.Number);
            int last = Lives.LastAt(pause, entry => Lives.IsTraffic(entry, plug.Number));
            play.Check("LIFE-05", last < paused, $"after the pause of its adapter: {pause[last]}", Stage.Binding);
        }
        play.Check("LIFE-05", play.Stage.Chimney.Connections == 0, "a connection is still away", Stage.Binding);
        play.Check("LIFE-05", (await play.Ends(send)).Status == NdisStatus.UploadInProgress, $"{send.Result}");
        foreach (Line one in (Line[])[line, other, stuck])
        {
            TcpUploadReason why = await play.Ends("LIFE-05", "a wish for upload", one.Connection.UploadWanted);
            play.Check("LIFE-05", why == TcpUploadReason.UploadRequested, $"the reason is {why}", Stage.Binding);
        }
        UploadResult rest = await line.Upload();
        begin = play.Trace.Length;
        await Lives.EachAsync(play, "LIFE-04", nic => nic.RestartAsync());
        CheckOrder(play, pause, [.. play.Trace.Skip(begin)]);
        await play.Ends("LIFE-05", "an initiate after the restart", line.TryOffloadAsync(rest));
        play.Check("LIFE-05", (await play.Ends(line.Send(700))).Status == NdisStatus.Success, "the stream is broken");
    }

    /// <summary>With several adapters those above stop with the last one, and begin with the first.</summary>
    private static void CheckOrder(Play play, TraceEntry[] pause, TraceEntry[] restart)
    {
        int last = play.Stage.Plugs.Last().Number;
        TraceEntry[] tops = [.. pause.Where(entry => entry.Is(Place.Above, Act.Call, LifeCall.Pause))];
        play.Check("LIFE-04", tops.Length == 2 && tops.All(entry => entry.Bound == BindingState.Paused),
            "a driver was paused before the binding above it", Stage.Binding);
        int top = Lives.LastAt(pause, entry => entry.Is(Place.Above, Act.Call, LifeCall.Pause));
        int middle = Lives.At(pause, entry => entry.Is(Place.Below, Act.Call, LifeCall.Pause) && entry.Adapter == last);
        int bottom = Lives.At(pause, entry =>
            entry.Is(Place.Target, Act.Call, LifeCall.Pause) && entry.Adapter == last);
        play.Check("LIFE-04", top < middle && middle < bottom && bottom < int.MaxValue,
            $"paused in the order {top}, {middle}, {bottom}", Stage.Binding);
        bottom = Lives.At(restart, entry => entry.Is(Place.Target, Act.Return, LifeCall.Restart));
        middle = Lives.At(restart, entry => entry.Is(Place.Below, Act.Call, LifeCall.Restart));
        top = Lives.At(restart, entry => entry.Is(Place.Above, Act.Call, LifeCall.Restart));
        play.Check("LIFE-04", bottom < middle && middle < top && top < int.MaxValue,
            $"restarted in the order {bottom}, {middle}, {top}", Stage.Binding);
        play.Check("LIFE-04", restart.All(entry => entry.Bound is null or BindingState.Paused),
            "a binding was restarted before the driver below it", Stage.Binding);
    }

    private static async Task WaitsForData(Play play)
    {
        Line line = await play.OffloadAsync();
        await LendAsync(play, line, "LIFE-02");
        WatchedTarget plug = play.Stage.PlugOf(line.Handle);
        Adapter nic = play.Stage.NicOf(plug);
        await Lives.GoesOnAsync(play, "LIFE-02", nic.PauseAsync(TimeSpan.Zero));
        await Lives.UntilAsync(play, "LIFE-02", "the adapter waits for lent data", () =>
            nic.State == AdapterState.Pausing);
        LifeResult waits = await Lives.GoesOnAsync(play, "LIFE-02", nic.PauseAsync(TimeSpan.Zero));
        play.Check("LIFE-02", waits.Held.Count > 0, "nobody is said to hold anything", Stage.Binding);
        line.ReturnAll();
        await Lives.EachAsync(play, "LIFE-02", one => one.PauseAsync());
        TraceEntry[] trace = play.Trace;
        int back = Lives.LastAt(trace, entry => Lives.IsTraffic(entry, plug.Number) || Lives.IsReturn(entry));
        int paused = Lives.At(trace, entry => entry.Is(Place.Target, Act.Call, LifeCall.Pause)
            && entry.Adapter == plug.Number);
        play.Check("LIFE-02", back < paused, $"is paused before {trace[back]}");
        foreach (string binding in (string[])[Stage.Binding, Stage.OtherBinding])
        {
            NdisStatus late = await Lives.OffloadAsync(play, "LIFE-02", new LinePlan { Binding = binding });
            play.Check("LIFE-02", late == NdisStatus.Paused, $"a new connection: {late}", Stage.Binding);
        }
    }

    private static async Task Halts(Play play)
    {
        Line line = await play.OffloadAsync();
        await LendAsync(play, line, "LIFE-07");
        WatchedTarget plug = play.Stage.PlugOf(line.Handle);
        Adapter nic = play.Stage.NicOf(plug);
        Task<TcpOffloadStatistics> asked = await AskAsync(play, "LIFE-06", plug);
        await Lives.GoesOnAsync(play, "LIFE-07", nic.HaltAsync(TimeSpan.Zero));
        await Lives.UntilAsync(play, "LIFE-06", "the connection is taken back", () =>
            play.Stage.Chimney.Connections == 0);
        line.ReturnAll();
        await Lives.GoesOnAsync(play, "LIFE-06", nic.HaltAsync(TimeSpan.Zero));
        plug.Release(LifeCall.Request);
        await Lives.OidAsync(play, "LIFE-06", asked);
        WatchedTarget[] gone = [.. play.Stage.Plugs];
        await Lives.EachAsync(play, "LIFE-06", one => one.HaltAsync());
        play.Check("LIFE-06", nic is { State: AdapterState.Halted, Halted: HaltAction.DeviceDisabled },
            $"{nic.State}, {nic.Halted}", Stage.Binding);
        foreach (WatchedTarget one in gone)
            one.Host.IndicateStatus(StatusCases.LinkState, "late");
        play.Check("STS-08", play.Provoked.Count() == gone.Length, "nobody notices what is said after a halt",
            Stage.Binding);
        await play.Stage.AwhileAsync();
        TraceEntry[] trace = play.Trace;
        int back = Lives.At(trace, Lives.IsReturn);
        int halted = Lives.At(trace, entry => entry.Is(Place.Target, Act.Call, LifeCall.Halt)
            && entry.Adapter == plug.Number);
        play.Check("LIFE-07", back < halted, "halted while the host has its data", Stage.Binding);
        foreach (WatchedTarget one in gone)
            CheckHalt(play, [.. trace.Where(entry => entry.Adapter == one.Number && entry.Place == Place.Target)]);
        play.Check("STS-08", trace.All(entry => entry.Spoken?.Information is not "late"), "and it is heard",
            Stage.Binding);
        await Lives.EachAsync(play, "LIFE-06", one => one.InitializeAsync());
        Line fresh = await play.OffloadAsync();
        await play.Ends(fresh.Send(100));
    }

    private static void CheckHalt(Play play, TraceEntry[] seen)
    {
        int halt = Lives.At(seen, entry => entry is { Act: Act.Call, Call: LifeCall.Halt });
        int over = Lives.At(seen, entry => entry is { Act: Act.Return, Call: LifeCall.Halt });
        int paused = Lives.At(seen, entry => entry is { Act: Act.Return, Call: LifeCall.Pause });
        play.Check("LIFE-06", paused < halt && over < int.MaxValue, "halted without a pause", Stage.Binding);
        var back = seen.Take(halt).Where(entry => entry.Act == Act.Up).Select(entry => entry.Journey).ToHashSet();
        TraceEntry? open = seen.FirstOrDefault(entry => entry.Act == Act.Down && !back.Contains(entry.Journey));
        play.Check("LIFE-06", open is null, $"halted over {open}", Stage.Binding);
        TraceEntry? asking = seen.Take(halt).FirstOrDefault(entry => entry is { Act: Act.Call, Oid: not null }
            && !seen.Take(halt).Any(end => end.Act == Act.Return && end.Oid == entry.Oid));
        play.Check("LIFE-06", asking is null, $"halted over {asking}", Stage.Binding);
        TraceEntry[] after = [.. seen.Skip(over + 1)];
        TraceEntry? asked = after.FirstOrDefault(entry => entry.Act is Act.Down or Act.Answer or Act.Call);
        play.Check("LIFE-06", asked is null, $"asked after its halt: {asked}", Stage.Binding);
        TraceEntry? late = after.FirstOrDefault(entry => entry.Act is Act.Up or Act.Data or Act.Event);
        play.Check("LIFE-07", late is null, $"after its halt: {late}");
        TraceEntry? said = after.FirstOrDefault(entry => entry.Act == Act.Status);
        play.Check("STS-08", said is null, $"after its halt: {said}");
    }

    private static async Task PulledOut(Play play)
    {
        Line line = await play.OffloadAsync(LinePlan.Stuck);
        Task<SendResult> send = line.Send(Much);
        await play.SettleAsync(line);
        WatchedTarget plug = play.Stage.PlugOf(line.Handle);
        Adapter nic = play.Stage.NicOf(plug);
        Task<TcpOffloadStatistics> asked = await AskAsync(play, "LIFE-12", plug);
        play.Stage.Forget();
        await Lives.DoneAsync(play, "LIFE-12", nic.RemoveAsync());
        NdisStatus status = await Lives.OidAsync(play, "LIFE-12", asked);
        play.Check("LIFE-12", status == NdisStatus.NotAccepted, $"a control request: {status}", Stage.Binding);
        status = await Lives.OidAsync(play, "LIFE-12", nic.TcpStatisticsAsync());
        play.Check("LIFE-12", status == NdisStatus.NotAccepted, $"a control request after it: {status}",
            Stage.Binding);
        SendResult sent = await play.Ends("LIFE-12", "a send at an adapter that is gone", send);
        play.Check("LIFE-12", sent.Status is NdisStatus.RequestAborted or NdisStatus.UploadInProgress, $"{sent}");
        play.Check("LIFE-12", play.Find(entry => entry.Call == LifeCall.SurpriseRemoved) is not null,
            "the target is not told", Stage.Binding);
        await line.Upload();
        await Lives.DoneAsync(play, "LIFE-12", nic.InitializeAsync());
        await play.Ends((await play.OffloadAsync()).Send(100));
    }

    private static async Task Unasked(Play play)
    {
        WatchedTarget plug = play.Stage.Plugs.First();
        Adapter nic = play.Stage.NicOf(plug);
        plug.Host.PauseComplete();
        plug.Host.RestartComplete(NdisStatus.Success);
        plug.Host.ResetComplete(NdisStatus.Success);
        Violation[] found = [.. play.Provoked];
        play.Check("LIFE-13", found.Length == 3 && found.All(one => one.Driver == nic.Name),
            $"of three {found.Length} were found: {string.Join("; ", found.Select(one => one.ToString()))}",
            Stage.Binding);
        play.Check("LIFE-13", nic.State == AdapterState.Running, $"it is {nic.State}", Stage.Binding);
        await Lives.DoneAsync(play, "LIFE-13", nic.PauseAsync());
        await Lives.DoneAsync(play, "LIFE-13", nic.RestartAsync());
        await play.Ends((await play.OffloadAsync()).Send(100));
    }

    private static async Task OneAtATime(Play play)
    {
        WatchedTarget plug = play.Stage.Plugs.First();
        Adapter nic = play.Stage.NicOf(plug);
        bool IsCall(TraceEntry entry, Act act, LifeCall call) =>
            entry.Is(Place.Target, act, call) && entry.Adapter == plug.Number;
        int begin = play.Trace.Length;
        plug.Delay(LifeCall.Pause);
        Task<LifeResult> pause = nic.PauseAsync();
        await play.Until("LIFE-18", "the adapter is paused", () =>
            play.Trace.Skip(begin).Any(entry => IsCall(entry, Act.Call, LifeCall.Pause)));
        await Lives.GoesOnAsync(play, "LIFE-18", nic.RestartAsync(TimeSpan.Zero));
        await play.Stage.AwhileAsync();
        play.Check("LIFE-18", nic.State == AdapterState.Pausing, $"it is {nic.State}", Stage.Binding);
        plug.Release(LifeCall.Pause);
        await Lives.DoneAsync(play, "LIFE-18", pause);
        await Lives.DoneAsync(play, "LIFE-18", nic.RestartAsync());
        TraceEntry[] seen = [.. play.Trace.Skip(begin)];
        int paused = Lives.At(seen, entry => IsCall(entry, Act.Return, LifeCall.Pause));
        int restarted = Lives.At(seen, entry => IsCall(entry, Act.Call, LifeCall.Restart));
        play.Check("LIFE-18", paused < restarted && restarted < int.MaxValue, "restarted in the middle of a pause",
            Stage.Binding);
    }

    /// <summary>The host has data of a connection, and keeps it.</summary>
    internal static async Task LendAsync(Play play, Line line, string rule)
    {
        line.Keeps = true;
        line.Peer.Say(500);
        await play.Until(rule, "the host is lent data", () => line.Taken == 500);
    }

    /// <summary>A control request that the target of an adapter does not answer until it may.</summary>
    internal static async Task<Task<TcpOffloadStatistics>> AskAsync(Play play, string rule, WatchedTarget plug)
    {
        plug.Delay(LifeCall.Request);
        Task<TcpOffloadStatistics> asked = play.Stage.NicOf(plug).TcpStatisticsAsync();
        await play.Until(rule, "the adapter is asked something", () => play.Trace.Any(entry =>
            entry.Is(Place.Target, Act.Call, LifeCall.Request) && entry.Oid is { Oid: Oid.Tcp4OffloadStatistics }));
        return asked;
    }
}
