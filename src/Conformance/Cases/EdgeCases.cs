using ChimneyActors.Buffers;
using ChimneyActors.Conformance.Playing;
using ChimneyActors.Conformance.Stages;
using ChimneyActors.Embedding;
using ChimneyActors.Ndis;
using ChimneyActors.Protocols;

namespace ChimneyActors.Conformance.Cases;

/// <summary>IM and RIND: a driver with several drivers above, several below, and control requests through it.</summary>
internal static class EdgeCases
{
    private static readonly StagePlan TwoAdapters = new() { Adapters = 2 };

    public static IReadOnlyList<ConformanceCase> All { get; } =
    [
        new("A completion that mixes what two drivers above have sent is split, in unchanged order", Mixed, "IM-15"),
        new("The task-offload query and set pass, or are answered that offloading is impossible", TaskOffload,
            "IM-23"),
        new("When its binding below is closed a driver fails what was meant for it", LowerCloses, "IM-26")
            { Plan = TwoAdapters },
        new("Lent data goes back to the adapter that it came from", Returned, "RIND-16") { Plan = TwoAdapters },
    ];

    private static async Task Mixed(Play play)
    {
        Line one = await play.OffloadAsync();
        WatchedTarget plug = play.Stage.PlugOf(one.Handle);
        Line other = await Lives.BesideAsync(play, plug, new LinePlan { Binding = Stage.OtherBinding });
        plug.Keeps = request => request is TcpOffloadSend;
        Task<SendResult>[] sends = [.. Enumerable.Range(1, 3).SelectMany(number =>
            (Task<SendResult>[])[one.Send(number * 10), other.Send(number * 7)])];
        await play.Until("IM-15", "all sends come to the target", () => play.Trace.Count(entry =>
            entry.Is(Place.Target, Act.Down, OffloadOperation.Send)) == sends.Length);
        play.Stage.Gathers = sends.Length;
        plug.LetGo();
        foreach (Task<SendResult> send in sends)
        {
            SendResult sent = await play.Ends("IM-15", "a send whose completion was mixed with others", send);
            play.Check("IM-15", sent.Status == NdisStatus.Success, $"{sent}", Stage.Driver);
        }
        play.Stage.Gathers = 0;
        TraceEntry[] ups = [.. play.Trace.Where(entry => entry.Is(Place.Above, Act.Up, OffloadOperation.Send))];
        foreach ((Line line, int upper) in (( Line, int)[])[(one, 0), (other, 1)])
        {
            TraceEntry[] mine = [.. ups.Where(entry => entry.Adapter == upper)];
            play.Check("IM-15", mine.All(entry => entry.Connection == line.Handle), "went to another driver above",
                Stage.Driver);
            long[] order = [.. mine.Select(entry => entry.Offset)];
            play.Check("IM-15", order.Length == 3 && order.SequenceEqual(order.Order()),
                $"came up as {string.Join(", ", order)}", Stage.Driver);
        }
    }

    private static async Task TaskOffload(Play play)
    {
        Binding binding = play.Stage.Chimney.Binding(Stage.Binding);
        int begin = play.Trace.Length;
        NdisStatus status = await Lives.OidAsync(
            play, "IM-23", binding.RequestAsync(Oid.TcpTaskOffload, OidMethod.Query));
        bool passed = Passed(play, begin, OidMethod.Query);
        if (status == NdisStatus.NotSupported)
        {
            NdisStatus barred = await Lives.OffloadAsync(play, "IM-23");
            play.Check("IM-23", barred == NdisStatus.Paused, $"impossible, and yet: {barred}", Stage.Binding);
            return;
        }
        play.Check("IM-23", status == NdisStatus.Success && passed, $"the query: {status}, passed: {passed}",
            Stage.Driver);
        begin = play.Trace.Length;
        status = await Lives.OidAsync(play, "IM-23", binding.RequestAsync(
            Oid.TcpTaskOffload, OidMethod.Set, new TcpTaskOffload(IPv4: true, IPv6: true)));
        passed = Passed(play, begin, OidMethod.Set);
        play.Check("IM-23", status == NdisStatus.Success && passed, $"the set: {status}, passed: {passed}",
            Stage.Driver);
        foreach (bool bars in (bool[])[true, false])
        {
            play.Stage.Bars = bars;
            await Lives.DoneAsync(play, "IM-23", binding.UnbindAsync());
            await Lives.DoneAsync(play, "IM-23", binding.BindAsync());
            status = await Lives.OffloadAsync(play, "IM-23");
            play.Check("IM-23", status == (bars ? NdisStatus.Paused : NdisStatus.Success), $"barred {bars}: {status}",
                Stage.Binding);
        }
    }

    private static bool Passed(Play play, int begin, OidMethod method) => play.Trace.Skip(begin).Any(entry =>
        entry.Is(Place.Below, Act.Call, LifeCall.Request)
        && entry.Oid is { Oid: Oid.TcpTaskOffload } oid && oid.Method == method);

    private static async Task LowerCloses(Play play)
    {
        Line[] lines = await Lives.OnEachAsync(play);
        WatchedTarget gone = play.Stage.Plugs.First();
        Adapter nic = play.Stage.NicOf(gone);
        await Lives.DoneAsync(play, "IM-26", nic.HaltAsync());
        foreach (Line line in lines.Where(line => !gone.Serves(line.Handle)))
            play.Check("IM-26", (await play.Ends(line.Send(100))).Status == NdisStatus.Success, "another one stops",
                Stage.Driver);
        NdisStatus status = await Lives.OidAsync(play, "IM-26", play.Stage.Chimney.Binding(Stage.Binding).RequestAsync(
            Oid.TcpTaskOffload, OidMethod.Query, null, nic.Name));
        play.Check("IM-26", status is NdisStatus.NotAccepted or NdisStatus.NotSupported,
            $"a request for what is gone: {status}", Stage.Driver);
        int begin = play.Trace.Length;
        for (int number = 0; number < 4; number++)
        {
            status = await Lives.OffloadAsync(play, "IM-26");
            play.Check("IM-26", status == NdisStatus.Success, $"there is another adapter, and yet: {status}",
                Stage.Driver);
        }
        bool astray = play.Trace.Skip(begin).Any(entry =>
            entry is { Place: Place.Below, Act: Act.Down } && entry.Adapter == gone.Number);
        play.Check("IM-26", !astray, "goes on asking what is gone", Stage.Driver);
        await Lives.DoneAsync(play, "IM-26", nic.InitializeAsync());
    }

    private static async Task Returned(Play play)
    {
        Line[] lines = await Lives.OnEachAsync(play);
        foreach (Line line in lines)
            await LifeCases.LendAsync(play, line, "RIND-16");
        ReceivedData.ReturnAll([.. lines.SelectMany(line => line.TakeKept())]);
        TraceEntry[] lent = [.. play.Trace.Where(entry => entry is { Place: Place.Target, Act: Act.Data })];
        TraceEntry[] back = [];
        await play.Until("RIND-16", "all comes back", () => (back = [.. play.Trace.Where(entry => entry is
            { Place: Place.Target, Act: Act.Answer, Source: TcpOffloadReceiveReturn })]).Length >= lent.Length);
        foreach (TraceEntry one in lent)
            play.Check("RIND-16", back.Any(entry => entry.Parcel == one.Parcel && entry.Adapter == one.Adapter),
                $"does not come back to adapter {one.Adapter}: {one}", Stage.Driver);
        play.Check("RIND-16", lent.Select(entry => entry.Adapter).Distinct().Count() == 2, "only one has lent data",
            Stage.Driver);
    }
}
