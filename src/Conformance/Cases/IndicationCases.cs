using ChimneyActors.Buffers;
using ChimneyActors.Conformance.Playing;
using ChimneyActors.Conformance.Stages;
using ChimneyActors.Embedding;
using ChimneyActors.Ndis;

namespace ChimneyActors.Conformance.Cases;

/// <summary>RIND and DLV: data of the peer in the target's own buffers.</summary>
internal static class IndicationCases
{
    public static IReadOnlyList<ConformanceCase> All { get; } =
    [
        new("Without posted space data is indicated, in order, and each list returned once", Indicated,
            "DLV-06", "DLV-12", "RIND-12", "RIND-15", "IM-11", "IM-20"),
        new("Refused data waits for a posted receive, and comes first", Refused,
            "RIND-03", "RIND-05", "RIND-06", "DLV-03", "DLV-05", "DLV-13", "RIND-12"),
        new("Of data that is taken in part the rest stays with the target, and comes first", InPart,
            "RIND-04", "RIND-05", "RIND-12", "DLV-13"),
        new("Lists of several indications are returned in one chain", Chain, "RIND-11", "RIND-12", "IM-20"),
        new("A receive of no bytes only lets data be indicated again", EnabledAgain, "RIND-07", "RECV-27"),
        new("What does not fit into posted space is indicated", DoesNotFit, "DLV-08", "DLV-04"),
        new("What comes while an indication is answered waits", WhileBusy, "DLV-01", "DLV-02", "DLV-11", "DLV-15"),
        new("A list that was returned is used again, and a late return succeeds", Returned,
            "RIND-10", "RIND-12", "RIND-18")
            { Plan = new StagePlan { Settings = "chimney.pools.indications-max = 1" } },
        new("Data that the host refuses is acknowledged all the same", Acknowledged, "RIND-08")
            { Needs = Ability.Wire },
        new("Indications have the size that the host suggests", Sized, "DLV-17"),
        new("Without room for indications nothing is lost", Backpressure, "DLV-01", "DLV-06", "RIND-18")
            { Plan = new StagePlan { Settings = "chimney.pools.indications-max = 2" } },
    ];

    private static async Task Sized(Play play)
    {
        Line line = await play.OffloadAsync();
        await line.Connection.UpdateAsync(new TcpOffloadStateCached { IndicationBytes = 100 });
        line.Peer.Say(1_000);
        await play.Until("DLV-17", "the data is indicated", () => line.Taken == 1_000);
        play.Check("DLV-17", Data(line).All(entry => entry.Length <= 100), "more was indicated than suggested");
        await line.Connection.UpdateAsync(new TcpOffloadStateCached { IndicationBytes = 0 });
        line.Peer.Say(5_000);
        await play.Until("DLV-17", "all data is there", () => line.Taken == 6_000);
        play.Check("DLV-17", Data(line).Any(entry => entry.Length > 100), "zero is not as much as possible");
    }

    private static async Task Indicated(Play play)
    {
        Line line = await play.OffloadAsync();
        for (int piece = 0; piece < 20; piece++)
            line.Peer.Say(5_000);
        await play.Until("DLV-06", "the host has all data", () => line.Taken == 100_000);
        await play.SettleAsync(line);
        play.Check("DLV-12", line.Wrong is null, $"at the host {line.Wrong}");
        play.Check("IM-11", line.Wrong is null, $"at the host {line.Wrong}", Stage.Driver);
        TraceEntry[] data = Data(line);
        play.Check("DLV-12", data.Sum(entry => entry.Length) == 100_000, "data was indicated twice");
        CheckReturns(play, line);
        Parcel[] given = [.. data.Select(entry => entry.Parcel!).Distinct()];
        bool same = Answers<TcpOffloadReceiveReturn>(line).All(entry => given.Contains(entry.Parcel));
        play.Check("RIND-15", same && line.Wrong is null, "another list came back", Stage.Driver);
        play.Check("IM-20", same && Answers<TcpOffloadReceiveReturn>(line).Length == data.Length,
            "returns do not come down", Stage.Driver);
    }

