using ChimneyActors.Buffers;
using ChimneyActors.Conformance.Playing;
using ChimneyActors.Conformance.Stages;
using ChimneyActors.Embedding;
using ChimneyActors.Ndis;

namespace ChimneyActors.Conformance.Cases;

/// <summary>GEN, CTX and IM: conduct common to all requests, and the way home over several upper edges.</summary>
internal static class GeneralCases
{
    public static IReadOnlyList<ConformanceCase> All { get; } =
    [
        new("Of two bindings over one driver each gets its own completions", TwoBindings,
            "GEN-13", "CTX-04", "IM-05", "IM-06"),
        new("A connection that stands still holds up no other", Independent, "GEN-14", "GEN-05"),
        new("Everything at once comes home once, in both directions", Everything, "GEN-03", "GEN-06", "SEND-12",
            "RECV-01"),
        new("Stacked drivers pass every operation on, unchanged", EveryOperation,
            "IM-05", "IM-10", "IM-25", "IM-27", "DISC-27", "DISC-28"),
        new("A connection stays over the adapter that its initiate chose", SeveralAdapters, "IM-16")
        {
            Plan = new StagePlan { Adapters = 2 },
        },
        new("Whoever asks copes with an answer that is there at once", AtOnce, "GEN-16"),
    ];

    private static async Task TwoBindings(Play play)
    {
        Line one = await play.OffloadAsync();
        Line other = await play.OffloadAsync(new LinePlan { Binding = Stage.OtherBinding });
        var sends = new List<(Line Line, int Length, Task<SendResult> Send)>();
        for (int round = 1; round <= 20; round++)
        {
            sends.Add((one, round * 10, one.Send(round * 10)));
            sends.Add((other, round * 7, other.Send(round * 7)));
        }
        foreach ((Line line, int length, Task<SendResult> send) in sends)
        {
            SendResult sent = await play.Ends(send);
            bool own = sent.Status == NdisStatus.Success && sent.BytesAcknowledged == length;
            play.Check("GEN-13", own, $"on {line.Handle} a send of {length} bytes ended with {sent}");
        }
        TraceEntry[] ups = [.. play.Trace.Where(entry => entry is { Place: Place.Above, Act: Act.Up })];
        TraceEntry[] downs = [.. play.Trace.Where(entry => entry is { Place: Place.Above, Act: Act.Down })];
        play.Check("CTX-04", ups.Length == downs.Length, $"{downs.Length} went down, {ups.Length} came up",
            Stage.Driver);
        play.Check("IM-06", ups.Length == downs.Length, $"{downs.Length} went down, {ups.Length} came up",
            Stage.Driver);
        bool mine = ups.All(up => downs.Any(down => down.Journey == up.Journey && down.Connection == up.Connection));
        play.Check("IM-05", mine, "what came up is not what went down", Stage.Driver);
        play.Check("CTX-04", play.Violations.All(one => one.Check != VerifierCheck.Misroute), "went astray",
            Stage.Driver);
    }

    private static async Task Independent(Play play)
    {
        Line stuck = await play.OffloadAsync(LinePlan.Stuck);
        Line free = await play.OffloadAsync();
        Task<SendResult> waits = stuck.Send(1 << 20);
        for (int round = 0; round < 10; round++)
            play.Check("GEN-14", (await play.Ends("GEN-14", "a send beside one that waits", free.Send(1_000))).Status
                == NdisStatus.Success, "failed");
        play.Check("GEN-05", !waits.IsCompleted, "a send ended although its peer does not read");
        stuck.Peer.Reads = true;
        play.Check("GEN-05", (await play.Ends(waits)).Status == NdisStatus.Success, $"{waits.Result}");
    }

    private static async Task Everything(Play play)
    {
        Line[] lines = [await play.OffloadAsync(), await play.OffloadAsync(), await play.OffloadAsync()];
        var sends = new List<Task<SendResult>>();
        var receives = new List<Task<Receipt>>();
        for (int round = 0; round < 15; round++)
            foreach (Line line in lines)
            {
                sends.AddRange(line.SendChain(100 + round, 2_000, 1));
                if (round % 2 == 0)
                    receives.Add(line.Receive(500));
                line.Peer.Say(700);
            }
        foreach (Line line in lines)
            line.Peer.Finish();
        foreach (Task<SendResult> send in sends)
            play.Check("GEN-03", (await play.Ends(send)).Status == NdisStatus.Success, $"{send.Result}");
        foreach (Task<Receipt> receive in receives)
            await play.Ends(receive);
        await play.Until("GEN-03", "all is said and heard", () => Array.TrueForAll(lines, line =>
            line.Closes == 1 && line.Connection.BytesReceived == line.Peer.Said && line.Peer.Received == line.Sent));
        foreach (Line line in lines)
        {
            play.Check("SEND-12", line.Peer.Wrong is null, $"at the peer {line.Peer.Wrong}");
            play.Check("RECV-01", line.Wrong is null, $"at the host {line.Wrong}");
            DisconnectResult end = await play.Ends(line.Disconnect(DisconnectKind.Graceful, 9));
            play.Check("GEN-03", end.Status == NdisStatus.Success, $"{end}");
            play.Check("GEN-06", line.Touched == 0, $"{line.Touched} buffers changed after they were given back");
        }
    }

