using ChimneyActors.Buffers;
using ChimneyActors.Conformance.Playing;
using ChimneyActors.Conformance.Stages;
using ChimneyActors.Embedding;
using ChimneyActors.Ndis;
using ChimneyActors.Targets.Simulated;

namespace ChimneyActors.Conformance.Cases;

/// <summary>FWD: raw segments that reached the host instead of the target.</summary>
internal static class ForwardCases
{
    public static IReadOnlyList<ConformanceCase> All { get; } =
    [
        new("What came while the connection was on its way is forwarded, and reaches the host through the target",
            OnItsWay, "FWD-01", "FWD-02", "FWD-04", "FWD-05", "FWD-09", "FWD-10", "NBL-04") { Needs = Ability.Wire },
        new("Packets with options or in fragments go to the host, and their segments back to the target", Ordinary,
            "PKT-01", "FWD-01", "FWD-10") { Needs = Ability.Wire },
        new("Old, doubled and disordered segments are judged like any", Disordered, "FWD-12") { Needs = Ability.Wire },
        new("What is not processed because of an upload the host processes itself", Upload,
            "FWD-03", "FWD-06", "FWD-11", "TERM-14", "FWD-08"),
        new("After a reset segments are aborted", Reset, "FWD-07", "FWD-08", "GEN-18"),
    ];

    private static byte[] Header
    {
        get
        {
            var header = new byte[20];
            (header[12], header[13]) = (5 << 4, 0x10);
            return header;
        }
    }

    private static async Task OnItsWay(Play play)
    {
        Line line = play.NewLine();
        List<byte[]> came = Leave(line);
        line.Peer.Say(3_000);
        await play.Stage.PassAsync(TimeSpan.FromMilliseconds(200));
        play.Check("FWD-01", came.Count > 0 && line.Wire.Line.Peer.Acknowledged == 0,
            $"{came.Count} segments came, {line.Wire.Line.Peer.Acknowledged} bytes were acknowledged", Stage.Binding);
        await line.OffloadAsync();
        play.Check("FWD-10", line.Taken == 0, "data was there before it was forwarded");
        foreach (Task<NdisStatus> answer in line.Forward([.. came]))
            play.Check("FWD-05", await play.Ends(answer) == NdisStatus.Success, $"ended with {answer.Result}");
        await play.Until("FWD-10", "the data reaches the host", () => line.Taken == 3_000);
        play.Check("FWD-09", line.Wrong is null, $"it was looked at behind its completion: at the host {line.Wrong}");
        TraceEntry[] downs = [.. line.Trace.Where(entry =>
            entry.Is(Place.Target, Act.Down, OffloadOperation.Forward))];
        int begun = line.Trace.First(entry => entry.Is(Place.Target, Act.Up, OffloadOperation.Initiate)).Number;
        play.Check("FWD-02", downs.All(entry => entry.Number > begun), "forwarded before the initiate was completed",
            Stage.Binding);
        bool whole = downs.Sum(entry => entry.Length) == 3_000 + (20 * downs.Length);
        play.Check("FWD-04", whole, "more or less than TCP headers and payload was forwarded", Stage.Binding);
        play.Check("NBL-04", whole && downs.All(entry => entry.Buffers == 1), "a list is not one segment",
            Stage.Binding);
        await play.SettleAsync(line);
        play.Check("FWD-10", line.Wire.Line.Peer.Acknowledged == 3_000, "forwarded data was not acknowledged");
    }