    private static async Task Refused(Play play)
    {
        Line line = await play.OffloadAsync();
        line.Refuses = true;
        line.Peer.Say(10);
        await play.Until("RIND-03", "refused data comes back",
            () => Answers<TcpOffloadReceiveRefused>(line).Length == 1);
        line.Peer.Say(10);
        await play.SettleAsync(line);
        play.Check("RIND-05", Data(line).Length == 1, "indicated again although no receive was posted");
        play.Check("DLV-05", Data(line).Length == 1, "indicated although data before it is buffered");
        TraceEntry refused = Answers<TcpOffloadReceiveRefused>(line)[0];
        play.Check("RIND-03", refused is { Status: NdisStatus.OffloadDataNotAccepted, Bytes: 0 }, $"{refused}");
        line.Refuses = false;
        Receipt first = await play.Ends("DLV-13", "space behind a refusal", line.Receive(15, noPush: true));
        play.Check("DLV-03", first is { Status: NdisStatus.Success, Data.Length: 15 }, $"{first}");
        play.Check("DLV-13", first.IsAt(line, 0), "refused data did not come first");
        await play.Until("RIND-06", "the rest is indicated", () => line.Taken == 5);
        int posted = Array.FindIndex([.. line.Trace],
            entry => entry.Is(Place.Target, Act.Up, OffloadOperation.Receive));
        int again = Array.FindLastIndex([.. line.Trace], entry => entry is { Place: Place.Target, Act: Act.Data });
        play.Check("RIND-06", posted >= 0 && posted < again, "indicated before the posted receive was completed");
        await play.SettleAsync(line);
        CheckReturns(play, line);
    }

    private static async Task InPart(Play play)
    {
        Line line = await play.OffloadAsync();
        line.TakesOnly = 4;
        line.Peer.Say(10);
        await play.Until("RIND-04", "the rest comes back",
            () => Answers<TcpOffloadReceiveRefused>(line).Length == 1);
        TraceEntry refused = Answers<TcpOffloadReceiveRefused>(line)[0];
        play.Check("RIND-04", refused is { Status: NdisStatus.OffloadDataPartiallyAccepted, Bytes: 4 }, $"{refused}");
        await play.SettleAsync(line);
        play.Check("RIND-05", Data(line).Length == 1, "indicated again although no receive was posted");
        Receipt rest = await play.Ends("DLV-13", "space behind a refusal", line.Receive(6, noPush: true));
        play.Check("DLV-13", rest is { Status: NdisStatus.Success, Data.Length: 6 } && rest.IsAt(line, 4), $"{rest}");
        play.Check("RIND-04", line.Connection.BytesReceived == 10, $"{line.Connection.BytesReceived} bytes received");
        await play.SettleAsync(line);
        CheckReturns(play, line);
    }

    private static async Task Chain(Play play)
    {
        Line line = await play.OffloadAsync();
        line.Keeps = true;
        for (int piece = 1; piece <= 3; piece++)
        {
            line.Peer.Say(10);
            await play.Until("RIND-11", "the host is told of data", () => line.Taken == piece * 10);
        }
        ReceivedData.ReturnAll(line.TakeKept());
        await play.Until("RIND-11", "the lists come back", () => Answers<TcpOffloadReceiveReturn>(line).Length > 0);
        play.Check("RIND-11", Returned(line) == 3, "each list came by itself", Stage.Driver);
        await play.SettleAsync(line);
        CheckReturns(play, line);
    }

    private static async Task EnabledAgain(Play play)
    {
        Line line = await play.OffloadAsync();
        line.Refuses = true;
        line.Peer.Say(10);
        await play.Until("RIND-07", "refused data comes back",
            () => Answers<TcpOffloadReceiveRefused>(line).Length == 1);
        line.Refuses = false;
        Receipt empty = await play.Ends("RECV-27", "a receive of no bytes", line.Receive(0));
        play.Check("RECV-27", empty is { Status: NdisStatus.Success, Data.Length: 0 }, $"{empty}");
        await play.Until("RIND-07", "refused data is indicated again", () => line.Taken == 10);
    }

    private static async Task DoesNotFit(Play play)
    {
        Line line = await play.OffloadAsync();
        Task<Receipt> space = line.Receive(100);
        await line.HasSpace(1);
        line.Peer.Say(250);
        Receipt got = await play.Ends(space);
        play.Check("DLV-04", got is { Status: NdisStatus.Success, Data.Length: 100 } && got.IsAt(line, 0), $"{got}");
        await play.Until("DLV-08", "the rest is indicated", () => line.Taken == 150);
        play.Check("DLV-08", line.Wrong is null, $"at the host {line.Wrong}");
    }