    private static async Task EveryOperation(Play play)
    {
        Line line = await play.OffloadAsync();
        Task<Receipt> receive = line.Receive(50, noPush: true);
        await line.HasSpace(1);
        line.Peer.Say(50);
        await play.Ends(line.Send(100));
        await play.Ends(receive);
        await play.Ends(line.Disconnect(DisconnectKind.Graceful, 20));
        await line.Upload();
        OffloadOperation[] all = [OffloadOperation.Initiate, OffloadOperation.Receive, OffloadOperation.Send,
            OffloadOperation.Disconnect, OffloadOperation.Terminate];
        foreach (OffloadOperation operation in all)
        {
            TraceEntry[] seen = [.. play.Trace.Where(entry => entry.Operation == operation
                && entry.Act is Act.Down or Act.Up && entry.Place != Place.Host)];
            bool whole = seen.Select(entry => (entry.Place, entry.Act)).SequenceEqual([
                (Place.Above, Act.Down), (Place.Below, Act.Down), (Place.Target, Act.Down),
                (Place.Target, Act.Up), (Place.Below, Act.Up), (Place.Above, Act.Up)]);
            bool same = seen.Select(entry => entry.Parcel).Distinct().Count() == 1;
            bool equal = seen.Where(entry => entry.Act == Act.Up)
                .Select(entry => (entry.Status, entry.Bytes, entry.Length)).Distinct().Count() == 1;
            play.Check("IM-05", whole && same, $"a {operation} did not go down and up as one list", Stage.Driver);
            play.Check("IM-25", whole, $"a {operation} did not pass every driver", Stage.Driver);
            play.Check("IM-27", equal, $"the end of a {operation} was changed on its way", Stage.Driver);
            if (operation is OffloadOperation.Initiate or OffloadOperation.Terminate)
                play.Check("IM-10", whole, $"the completion of a {operation} did not come up", Stage.Driver);
            if (operation == OffloadOperation.Disconnect)
            {
                bool kind = seen.Where(entry => entry.Act == Act.Down)
                    .All(entry => entry.Kind == DisconnectKind.Graceful);
                play.Check("DISC-27", whole && same && kind, "another one went down", Stage.Driver);
                play.Check("DISC-28", whole && same, "another one came up", Stage.Driver);
            }
        }
    }

    private static async Task SeveralAdapters(Play play)
    {
        var lines = new List<Line>();
        for (int number = 0; number < 6; number++)
            lines.Add(await play.OffloadAsync());
        for (int round = 0; round < 5; round++)
            await Task.WhenAll(lines.Select(line => play.Ends(line.Send(100 + round))));
        foreach (Line line in lines)
        {
            Task<Receipt> space = line.Receive(10);
            await line.HasSpace(1);
            line.Peer.Say(30);
            await play.Ends(space);
            await play.Ends(line.Connection.QueryAsync());
            await play.Ends(line.Disconnect(DisconnectKind.Graceful));
            await line.Upload();
        }
        TraceEntry[] below = [.. play.Trace.Where(entry => entry is { Place: Place.Below, Act: Act.Down })];
        foreach (Line line in lines)
        {
            TraceEntry[] mine = [.. below.Where(entry => entry.Connection == line.Handle)];
            int adapter = mine.First(entry => entry.Operation == OffloadOperation.Initiate).Adapter;
            TraceEntry? astray = mine.FirstOrDefault(entry => entry.Adapter != adapter);
            play.Check("IM-16", astray is null, $"the initiate went to adapter {adapter}, but to the other: {astray}",
                Stage.Driver);
        }
        play.Check("IM-16", below.Select(entry => entry.Adapter).Distinct().Count() == 2,
            "six connections went all to one adapter", Stage.Driver);
    }

    private static async Task AtOnce(Play play)
    {
        Line line = await play.OffloadAsync();
        await play.Ends(line.Disconnect(DisconnectKind.Abortive));
        for (int round = 0; round < 20; round++)
        {
            SendResult sent = await play.Ends("GEN-16", "a request that is refused at once", line.Send(0));
            play.Check("GEN-16", sent.Status == NdisStatus.RequestAborted, $"{sent}");
        }
        play.Check("GEN-16", !play.Violations.Any(), "an answer that came at once was taken for a mistake",
            Stage.Binding);
    }
}