    private static async Task Ordinary(Play play)
    {
        Line line = await play.OffloadAsync();
        var path = new OrdinaryPath(_ => throw new CaseOverException("the host has no connection to process it on"));
        path.Follow(line.Connection);
        line.Wire.Line.Ordinary = path.Arrived;
        foreach (PacketForm form in (PacketForm[])[PacketForm.WithOptions, PacketForm.Fragments])
        {
            long at = line.Taken;
            line.Wire.Forge(at, Pattern.Bytes(line.Peer.HostStream, at, 500), SegmentFlags.None, form);
            await play.Until("FWD-10", "the data reaches the host", () => line.Taken == at + 500);
            bool forwarded = line.Trace.Count(entry =>
                entry.Is(Place.Target, Act.Down, OffloadOperation.Forward)) == (at / 500) + 1;
            play.Check("PKT-01", forwarded, $"the target took a packet of the form {form} itself");
            play.Check("FWD-01", forwarded, "was not forwarded", Stage.Binding);
        }
        line.Wire.Forge(line.Taken, [1, 2, 3], SegmentFlags.Rst, PacketForm.Management);
        await play.SettleAsync(line);
        play.Check("PKT-01", line is { Taken: 1_000, Aborts: 0 } && line.Wire.Line.Managed == 1,
            "network management meant something to the target");
        play.Check("FWD-10", line.Wrong is null, $"at the host {line.Wrong}");
    }

    private static async Task Disordered(Play play)
    {
        Line line = play.NewLine();
        List<byte[]> came = Leave(line);
        foreach (int length in (int[])[100, 200, 300])
            line.Peer.Say(length);
        await play.Stage.PassAsync(TimeSpan.FromMilliseconds(100));
        await line.OffloadAsync();
        byte[][] mixed = [.. Enumerable.Reverse(came), .. came, came[0]];
        foreach (Task<NdisStatus> answer in line.Forward([.. mixed.Select(segment => (byte[])segment.Clone())]))
            await play.Ends(answer);
        await play.Until("FWD-12", "all data reaches the host", () => line.Taken == 600);
        await play.SettleAsync(line);
        play.Check("FWD-12", line is { Taken: 600, Wrong: null }, $"{line.Taken} bytes taken, {line.Wrong}");
    }

    private static async Task Upload(Play play)
    {
        Line line = await play.OffloadAsync();
        Task<NdisStatus> early = line.Forward(Header)[0];
        Task<UploadResult> upload = line.Upload();
        Task<NdisStatus> late = line.Forward(Header)[0];
        NdisStatus first = await play.Ends(early);
        NdisStatus second = await play.Ends(late);
        await upload;
        play.Check("FWD-06", second == NdisStatus.UploadInProgress, $"ended with {second}");
        foreach (NdisStatus status in (NdisStatus[])[first, second])
            play.Check("FWD-08", status is NdisStatus.Success or NdisStatus.UploadInProgress, $"ended with {status}");
        play.Check("TERM-14", first is NdisStatus.Success or NdisStatus.UploadInProgress, $"ended with {first}");
        TraceEntry? behind = line.Trace.SkipWhile(entry =>
                !entry.Is(Place.Target, Act.Down, OffloadOperation.Terminate))
            .FirstOrDefault(entry => entry.Is(Place.Target, Act.Down, OffloadOperation.Forward));
        play.Check("FWD-03", behind is null, $"forwarded behind the terminate: {behind}", Stage.Binding);
        play.Check("FWD-11", behind is null, $"forwarded behind the terminate: {behind}", Stage.Binding);
    }

    private static async Task Reset(Play play)
    {
        Line line = await play.OffloadAsync();
        line.Peer.Reset();
        await play.Until("FWD-07", "the reset is heard", () => line.Aborts == 1);
        NdisStatus status = await play.Ends(line.Forward(Header)[0]);
        play.Check("FWD-07", status == NdisStatus.RequestAborted, $"ended with {status}");
        play.Check("FWD-08", status == NdisStatus.RequestAborted, $"ended with {status}");
        play.Check("GEN-18", status == NdisStatus.RequestAborted, $"ended with {status}");
    }

    /// <summary>From here on the host's TCP stands still, and what comes goes the ordinary way.</summary>
    private static List<byte[]> Leave(Line line)
    {
        var came = new List<byte[]>();
        line.Wire.Line.Ordinary = segment => came.Add(segment.ToArray());
        line.Wire.Line.IsLeaving = true;
        return came;
    }
}