    private static async Task WhileBusy(Play play)
    {
        Line line = await play.OffloadAsync();
        WatchedTarget plug = play.Stage.PlugOf(line.Handle);
        plug.KeepAnswers();
        Task<Receipt>? space = null;
        line.OnData = () =>
        {
            line.OnData = null;
            line.Peer.Say(100);
            space = line.Receive(40, noPush: true);
        };
        line.Peer.Say(100);
        await play.Until("DLV-01", "the host is told of data", () => space is not null);
        await line.HasSpace(1);
        plug.LetAnswer();
        Receipt got = await play.Ends("DLV-02", "space posted inside of an indication", space!);
        play.Check("DLV-02", got is { Status: NdisStatus.Success, Data.Length: 40 }, $"{got}");
        await play.Until("DLV-01", "the rest is indicated", () => line.Taken == 160);
        play.Check("DLV-01", line.Wrong is null, $"at the host {line.Wrong}");
        play.Check("DLV-15", line.Connection.BytesReceived == 200, $"{line.Connection.BytesReceived} of 200 bytes");
        play.Check("DLV-11", Data(line).Length >= 2, "all was indicated at once");
    }

    private static async Task Returned(Play play)
    {
        Line line = await play.OffloadAsync();
        line.Keeps = true;
        line.Peer.Say(10);
        await play.Until("RIND-18", "the host is told of data", () => line.Taken == 10);
        line.Peer.Say(10);
        await play.SettleAsync(line);
        play.Check("RIND-18", line.Taken == 10, "the only list was used while the host had it");
        line.ReturnAll();
        await play.Until("RIND-18", "the list is used again", () => line.Taken == 20);
        play.Check("RIND-18", Data(line).Select(entry => entry.Parcel).Distinct().Count() == 1, "it is another list");
        await line.Upload();
        line.ReturnAll();
        await play.SettleAsync(line);
        play.Check("RIND-10", !play.Violations.Any(), "a return after the terminate was not taken");
        play.Check("RIND-12", Data(line).Length == 2, $"{Data(line).Length} indications");
    }

    private static async Task Acknowledged(Play play)
    {
        Line line = await play.OffloadAsync();
        line.Refuses = true;
        line.Peer.Say(3_000);
        await play.Until("RIND-08", "refused data comes back",
            () => Answers<TcpOffloadReceiveRefused>(line).Length == 1);
        await play.SettleAsync(line);
        play.Check("RIND-08", line.Wire.Line.Peer.Acknowledged == 3_000,
            $"of 3000 bytes {line.Wire.Line.Peer.Acknowledged} were acknowledged");
    }

    private static async Task Backpressure(Play play)
    {
        Line one = await play.OffloadAsync();
        Line other = await play.OffloadAsync();
        one.Keeps = other.Keeps = true;
        one.Peer.Say(50_000);
        other.Peer.Say(50_000);
        await play.Until("RIND-18", "both lists are out", () => Data(one).Length + Data(other).Length >= 2);
        await play.SettleAsync(one);
        one.Keeps = other.Keeps = false;
        one.ReturnAll();
        other.ReturnAll();
        await play.Until("DLV-06", "both hosts have all data", () => one.Taken == 50_000 && other.Taken == 50_000);
        play.Check("DLV-01", one.Wrong is null && other.Wrong is null, $"at the hosts {one.Wrong} {other.Wrong}");
    }

    /// <summary>Each list that was taken whole comes back once, and no other.</summary>
    private static void CheckReturns(Play play, Line line)
    {
        int given = Data(line).Length - Answers<TcpOffloadReceiveRefused>(line).Length;
        int back = Returned(line);
        play.Check("RIND-12", given == back, $"{given} lists were taken, {back} returned", Stage.Binding);
    }

    /// <summary>How many lists came back; those of one message are in their pool again when the target hears of
    /// them.</summary>
    private static int Returned(Line line) => Answers<TcpOffloadReceiveReturn>(line)
        .Sum(entry => ((TcpOffloadReceiveReturn)entry.Source!).Flight.Count);

    private static TraceEntry[] Data(Line line) =>
        [.. line.Trace.Where(entry => entry is { Place: Place.Target, Act: Act.Data })];

    private static TraceEntry[] Answers<T>(Line line)
        where T : OffloadMessage =>
        [.. line.Trace.Where(entry => entry is { Place: Place.Target, Act: Act.Answer, Source: T })];
}
