using ChimneyActors.Buffers;
using ChimneyActors.Conformance.Playing;
using ChimneyActors.Conformance.Stages;
using ChimneyActors.Embedding;
using ChimneyActors.Ndis;

namespace ChimneyActors.Conformance.Cases;

/// <summary>STS: what an adapter says to everybody above it.</summary>
internal static class StatusCases
{
    /// <summary>A status that is only told.</summary>
    internal const NdisStatus LinkState = (NdisStatus)0x40010017;

    private const int Many = 20;
    private static readonly LinePlan OnOther = new() { Binding = Stage.OtherBinding };

    public static IReadOnlyList<ConformanceCase> All { get; } =
    [
        new("An offload pause stops what is new, leaves what is there, and need never end", OffloadPause,
            "STS-01", "STS-04"),
        new("An initiate that is on its way in an offload pause waits for the resume", Waits, "STS-02"),
        new("With the resume the host asks again what the adapter can do, and offloads", Resumes,
            "STS-03", "CAP-08", "IM-22"),
        new("An upload of all brings everything back, and the resume waits for it", UploadAll, "STS-05", "STS-06"),
        new("An upload of all takes paths and neighbors back, too", UploadPaths, "STS-05") { Needs = Ability.Paths },
        new("What an adapter says every binding hears once, in order", AllHear, "STS-07"),
    ];

    private static async Task OffloadPause(Play play)
    {
        Line there = await play.OffloadAsync();
        Lives.Say(play, NdisStatus.OffloadPause);
        await UntilHeardAsync(play, "STS-01", NdisStatus.OffloadPause);
        int asked = Initiates(play);
        foreach (LinePlan plan in (LinePlan[])[LinePlan.Usual, OnOther])
        {
            NdisStatus status = await Lives.OffloadAsync(play, "STS-01", plan);
            play.Check("STS-01", status == NdisStatus.Paused, $"a new connection: {status}", Stage.Binding);
        }
        play.Check("STS-01", (await play.Ends(there.Send(1_000))).Status == NdisStatus.Success, "a send fails");
        there.Peer.Say(1_000);
        await play.Until("STS-01", "data comes", () => there.Taken == 1_000);
        play.Check("STS-01", !there.Connection.WantsUpload, "what is offloaded is to go back");
        bool works = play.Stage.Adapters.All(nic => nic.State == AdapterState.Running);
        play.Check("STS-01", works, "an adapter does not work", Stage.Binding);
        if (play.Stage.Abilities.HasFlag(Ability.VirtualTime))
            await play.Stage.PassAsync(TimeSpan.FromDays(1));
        await there.Upload();
        NdisStatus late = await Lives.OffloadAsync(play, "STS-04");
        play.Check("STS-04", late == NdisStatus.Paused, $"a new connection: {late}", Stage.Binding);
        play.Check("STS-04", Initiates(play) == asked, "an adapter that wants nothing is asked", Stage.Binding);
    }

    private static async Task Waits(Play play)
    {
        Line line = play.NewLine();
        play.Stage.Keeps = request => request is InitiateOffload;
        Task<OffloadedConnection> offload = line.TryOffloadAsync();
        await play.Until("STS-02", "the initiate is on its way", () =>
            play.Trace.Any(entry => entry is { Place: Place.Below, Act: Act.Note }));
        Lives.Say(play, NdisStatus.OffloadPause);
        await UntilHeardAsync(play, "STS-02", NdisStatus.OffloadPause);
        play.Stage.Keeps = null;
        await play.Until("STS-02", "the initiate goes on", () =>
            play.Trace.Any(entry => entry.Is(Place.Below, Act.Down, OffloadOperation.Initiate)));
        // By its answer what went the same way before has come to the adapter.
        foreach (Adapter nic in play.Stage.Adapters)
            await Lives.OidAsync(play, "STS-02", play.Stage.Chimney.Binding(Stage.Binding).RequestAsync(
                Oid.TcpTaskOffload, OidMethod.Query, null, nic.Name));
        play.Check("STS-02", !offload.IsCompleted && Initiates(play) == 0, "it does not wait", Stage.Miniport);
        Lives.Say(play, NdisStatus.OffloadResume);
        await play.Ends("STS-02", "an initiate after the resume", offload);
        play.Check("STS-02", (await play.Ends(line.Send(100))).Status == NdisStatus.Success, "a send fails");
    }

    private static async Task Resumes(Play play)
    {
        Line there = await play.OffloadAsync();
        Dictionary<Adapter, int> before = play.Stage.Adapters.ToDictionary(
            nic => nic, nic => nic.Capabilities.ConnectionsMax);
        await Lives.EachAsync(play, "STS-03", nic => nic.OffloadPauseAsync());
        foreach (WatchedTarget plug in play.Stage.Plugs)
            plug.Shows = can => can with { ConnectionsMax = can.ConnectionsMax - 1 };
        bool same = before.All(one => one.Key.Capabilities.ConnectionsMax == one.Value);
        play.Check("CAP-08", same, "the host knows before it was told", Stage.Binding);
        int begin = play.Trace.Length;
        await Lives.EachAsync(play, "STS-03", nic => nic.OffloadResumeAsync());
        bool changed = before.All(one => one.Key.Capabilities.ConnectionsMax == one.Value - 1);
        play.Check("CAP-08", changed, "the host does not know what they can do now", Stage.Binding);
        foreach (WatchedTarget plug in play.Stage.Plugs)
        {
            int asked = play.Trace.Skip(begin).Count(entry => entry.Is(Place.Below, Act.Call, LifeCall.Request)
                && entry is { Oid: { Oid: Oid.TcpTaskOffload, Method: OidMethod.Query } }
                && entry.Adapter == plug.Number);
            play.Check("STS-03", asked == 2, $"two bindings ask adapter {plug.Number} {asked} times", Stage.Binding);
        }
        await UntilHeardAsync(play, "IM-22", NdisStatus.TcpConnectionOffloadHardwareCapabilities);
        int all = play.Stage.Adapters.Sum(nic => nic.Capabilities.ConnectionsMax);
        int shown = play.Stage.Chimney.Adapter(Stage.Driver).Capabilities.ConnectionsMax;
        play.Check("IM-22", shown == all, $"shows {shown} of {all}", Stage.Driver);
        play.Check("STS-03", (await play.Ends((await play.OffloadAsync()).Send(10))).Status == NdisStatus.Success,
            "a send fails");
        play.Check("STS-03", !there.Connection.WantsUpload, "what was offloaded is to go back");
    }

    private static async Task UploadAll(Play play)
    {
        Line[] lines = [.. await Lives.OnEachAsync(play), await play.OffloadAsync(OnOther)];
        foreach (WatchedTarget plug in play.Stage.Plugs)
            plug.Keeps = request => request is TerminateOffload;
        Lives.Say(play, NdisStatus.UploadAll);
        Lives.Say(play, NdisStatus.OffloadResume);
        await play.Until("STS-05", "the host takes everything back", () => Terminates(play, Act.Down) == lines.Length);
        NdisStatus late = await Lives.OffloadAsync(play, "STS-05");
        play.Check("STS-05", late == NdisStatus.Paused, $"a new connection: {late}", Stage.Binding);
        play.Check("STS-06", !IsHeard(play, NdisStatus.OffloadResume, 0), "resumed before the terminates end",
            Stage.Binding);
        foreach (WatchedTarget plug in play.Stage.Plugs)
            plug.LetGo();
        await UntilHeardAsync(play, "STS-06", NdisStatus.OffloadResume);
        foreach (WatchedTarget plug in play.Stage.Plugs)
        {
            bool IsResume(TraceEntry entry) => entry.Adapter == plug.Number
                && entry is { Place: Place.Below, Act: Act.Status, Status: NdisStatus.OffloadResume };
            await play.Until("STS-06", "each adapter resumes", () => play.Trace.Any(IsResume));
            TraceEntry[] trace = play.Trace;
            int ended = Lives.LastAt(trace, entry => entry.Adapter == plug.Number
                && entry.Is(Place.Target, Act.Up, OffloadOperation.Terminate));
            play.Check("STS-06", ended < Lives.At(trace, IsResume), "resumed before the terminates end",
                Stage.Binding);
        }
        await Lives.EachAsync(play, "STS-06", nic => nic.OffloadResumeAsync());
        UploadResult rest = await lines[0].Upload();
        play.Check("STS-05", rest.Socket is not null, "a connection did not come back");
        await play.Ends("STS-06", "an initiate after the resume", lines[0].TryOffloadAsync(rest));
        play.Check("STS-06", (await play.Ends(lines[0].Send(100))).Status == NdisStatus.Success, "a send fails");
    }

    private static async Task UploadPaths(Play play)
    {
        NetworkPath path = TreeCases.NewPath(play, TreeCases.NewNeighbor(play));
        await TreeCases.OffloadAsync(play, path);
        await TreeCases.OffloadAsync(play, path);
        Lives.Say(play, NdisStatus.UploadAll);
        await play.Until("STS-05", "the host takes path and neighbor back", () => Terminates(play, Act.Up) == 4);
        play.Check("STS-05", path.Handle.IsNone && path.Neighbor.Handle.IsNone, "the host goes on using them",
            Stage.Binding);
    }

    private static async Task AllHear(Play play)
    {
        WatchedTarget plug = play.Stage.Plugs.First();
        for (int number = 1; number <= Many; number++)
            plug.Host.IndicateStatus(LinkState, number);
        await play.Until("STS-07", "each binding hears all of it", () =>
            Heard(play, 0).Length >= Many && Heard(play, 1).Length >= Many);
        foreach (int binding in (int[])[0, 1])
            play.Check("STS-07", Heard(play, binding).SequenceEqual(Enumerable.Range(1, Many)),
                $"heard {string.Join(", ", Heard(play, binding))}", Stage.Driver);
    }

    private static int[] Heard(Play play, int binding) =>
        [.. play.Trace.Where(entry => entry is { Place: Place.Host, Act: Act.Status } && entry.Adapter == binding)
            .Select(entry => entry.Spoken!.Information).OfType<int>()];

    /// <summary>Every binding hears a status; one that a driver keeps for itself is heard by none.</summary>
    internal static Task UntilHeardAsync(Play play, string rule, NdisStatus status) => play.Until(
        rule, $"each binding hears {status}", () => IsHeard(play, status, 0) && IsHeard(play, status, 1));

    private static bool IsHeard(Play play, NdisStatus status, int binding) => play.Trace.Any(entry =>
        entry is { Place: Place.Host, Act: Act.Status } && entry.Status == status && entry.Adapter == binding);

    private static int Initiates(Play play) =>
        play.Trace.Count(entry => entry.Is(Place.Target, Act.Down, OffloadOperation.Initiate));

    private static int Terminates(Play play, Act act) =>
        play.Trace.Count(entry => entry.Is(Place.Target, act, OffloadOperation.Terminate));
}
